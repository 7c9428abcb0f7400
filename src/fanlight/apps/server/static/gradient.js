// The Gradient view: a derivation typeset, a check of the learner's formula, and the computation graph at numbers.
import { $, element } from "./dom.js";
import { currentStep, drawGraph, goTo, showGraph, stepCount } from "./graph.js";
import { EXAMPLES } from "./examples.js";
import { drawDerivative, drawSliders, guessNumbers } from "./numbers.js";
import { createPlayer } from "./player.js";
import { go, onRoute, route } from "./routes.js";
import { ask } from "./server.js";
import { say, translateError } from "./words.js";

const LONGEST = 3000; // characters of numbers that an address holds
let state = null, symbols = null, prepared = null, stop = null;

export function startDeriving() {
  $("examples").replaceChildren(element("option", { value: "" }, "–"), ...EXAMPLES.map(({ e, form }, i) => element("option", { value: i }, form ? `${form}: ${e}` : e)));
  $("examples").addEventListener("change", () => { const example = EXAMPLES[$("examples").value]; if (example) go("gradient", parametersOf(example)); });
  $("derive-form").addEventListener("submit", (event) => { event.preventDefault(); go("gradient", { e: $("expression").value, wrt: $("wrt").value, form: $("form").value === "gradient" ? "" : $("form").value }); });
  $("check-form").addEventListener("submit", (event) => { event.preventDefault(); check(); });
  for (const [id, to] of [["first-step", () => 0], ["previous-step", () => currentStep() - 1], ["next-step", () => currentStep() + 1], ["last-step", () => stepCount() - 1]]) $(id).addEventListener("click", () => { stop(); goTo(to()); });
  stop = createPlayer($("play-steps"), { current: currentStep, last: () => stepCount() - 1, goTo });
  for (const place of [$("graph"), $("graph-steps")]) place.addEventListener("keydown", onKey);
  $("link").addEventListener("click", copyLink);
  $("functions-shown").addEventListener("toggle", listFunctions, { once: true });
  document.addEventListener("derive", (event) => { prepared = event.detail; });
  document.addEventListener("spoken", () => state && derive({ repeat: true }));
  new ResizeObserver(() => { if (!$("gradient").hidden) drawGraph(); }).observe($("graph"));
  onRoute("gradient", (parameters) => { stop(); if (parameters) open(parameters); });
}

const parametersOf = ({ e, wrt, form, at }) => ({ e, wrt, form, at: at && JSON.stringify(at) });

