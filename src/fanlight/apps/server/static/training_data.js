// The data of a training: opened or dropped, looked at, and only then trained on.
import { $, chip, element } from "./dom.js";
import { onDrop, readText } from "./files.js";
import { go, route } from "./routes.js";
import { labelledExample } from "./samples.js";
import { ask, showError } from "./server.js";
import { say, translateError } from "./words.js";

let source = null, dev = null, report = null, allowed = false, asking = 0; // what is trained on: a file, or what was labelled here

// `begin(answer)` is told that a training has begun.
export function startChoosing(begin) {
  $("train-file").addEventListener("change", () => open($("train-file")));
  $("dev-file").addEventListener("change", () => openDev($("dev-file")));
  $("train-example").addEventListener("click", () => take({ train: { name: "example.conll", text: labelledExample() } }));
  $("train-labels").addEventListener("click", () => take({ labels: true }));
  $("train-start").addEventListener("click", async () => {
    const epochs = Number($("train-epochs").value);
    const answer = await ask("/v1/training", { ...source, ...(dev ? { dev } : {}), ...(epochs ? { epochs } : {}) });
    if (!answer) return;
    report = null; // what is shown next is the training
    begin(answer);
  });
  onDrop("train", (file) => (allowed ? read(file) : showError(say("train-not-now"))));
  document.addEventListener("spoken", () => { if (report) describe(); });
}

export function allowTraining(on, labels) {
  allowed = on;
  $("train-labels").hidden = !labels;
  $("train-new").hidden = !on;
  $("data-report").hidden = !on || !report;
}

// What was labelled on this server is trained on; the data report comes first.
export async function trainOnLabels() {
  if (route().view !== "train") go("train");
  await take({ labels: true });
}

async function open(input) {
  await read(input.files[0]);
  input.value = ""; // the same file may be opened again, after a correction
}

async function read(file) {
  const content = await readText(file);
  if (content) await take({ train: { name: file.name, text: content.text } });
}

async function openDev(input) {
  const file = input.files[0], content = await readText(file);
  input.value = "";
  if (!content) return;
  dev = { name: file.name, text: content.text };
  $("dev-read").textContent = file.name;
  if (source) await take(source);
}

async function take(chosen) {
  source = chosen;
  const turn = ++asking, answer = await ask("/v1/training/check", { ...chosen, ...(dev ? { dev } : {}) });
  if (turn !== asking) return; // other data were chosen meanwhile
  report = answer;
  $("data-report").hidden = !report;
  if (!report) return;
  describe();
  $("data-name").focus();
}

function describe() {
  $("data-name").textContent = say("data-of", source.train?.name ?? say("labelled-here"));
  $("data-figures").textContent = say("data-figures", report);
  const most = Math.max(1, ...Object.values(report.entities));
  $("data-types").replaceChildren(element("table", {}, element("tbody", {}, ...Object.entries(report.entities).map(([type, count]) =>
    element("tr", {}, element("th", { scope: "row" }, chip(type)), element("td", { class: "bar" }, element("span", { style: { "inline-size": `${(100 * count) / most}%` } })), element("td", {}, count.toLocaleString()))))));
  $("data-problems").replaceChildren(...report.problems.map((problem) => element("li", {}, translateError(problem))));
  if (!report.problems.length) $("data-problems").replaceChildren(element("li", { class: "right" }, say("no-problems")));
}
