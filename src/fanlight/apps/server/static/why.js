// The Why view: the window of one word as a picture, what if a word were another, and the two passes in steps.
import { $, chip, decimal, element, signed } from "./dom.js";
import { drawName, nameAt, wordsOf } from "./name_units.js";
import { drawNetwork } from "./network.js";
import { describeStep, STEPS } from "./passes.js";
import { createPlayer } from "./player.js";
import { pointsOf } from "./points.js";
import { address, go, onRoute } from "./routes.js";
import { welcome } from "./samples.js";
import { ask } from "./server.js";
import { say } from "./words.js";

const SHOWN = 300; // characters of the text on either side of the word
const MATHML = "http://www.w3.org/1998/Math/MathML";
let asked = null, answer = null, before = null, picked = null, step = 0, asking = 0, stop = null, units = {}, equations = null, name = null, listed = null;

export function startExplaining() {
  listed = ask("/v1/models", undefined, { quiet: true }).then((models) => { for (const m of models ?? []) units[m.name] = m.unit; });
  onRoute("why", (parameters) => { stop(); if (parameters) open(parameters); });
  $("why-tag").addEventListener("change", () => go("why", { ...asked, tag: $("why-tag").value }));
  $("to-gradient").addEventListener("click", toGradient);
  $("why-share").addEventListener("click", () => navigator.clipboard?.writeText(location.origin + address("why", asked)));
  for (const [id, to] of [["pass-first", () => 0], ["pass-previous", () => step - 1], ["pass-next", () => step + 1], ["pass-last", () => STEPS.length - 1]]) $(id).addEventListener("click", () => { stop(); goTo(to()); });
  stop = createPlayer($("pass-play"), { current: () => step, last: () => STEPS.length - 1, goTo });
  $("passes").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) { event.preventDefault(); stop(); goTo(step + by); }
  });
  $("why-text").addEventListener("keydown", (event) => {
    const next = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
    if (next) document.activeElement[next]?.focus();
  });
  document.addEventListener("spoken", () => answer && draw());
  new ResizeObserver(() => { if (answer && !$("why").hidden) drawPicture(); }).observe($("network"));
}

async function open(parameters) {
  const request = parameters.text ? parameters : welcome();
  if (asked && JSON.stringify(asked) === JSON.stringify(request)) return;
  const { text, offset, model, tag, was } = request;
  const turn = ++asking, explained = await ask("/v1/explain", { text, offset: Number(offset), ...(model ? { model } : {}), ...(tag ? { tag } : {}) });
  if (turn !== asking) return; // another word was asked for meanwhile
  if (!explained) { if (answer) draw(); return; }
  await listed;
  [asked, answer, picked, name] = [request, explained, null, null];
  before = was ? await baseline(JSON.parse(was)) : null;
  equations ??= (await ask("/v1/equations", undefined, { quiet: true })) ?? {};
  $("why-shown").hidden = false;
  draw();
  name = await nameAt(text, explained.explanation.start, answer.model, kind());
  if (turn === asking) tellName();
}

const kind = () => units[answer.model] ?? "word";
const explain = (offset) => go("why", { text: asked.text, offset, model: asked.model });

function tellName() {
  if (name) drawName(name, answer.explanation.start, kind(), explain);
}

// The word as it was before the first change, for the same tag.
async function baseline(was) {
  const earlier = await ask("/v1/explain", { ...was, tag: answer.explanation.tag, ...(asked.model ? { model: asked.model } : {}) }, { quiet: true });
  return earlier?.explanation ?? null;
}

