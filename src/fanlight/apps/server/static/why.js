// The Why view: the window of one word, and how its score comes about.
import { ask, element, show } from "./app.js";
import { say } from "./words.js";
import { deriveAt } from "./gradient.js";
import { hue } from "./marks.js";

const $ = (id) => document.getElementById(id);
let asked = null, answer = null;

export function startExplaining() {
  $("why-tag").addEventListener("change", () => load({ tag: $("why-tag").value }));
  $("to-gradient").addEventListener("click", () => { const e = answer.explanation; deriveAt(e.expression, "a_" + Math.floor(e.window.length / 2), e.layer); show("gradient"); });
  document.addEventListener("spoken", () => answer && draw());
}

export async function explain(text, offset, model) {
  asked = { text, offset, ...(model ? { model } : {}) };
  await load({});
}

async function load(more) {
  asked = { ...asked, ...more };
  const found = await ask("/v1/explain", asked);
  if (!found) return;
  answer = found;
  $("what-if").textContent = "";
  draw();
}

function draw() {
  const e = answer.explanation;
  $("why-empty").hidden = true;
  $("why-shown").hidden = false;
  $("why-title").textContent = `${e.text} — ${e.tag} ${e.probabilities[e.tag].toFixed(3)}`;
  const tags = Object.keys(e.scores).sort((a, b) => e.probabilities[b] - e.probabilities[a]);
  $("why-tag").replaceChildren(...tags.map((tag) => element("option", { value: tag, selected: tag === e.tag }, tag)));
  const most = Math.max(...e.window.map((w) => Math.abs(w.contribution)), 1e-9);
  $("window").replaceChildren(...e.window.map((w) => place(w, most)));
  $("sum").textContent = say("sum", ...[e.scores[e.tag], e.baseline, e.scores[e.tag] - e.baseline].map((x) => minus(x.toFixed(3))), e.tag);
  const names = [...new Set(e.window.flatMap((w) => Object.keys(w.parts)))];
  $("parts").replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...[say("window-word"), ...names.map((n) => say(`part-${n}`, n))].map((n) => element("th", { scope: "col" }, n)))),
    element("tbody", {}, ...e.window.map((w) => element("tr", {}, element("th", { scope: "row" }, w.text || "–"), ...names.map((n) => element("td", {}, signed(w.parts[n] ?? 0))))))));
  const loudest = Math.max(...e.units.map((u) => Math.abs(u.contribution)), 1e-9);
  $("units").replaceChildren(...e.units.map((u) => meter(`h${u.number} = ${u.activation.toFixed(2)}`, u.contribution / loudest, signed(u.contribution))));
  $("scores").replaceChildren(...tags.slice(0, 12).map((tag) => meter(tag, e.probabilities[tag], `${minus(e.scores[tag].toFixed(2))} · ${e.probabilities[tag].toFixed(3)}`)));
  $("nearest").replaceChildren(...e.nearest.map((n) => element("p", {}, element("span", { class: "chip", style: { "--hue": hue(n.tag.slice(2)) } }, n.tag), ` ${n.similarity.toFixed(2)}  ${cut(n.sentence, n.start - 60, n.start)}`, element("strong", {}, cut(n.sentence, n.start, n.end)), cut(n.sentence, n.end, n.end + 60))));
  $("nearest-shown").hidden = !e.nearest.length;
  $("nearest-none").hidden = e.nearest.length > 0;
  katex.render(answer.latex, $("equation"), { throwOnError: false });
}

const cut = (text, from, to) => [...text].slice(Math.max(0, from), to).join(""); // offsets count code points
const minus = (shown) => shown.replace("-", "−");
const signed = (x) => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(2);

function place(w, most) {
  const bar = element("span", { class: w.contribution < 0 ? "bar less" : "bar", "aria-hidden": "true" });
  bar.style.height = `${Math.round((70 * Math.abs(w.contribution)) / most)}px`;
  const box = element("input", { value: w.text, "aria-label": `${w.position}`, readonly: w.position === 0 || !w.text, onchange: () => whatIf(w, box.value) });
  return element("div", { class: w.position === 0 ? "place here" : "place" }, element("span", {}, signed(w.contribution)), bar, box, element("small", {}, w.position > 0 ? `+${w.position}` : `${w.position}`.replace("-", "−")));
}

async function whatIf(w, word) {
  const e = answer.explanation;
  const found = await ask("/v1/explain", { ...asked, tag: e.tag, replace: { position: w.position, text: word } });
  if (found) $("what-if").textContent = say("if", word || "–", e.probabilities[e.tag].toFixed(3), found.what_if.probabilities[e.tag].toFixed(3), e.tag);
}

function meter(name, share, shown) {
  const bar = element("i", { class: share < 0 ? "less" : undefined });
  bar.style.width = `${Math.max(0.5, 100 * Math.abs(share))}%`;
  return element("div", { class: "meter" }, element("span", {}, name), element("span", {}, bar), element("span", {}, shown));
}
