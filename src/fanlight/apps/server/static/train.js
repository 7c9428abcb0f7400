// The Train view: one curve over all stages of a training that goes on, its report at the end, and what each model reached.
import { $, element, save } from "./dom.js";
import { drawCurve, progressOf } from "./curve.js";
import { onRoute } from "./routes.js";
import { ask, send } from "./server.js";
import { tryModel } from "./tag.js";
import { allowTraining, startChoosing } from "./training_data.js";
import { say, translate, translateError } from "./words.js";

const PERIOD = 2000, SOON = 500; // ms between two looks, and while a training runs
let timer = null, watching = false, training = null, shown = "";

export function startWatching() {
  startChoosing((started) => { show(started); $("training").scrollIntoView({ block: "start" }); });
  $("train-cancel").addEventListener("click", async () => show(await ask("/v1/training/cancel", {})));
  $("train-try").addEventListener("click", () => tryModel(training.name, training.examples));
  $("train-save").addEventListener("click", async () => save(await (await send("/v1/training/model")).blob(), `${training.name}.fanlight`));
  onRoute("train", (parameters) => {
    watching = Boolean(parameters);
    clearTimeout(timer);
    if (!watching) return;
    reports();
    look();
  });
  document.addEventListener("spoken", () => { if (training) tell(); });
}

async function look() {
  const answer = await ask("/v1/training", undefined, { quiet: true, report: () => {} });
  if (watching) show(answer);
}

function show(answer) {
  clearTimeout(timer);
  if (watching) timer = setTimeout(look, answer?.state === "running" ? SOON : PERIOD);
  if (!answer) return;
  if (training?.state === "running" && answer.state === "done") { reports(); $("history-shown").open = true; }
  training = answer;
  allowTraining(answer.allowed && answer.state !== "running", answer.labels);
  if (answer.html !== shown) {
    shown = answer.html;
    $("history").innerHTML = shown;
    for (const table of $("history").querySelectorAll(".long table, .part table")) makeSortable(table);
  }
  tell();
}

function tell() {
  const { epochs, state, error, name } = training, begun = epochs.length > 0 || state !== "none";
  $("train-empty").hidden = training.allowed || begun;
  $("training").hidden = !begun && !training.html;
  $("train-cancel").hidden = state !== "running";
  $("train-done").hidden = state !== "done";
  if (state === "done") $("train-ready").textContent = say("model-ready", name);
  translate($("history"));
  for (const place of $("history").querySelectorAll(".long")) place.setAttribute("aria-label", place.previousElementSibling.textContent);
  for (const chart of $("history").querySelectorAll(".chart svg")) chart.setAttribute("aria-label", chart.previousElementSibling.textContent);
  $("curve").hidden = $("history-shown").hidden = !epochs.length && !training.html;
  const progress = epochs.length ? progressOf(epochs) : null;
  const report = state === "failed" ? translateError(error) : state === "cancelled" ? say("train-cancelled") : "";
  const going = progress ? say("train-state", progress) : state === "running" ? say("train-begins") : "";
  $("train-state").textContent = [report, going].filter(Boolean).join(" ");
  $("train-state").classList.toggle("wrong", state === "failed");
  if (epochs.length) $("curve").replaceChildren(drawCurve(epochs, Math.max(320, $("training").clientWidth - 34)));
}

// A click on a column's head sorts by it.
function makeSortable(table) {
  for (const [column, head] of [...table.querySelectorAll("thead th")].entries()) {
    if (!head.textContent.trim()) continue;
    const button = element("button", { class: "plain", onclick: () => sortBy(table, column, head) });
    if (head.dataset.i18n) { button.dataset.i18n = head.dataset.i18n; delete head.dataset.i18n; }
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
  }
}

function sortBy(table, column, head) {
  const down = head.getAttribute("aria-sort") !== "descending", body = table.tBodies[0];
  const value = (row) => row.cells[column]?.textContent.trim() ?? "";
  const compare = (a, b) => (isFinite(value(a)) && isFinite(value(b)) ? value(a) - value(b) : value(a).localeCompare(value(b)));
  body.append(...[...body.rows].sort((a, b) => (down ? compare(b, a) : compare(a, b))));
  for (const other of table.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
}

async function reports() {
  const models = await ask("/v1/models", undefined, { quiet: true });
  $("reports").replaceChildren(...(models ?? []).filter((m) => m.scores).map((m) => {
    const rows = Object.entries({ ...m.scores.types, all: m.scores });
    return element("div", {}, element("h3", {}, m.name), element("table", {}, element("thead", {}, element("tr", {}, ...[["type", "type"], ["precision", "precision"], ["recall", "recall"], ["f1", "F1"]].map(([name, title]) => element("th", { scope: "col", "data-i18n": name }, title)))),
      element("tbody", {}, ...rows.map(([type, s]) => element("tr", {}, element("th", { scope: "row", "data-i18n": `row-${type}` }, type), ...["precision", "recall", "f1"].map((k) => element("td", {}, Number(s[k]).toFixed(2))))))));
  }));
  translate($("reports"));
}
