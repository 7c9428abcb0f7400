// The Train view: curves of a training that runs, and what the models reached.
import { ask, element } from "./app.js";

const $ = (id) => document.getElementById(id);
let timer = null;

export function startWatching() {
  document.addEventListener("view", (event) => {
    clearInterval(timer);
    if (event.detail !== "train") return;
    reports();
    look();
    timer = setInterval(look, 2000);
  });
}

async function look() {
  const found = await ask("/v1/training");
  if (!found) return;
  $("train-empty").hidden = found.epochs.length > 0;
  const stages = [...new Set(found.epochs.map((e) => e.stage))];
  $("curves").replaceChildren(...stages.flatMap((stage) => {
    const epochs = found.epochs.filter((e) => e.stage === stage);
    const charts = [chart(`loss ${stage}`, epochs.map((e) => e.loss))];
    if (epochs.some((e) => e.dev_f1 !== null)) charts.push(chart(`dev F1 ${stage}`, epochs.map((e) => e.dev_f1)));
    return charts;
  }));
}

function chart(title, values) {
  const W = 320, H = 150, top = Math.max(...values), low = Math.min(...values), last = values.at(-1);
  const x = (i) => 34 + (i * (W - 50)) / Math.max(1, values.length - 1);
  const y = (v) => 12 + ((top - v) * (H - 34)) / (top - low || 1);
  const name = `${title}: ${last.toPrecision(4)}`;
  const box = element("figure", { class: "chart" });
  box.innerHTML = `<svg viewBox="0 0 ${W} ${H}" width="${W}" role="img"><polyline fill="none" stroke="var(--plus)" stroke-width="2.5"/></svg>`;
  box.querySelector("svg").setAttribute("aria-label", name);
  box.querySelector("polyline").setAttribute("points", values.map((v, i) => `${x(i)},${y(v)}`).join(" "));
  box.prepend(element("figcaption", {}, name));
  return box;
}

async function reports() {
  const models = await ask("/v1/models");
  $("reports").replaceChildren(...(models ?? []).filter((m) => m.scores).map((m) => {
    const rows = Object.entries({ ...m.scores.types, all: m.scores });
    return element("div", {}, element("h3", {}, m.name), element("table", {}, element("thead", {}, element("tr", {}, ...["type", "precision", "recall", "F1"].map((h) => element("th", { scope: "col" }, h)))),
      element("tbody", {}, ...rows.map(([type, s]) => element("tr", {}, element("th", { scope: "row" }, type), ...["precision", "recall", "f1"].map((k) => element("td", {}, Number(s[k]).toFixed(2))))))));
  }));
}