function draw() {
  const e = answer.explanation, unit = kind(), type = e.tag.slice(2);
  $("why-lead").textContent = say("why-lead", say(`unit-${unit}`), e.text, say(`tag-${e.tag[0]}`, say(`type-${type}`, type)), e.tag, say(`units-${unit}`));
  tellName();
  $("why-title").replaceChildren(element("span", { class: "word" }, e.text), " ", chip(e.tag.slice(2) || "O", {}, e.tag), ` ${decimal(e.probabilities[e.tag], 3)}`);
  $("why-model").textContent = say("answered", answer.model, answer.version ?? "");
  drawText(e);
  $("why-number").textContent = say("point-hint");
  const tags = Object.keys(e.scores).sort((a, b) => e.probabilities[b] - e.probabilities[a]);
  $("why-tag").replaceChildren(...tags.map((tag) => element("option", { value: tag, selected: tag === e.tag }, tag)));
  $("sum").textContent = say("sum", decimal(e.scores[e.tag], 3), decimal(e.baseline, 3), signed(e.scores[e.tag] - e.baseline, 3), e.tag);
  $("window-hint").textContent = say(`window-${unit}`);
  $("window").replaceChildren(...e.window.map((w) => place(w, unit)));
  $("what-if").replaceChildren(...(before ? whatIf(e) : []));
  $("scores").replaceChildren(...tags.slice(0, 8).map((tag) => meter(tag, e.probabilities[tag], `${decimal(e.scores[tag])} · ${decimal(e.probabilities[tag], 3)}`)));
  $("nearest").replaceChildren(...e.nearest.map((n) => element("p", {}, chip(n.tag.slice(2) || "O", {}, n.tag), ` ${n.similarity.toFixed(2)}  `, element("span", { class: "word" }, cut(n.sentence, n.start - 60, n.start), element("strong", {}, cut(n.sentence, n.start, n.end)), cut(n.sentence, n.end, n.end + 60)))));
  $("nearest-shown").hidden = !e.nearest.length;
  $("nearest-none").hidden = e.nearest.length > 0;
  $("equation").replaceChildren(...breakable(equations[answer.model] ?? ""));
  goTo(step);
  drawUnit();
}

// The text around the word; each of its words can be explained next.
function drawText(e) {
  const { text } = asked, points = pointsOf(text), inside = $("why-text").contains(document.activeElement);
  const start = points.unit(e.start), end = Math.min(text.length, start + SHOWN), nodes = [];
  let at = Math.max(0, text.lastIndexOf(" ", start - SHOWN) + 1);
  for (const { 0: word, index } of wordsOf(text)) {
    if (index < at || index > end) continue;
    const here = index <= start && start < index + word.length, offset = points.point(index);
    nodes.push(text.slice(at, index), element("button", { type: "button", class: "plain", "aria-current": here && "true", tabindex: here ? 0 : -1, onclick: () => explain(offset) }, ...(here && kind() === "character" ? markCharacter(word, start - index, e.text) : [word])));
    at = index + word.length;
  }
  $("why-text").replaceChildren(...nodes, text.slice(at, end));
  if (inside) $("why-text").querySelector("[aria-current]")?.focus();
}

const markCharacter = (word, at, character) => [word.slice(0, at), element("b", {}, character), word.slice(at + character.length)];

// Formulas in MathML do not break: each summand becomes a formula of its own, so that lines can.
function breakable(html) {
  const row = element("div"), formulas = [];
  row.innerHTML = html;
  for (const brackets of row.querySelectorAll("mrow > mrow")) brackets.replaceWith(...brackets.childNodes);
  for (const node of [...row.querySelector("mrow")?.children ?? []]) {
    if (!formulas.length || node.textContent === "+") formulas.push(document.createElementNS(MATHML, "math"));
    if (node.localName === "mo" && "+=".includes(node.textContent)) node.setAttribute("form", "infix");
    formulas.at(-1).append(node);
  }
  return formulas.flatMap((formula) => [formula, " "]);
}

const cut = (text, from, to) => [...text].slice(Math.max(0, from), to).join(""); // offsets count code points

function drawPicture() {
  const e = answer.explanation;
  const layout = drawNetwork($("network"), e, { tell: (text) => { $("why-number").textContent = text; }, pick, picked, step: STEPS[step], unit: kind() });
  $("window").style.setProperty("--left", `${layout.left}px`);
  $("window").style.setProperty("--right", `${layout.right}px`);
  $("window").style.setProperty("--places", e.window.length);
}