function onKey(event) {
  const to = { ArrowRight: currentStep() + 1, ArrowLeft: currentStep() - 1, Home: 0, End: stepCount() - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  stop();
  goTo(to);
}

async function open(parameters) {
  const { e, wrt, form = "gradient", at } = parameters.e ? parameters : parametersOf(EXAMPLES[0]);
  let numbers = null;
  try { numbers = at ? JSON.parse(at) : null; } catch { /* a damaged link begins with other numbers */ }
  if (!numbers && prepared?.expression === e && prepared.wrt === wrt) numbers = prepared.at;
  if (state && state.e === e && state.wrt === wrt && state.form === form && (!numbers || JSON.stringify(numbers) === JSON.stringify(state.at))) return;
  state = { e, wrt, form, at: numbers };
  [$("expression").value, $("wrt").value, $("form").value] = [e, wrt, form];
  $("verdict").textContent = "";
  await derive({});
}

const language = () => document.documentElement.lang;

// With `repeat` the same again in another language: numbers, step and the learner's verdict stay.
async function derive(options) {
  const current = state;
  $("derived").setAttribute("aria-busy", "true");
  await showDerivation(options);
  if (state === current) $("derived").setAttribute("aria-busy", "false");
}

async function showDerivation({ repeat = false }) {
  clearFormulaError("expression");
  const current = state, body = { expression: state.e, wrt: state.wrt }, report = (message) => showFormulaError("expression", message);
  if (state.form !== "gradient") { await differentiate(body, report); return; }
  const derived = await ask("/v1/derive", { ...body, language: language() }, { report });
  if (state !== current) return; // another expression was asked for meanwhile
  $("derived").hidden = !derived;
  if (!derived) return;
  symbols = derived.symbols;
  showParts(false);
  $("latex").innerHTML = derived.html;
  $("steps").textContent = derived.steps;
  if (repeat) { if ($("verdict").textContent) await check(); drawGraph(); return; }
  await evaluate(state.at);
  if (state !== current || !state.at) return;
  drawSliders(state.at, async () => { const here = currentStep(); await evaluate(state.at); goTo(here); });
  goTo(stepCount() - 1);
}

async function differentiate(body, report) {
  const current = state, request = { ...body, form: state.form, language: language() };
  const answer = await ask("/v1/differentiate", request, { report });
  if (state !== current) return;
  $("derived").hidden = !answer;
  if (!answer) return;
  showParts(true);
  const shape = Object.entries(answer.symbols).map(([name, s]) => `${name}: ${s.length ? s.join(" × ") : say("scalar")}`).join(",  ");
  $("differentiated").innerHTML = `<math displaystyle="true">${operatorOf(state.form, state.wrt)}</math> ${answer.mathml}`;
  $("differentiated").append(element("p", { class: "hint" }, shape), element("pre", {}, answer.text), element("h2", { class: "minor" }, say("derivative-at")), element("div", { id: "derivative-numbers" }));
  await evaluateDerivative(request, answer.symbols);
  if (state === current && state.at) drawSliders(state.at, () => evaluateDerivative(request, answer.symbols));
}

// The derivative at numbers, of which the first are such that not all of it is zero.
async function evaluateDerivative(request, shapes) {
  const current = state, given = state.at;
  for (let seed = 3; seed < 9; seed++) {
    const at = given ?? guessNumbers(shapes, seed);
    const answer = await ask("/v1/differentiate", { ...request, at }, { report: (message) => showFormulaError("expression", message) });
    if (!answer || state !== current) return;
    state.at = at;
    if (!given && seed < 8 && !isAlive(answer.numbers.derivative)) continue;
    drawDerivative(answer.numbers, say(`form-${state.form}`));
    updateAddress();
    return;
  }
}

const isAlive = (values) => [values].flat(4).some((x) => Math.abs(x) > 1e-9);

// A Jacobian or a Hessian has numbers too, but neither graph nor steps.
function showParts(onlyDerivative) {
  $("differentiated").hidden = !onlyDerivative;
  for (const part of document.querySelectorAll(".of-gradient")) part.hidden = onlyDerivative;
}

// ∂f/∂x =, or ∂²f/∂x∂xᵀ = of a Hessian.
function operatorOf(form, wrt) {
  const symbol = element("mi", {}, wrt).outerHTML, by = `<mo>∂</mo>${symbol}`;
  const fraction = form === "hessian" ? `<mrow><msup><mo>∂</mo><mn>2</mn></msup><mi>f</mi></mrow><mrow>${by}<mo>∂</mo><msup>${symbol}<mo>⊤</mo></msup></mrow>` : `<mrow><mo>∂</mo><mi>f</mi></mrow><mrow>${by}</mrow>`;
  return `<mfrac>${fraction}</mfrac><mo form="infix">=</mo>`;
}

// Numbers of the right shape, at which the gradient is not zero: a dead ReLU would show nothing.
async function evaluate(numbers) {
  const current = state;
  for (let seed = 3; seed < 9; seed++) {
    const at = numbers ?? guessNumbers(symbols, seed);
    const answer = await ask("/v1/derive", { expression: state.e, wrt: state.wrt, at, language: language() }, { report: (message) => showFormulaError("expression", message) });
    if (!answer || state !== current) return;
    state.at = at;
    const target = answer.graph.nodes.find((node) => node.label === state.wrt);
    if (numbers || isAlive(target?.upstream) || seed === 8) { showGraph(answer.graph); updateAddress(); return; }
  }
}

async function check() {
  $("verdict").textContent = "";
  clearFormulaError("mine");
  const answer = await ask("/v1/check", { expression: state.e, wrt: state.wrt, gradient: $("mine").value, language: language() }, { report: (message) => showFormulaError("mine", message) });
  if (!answer) return;
  $("verdict").className = answer.right ? "right" : "wrong";
  $("verdict").textContent = answer.right ? `✓ ${say("right")}` : `✗ ${answer.reasons.join("; ")}`;
}

// The calculus points at the character; so does the page, under the field.
function showFormulaError(field, message) {
  const [text, , caret] = message.split("\n");
  const column = caret === undefined ? -1 : caret.indexOf("^") - 2;
  $(`${field}-error`).replaceChildren(...(column < 0 ? [] : [element("span", { class: "caret", "aria-hidden": "true" }, `${" ".repeat(column)}^`)]), element("span", {}, translateError(text)));
  $(`${field}-error`).hidden = false;
  $(field).setAttribute("aria-invalid", "true");
  if (column >= 0) { $(field).focus(); $(field).setSelectionRange(column, column); }
}

function clearFormulaError(field) {
  $(`${field}-error`).hidden = true;
  $(field).removeAttribute("aria-invalid");
}

// The address reproduces the state: expression, variable, form and numbers.
function updateAddress() {
  const at = JSON.stringify(state.at);
  if (route().view === "gradient") go("gradient", { ...state, form: state.form === "gradient" ? "" : state.form, at: at && at.length < LONGEST ? at : "" }, { replace: true, silent: true });
}

function copyLink() {
  updateAddress();
  navigator.clipboard?.writeText(location.href).catch(() => {});
  $("link-state").textContent = say("link-copied");
}

async function listFunctions() {
  const functions = await ask("/v1/functions", undefined, { quiet: true });
  $("functions").replaceChildren(element("table", {}, element("tbody", {}, ...(functions ?? []).map((f) => element("tr", {}, element("th", { scope: "row" }, element("code", {}, f.example)), element("td", {}, element("code", {}, f.meaning)))))));
}
