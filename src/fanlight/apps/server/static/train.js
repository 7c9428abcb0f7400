// The Train view: the curves of a training that goes on, its report at the end, and what each model reached.
import { ask, element } from "./app.js";
import { translate } from "./words.js";

const $ = (id) => document.getElementById(id);
let timer = null, last = "";

export function startWatching() {
  document.addEventListener("view", (event) => {
    clearInterval(timer);
    if (event.detail !== "train") return;
    reports();
    look();
    timer = setInterval(look, 2000);
  });
  document.addEventListener("spoken", tell);
}

// Curves and report come drawn, as a notebook shows them.
async function look() {
  const found = await ask("/v1/training");
  if (!found || found.html === last) return;
  last = found.html;
  $("train-empty").hidden = found.html !== "";
  $("history").innerHTML = found.html;
  tell();
}

function tell() {
  translate($("history"));
  for (const place of $("history").querySelectorAll(".long")) place.setAttribute("aria-label", place.previousElementSibling.textContent);
  for (const chart of $("history").querySelectorAll(".chart svg")) chart.setAttribute("aria-label", chart.previousElementSibling.textContent);
}

async function reports() {
  const models = await ask("/v1/models");
  $("reports").replaceChildren(...(models ?? []).filter((m) => m.scores).map((m) => {
    const rows = Object.entries({ ...m.scores.types, all: m.scores });
    return element("div", {}, element("h3", {}, m.name), element("table", {}, element("thead", {}, element("tr", {}, ...[["type", "type"], ["precision", "precision"], ["recall", "recall"], ["f1", "F1"]].map(([name, title]) => element("th", { scope: "col", "data-i18n": name }, title)))),
      element("tbody", {}, ...rows.map(([type, s]) => element("tr", {}, element("th", { scope: "row", "data-i18n": `row-${type}` }, type), ...["precision", "recall", "f1"].map((k) => element("td", {}, Number(s[k]).toFixed(2))))))));
  }));
  translate($("reports"));
}
