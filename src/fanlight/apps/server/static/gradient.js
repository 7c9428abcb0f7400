// The Gradient view: a derivation typeset, a check of the learner's formula, and the computation graph at numbers.
import { $, decimal, element } from "./dom.js";
import { currentStep, drawGraph, goTo, showGraph, stepCount } from "./graph.js";
import { EXAMPLES } from "./examples.js";
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
  $("differentiated").hidden = true;
  $("gradient-parts").hidden = false;
  $("latex").innerHTML = derived.html;
  $("steps").textContent = derived.steps;
  if (repeat) { if ($("verdict").textContent) await check(); drawGraph(); return; }
  await evaluate(state.at);
  if (state !== current || !state.at) return;
  sliders();
  goTo(stepCount() - 1);
}

async function differentiate(body, report) {
  const answer = await ask("/v1/differentiate", { ...body, form: state.form, language: language() }, { report });
  if (state.form === "gradient") return;
  $("derived").hidden = !answer;
  if (!answer) return;
  $("gradient-parts").hidden = true;
  $("differentiated").hidden = false;
  const shape = Object.entries(answer.symbols).map(([name, s]) => `${name}: ${s.length ? s.join(" × ") : say("scalar")}`).join(",  ");
  $("differentiated").innerHTML = `<math displaystyle="true">${operatorOf(state.form, state.wrt)}</math> ${answer.mathml}`;
  $("differentiated").append(element("p", { class: "hint" }, shape), element("pre", {}, answer.text));
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
    if (numbers || [target?.upstream].flat(3).some((x) => Math.abs(x) > 1e-9) || seed === 8) { showGraph(answer.graph); updateAddress(); return; }
  }
}

// Between −1 and 1, two or three for each length that is a letter.
export function guessNumbers(shapes, seed) {
  const lengths = {};
  let last = seed * 7919;
  const next = () => ((last = (last * 16807) % 2147483647) % 21) / 10 - 1;
  const length = (d) => (/^\d+$/.test(d) ? Number(d) : (lengths[d] ??= 2 + (Object.keys(lengths).length % 2)));
  const array = (shape) => (shape.length ? Array.from({ length: length(shape[0]) }, () => array(shape.slice(1))) : next());
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, array(shape)]));
}

function sliders() {
  const at = state.at;
  $("sliders").replaceChildren(...Object.entries(at).filter(([, value]) => [value].flat(3).length <= 12).map(([name, value]) => {
    const columns = Array.isArray(value?.[0]) ? value[0].length : 1, row = element("div", { class: "numbers", style: { "--columns": columns } });
    const add = (get, set, label, ...place) => {
      const shown = element("output", {}, decimal(get()));
      const change = async (event) => { set(Number(event.target.value)); shown.textContent = decimal(get()); const here = currentStep(); await evaluate(at); goTo(here); };
      row.append(element("label", {}, element("i", {}, name, element("sub", {}, place.join(""))), element("input", { type: "range", min: -3, max: 3, step: 0.05, value: get(), "aria-label": label, oninput: change }), shown));
    };
    if (!Array.isArray(value)) add(() => at[name], (x) => (at[name] = x), name);
    else value.forEach((r, i) => (Array.isArray(r) ? r.forEach((_, j) => add(() => r[j], (x) => (r[j] = x), `${name} ${i + 1}, ${j + 1}`, i + 1, ...(r.length > 1 ? [j + 1] : []))) : add(() => value[i], (x) => (value[i] = x), `${name} ${i + 1}`, i + 1)));
    return row;
  }));
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
