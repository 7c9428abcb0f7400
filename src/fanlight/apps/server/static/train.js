// The Train view: one curve over all stages of a training that goes on, its report at the end, and what each model reached.
import { $, element } from "./dom.js";
import { drawCurve, progressOf } from "./curve.js";
import { onRoute } from "./routes.js";
import { ask } from "./server.js";
import { say, translate } from "./words.js";

const PERIOD = 2000; // ms between two looks
let timer = null, last = "", epochs = [], seen = [];

export function startWatching() {
  onRoute("train", (parameters) => {
    clearInterval(timer);
    if (!parameters) return;
    reports();
    look();
    timer = setInterval(look, PERIOD);
  });
  document.addEventListener("spoken", tell);
}

async function look() {
  const training = await ask("/v1/training", undefined, { quiet: true, report: () => {} });
  if (!training) return;
  if (training.epochs.length > epochs.length) seen.push({ time: performance.now(), count: training.epochs.length });
  if (training.html === last && epochs.length === training.epochs.length) return;
  [last, epochs] = [training.html, training.epochs];
  $("history").innerHTML = training.html;
  for (const table of $("history").querySelectorAll(".long table, .part table")) makeSortable(table);
  tell();
}

function tell() {
  $("train-empty").hidden = epochs.length > 0 || last !== "";
  $("training").hidden = !epochs.length && last === "";
  translate($("history"));
  for (const place of $("history").querySelectorAll(".long")) place.setAttribute("aria-label", place.previousElementSibling.textContent);
  for (const chart of $("history").querySelectorAll(".chart svg")) chart.setAttribute("aria-label", chart.previousElementSibling.textContent);
  if (!epochs.length) return;
  $("curve").replaceChildren(drawCurve(epochs, Math.max(320, $("curve").clientWidth - 32)));
  $("train-state").textContent = say("train-state", progressOf(epochs, seen));
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