function place(w, unit) {
  const name = w.position === 0 ? say("centre") : `${w.position > 0 ? "+" : "−"}${Math.abs(w.position)}`;
  const box = element("input", { value: w.text, "aria-label": say("place", name, say(`unit-${unit}`)), placeholder: "∅", spellcheck: "false", autocomplete: "off", maxlength: 200, onchange: () => replace(w, box.value, unit) });
  box.addEventListener("keydown", (event) => { if (event.key === "Enter" && box.value !== w.text) { event.preventDefault(); box.blur(); } });
  return element("div", { class: w.position === 0 ? "place here" : "place" }, box, element("small", {}, name));
}

// A changed word is a step in the history: the whole explanation is asked for again, and Back takes it back.
async function replace(w, word, unit) {
  const e = answer.explanation, points = [...asked.text], offset = Number(asked.offset);
  let inserted = word.trim();
  if (w.position === 0 && !inserted) { draw(); return; }
  const length = [...inserted].length;
  if (w.start === w.end && inserted && unit === "word") inserted = w.position < 0 ? `${inserted} ` : ` ${inserted}`;
  const text = [...points.slice(0, w.start), ...inserted, ...points.slice(w.end)].join("");
  const moved = w.position < 0 ? e.start + [...inserted].length - (w.end - w.start) : e.start;
  const was = asked.was ?? JSON.stringify({ text: asked.text, offset });
  await go("why", { text, offset: moved, model: asked.model, tag: e.tag, was });
}

function whatIf(e) {
  const change = e.probabilities[e.tag] - before.probabilities[e.tag];
  const values = [e.tag, decimal(before.probabilities[e.tag], 3), decimal(e.probabilities[e.tag], 3), decimal(before.scores[e.tag], 2), decimal(e.scores[e.tag], 2)];
  const was = JSON.parse(asked.was);
  return [element("strong", { class: change < 0 ? "lower" : "higher" }, say("if", ...values)), " ", element("button", { type: "button", onclick: () => go("why", { ...was, model: asked.model, tag: e.tag }) }, say("as-it-was"))];
}

function pick(number) {
  picked = picked === number ? null : number;
  drawPicture();
  drawUnit();
  if (picked !== null) $("network").querySelector(`[data-unit="${picked}"]`)?.focus();
}

function drawUnit() {
  const e = answer.explanation, u = e.units.find((unit) => unit.number === picked);
  if (!u) { $("unit").replaceChildren(element("p", { class: "hint" }, say("unit-hint", say(`units-${kind()}`)))); return; }
  const most = Math.max(...u.flows.map(Math.abs), 1e-9), excited = Math.max(...u.words.map(([, value]) => Math.abs(value)), 1e-9);
  $("unit").replaceChildren(
    element("h3", {}, say("unit", u.number, decimal(u.activation, 3), decimal(u.weight, 3), signed(u.contribution, 3))),
    element("div", { class: "columns" },
      element("div", {}, element("p", { class: "hint" }, say("unit-flows")), ...u.flows.map((flow, k) => meter(e.window[k].text || "∅", flow / most, signed(flow, 3), "word"))),
      element("div", {}, element("p", { class: "hint" }, say("unit-words", say(`units-${kind()}`))), ...u.words.map(([word, value]) => meter(word, value / excited, decimal(value, 2), "word")))));
}

function goTo(number) {
  step = Math.max(0, Math.min(number, STEPS.length - 1));
  $("pass-shown").textContent = `${step} / ${STEPS.length - 1}  ${describeStep(answer.explanation, STEPS[step])}`;
  $("pass-first").disabled = $("pass-previous").disabled = step === 0;
  $("pass-next").disabled = $("pass-last").disabled = step === STEPS.length - 1;
  drawPicture();
}

// The equation of this word in its own numbers: too many for an address.
function toGradient() {
  const e = answer.explanation;
  document.dispatchEvent(new CustomEvent("derive", { detail: { expression: e.expression, wrt: `a_${Math.floor(e.window.length / 2)}`, at: e.layer } }));
  go("gradient", { e: e.expression, wrt: `a_${Math.floor(e.window.length / 2)}` });
}

function meter(name, share, shown, kind = "") {
  const bar = element("i", { class: share < 0 ? "less" : "more" });
  bar.style.width = `${Math.max(0.5, 100 * Math.abs(share))}%`;
  return element("div", { class: "meter" }, element("span", { class: kind }, name), element("span", {}, bar), element("span", {}, shown));
}
