// The Gradient view: a derivation typeset, and the computation graph to step through.
import { ask, element } from "./app.js";
import { say } from "./words.js";

const $ = (id) => document.getElementById(id);
const EXAMPLES = [
  ["u.T @ tanh(W @ x + b)", "W"], ["sigmoid(u.T @ tanh(W @ x + b))", "x"], ["u.T @ relu(W @ x + b)", "b"],
  ["(x + y) * max(y, z)", "y"], ["-log(sigmoid(u.T @ h))", "u"], ["x.T @ A @ x", "x"], ["relu(1 - s + r)", "s"],
];
let request = null, graph = null, step = 0;

export function startDeriving() {
  $("examples").replaceChildren(element("option", { value: "" }, "–"), ...EXAMPLES.map(([e], i) => element("option", { value: i }, e)));
  $("examples").addEventListener("change", () => {
    const found = EXAMPLES[$("examples").value];
    if (found) { [$("expression").value, $("wrt").value] = found; derive(null); }
  });
  $("derive-form").addEventListener("submit", (event) => { event.preventDefault(); derive(null); });
  $("check-form").addEventListener("submit", (event) => { event.preventDefault(); check(); });
  for (const [id, to] of [["first-step", () => 0], ["previous-step", () => step - 1], ["next-step", () => step + 1], ["last-step", () => Infinity]]) $(id).addEventListener("click", () => go(to()));
  document.addEventListener("view", (event) => { if (event.detail === "gradient" && !graph) derive(null); });
  document.addEventListener("spoken", () => request && retell());
}

export function deriveAt(expression, wrt, numbers) {
  $("expression").value = expression;
  $("wrt").value = wrt;
  derive(numbers);
}

const language = () => document.documentElement.lang;

async function derive(numbers) {
  const asked = { expression: $("expression").value, wrt: $("wrt").value };
  const first = await ask("/v1/derive", { ...asked, language: language() });
  if (!first) return;
  tell(first);
  $("verdict").textContent = "";
  const at = numbers ?? guess(first.symbols);
  request = { ...asked, shapes: first.shapes ?? {}, at };
  sliders(at);
  await refresh();
  go(0);
}

// The same derivation, in the language chosen by now.
async function retell() {
  const again = await ask("/v1/derive", { ...request, at: null, language: language() });
  if (again) tell(again);
  if ($("verdict").textContent) await check();
  if (graph) draw();
  go(step);
}

function tell(first) {
  $("derived").hidden = false;
  $("latex").innerHTML = first.html;
  // what a notebook shows as MathML is typeset here, from its own LaTeX
  for (const math of $("latex").querySelectorAll("math")) {
    const place = element("span");
    katex.render(`\\displaystyle ${math.querySelector("annotation").textContent}`, place, { throwOnError: false });
    math.replaceWith(place);
  }
  $("steps").textContent = first.steps;
}

// Small numbers of the right shape: 2 for every length that is a letter.
function guess(symbols) {
  const sizes = { };
  let seed = 3;
  const next = () => ((seed = (seed * 16807) % 2147483647) % 21) / 10 - 1;
  const length = (d) => (/^\d+$/.test(d) ? Number(d) : (sizes[d] ??= 2 + (Object.keys(sizes).length % 2)));
  const made = {};
  for (const [name, shape] of Object.entries(symbols)) {
    made[name] = shape.length === 0 ? next() : Array.from({ length: length(shape[0]) }, () => (shape.length === 1 ? next() : Array.from({ length: length(shape[1]) }, next)));
  }
  return made;
}

async function refresh() {
  const found = await ask("/v1/derive", request);
  if (!found) return;
  graph = found.graph;
  draw();
}

function sliders(at) {
  $("sliders").replaceChildren(...Object.entries(at).filter(([, value]) => [value].flat(3).length <= 12).map(([name, value]) => {
    const row = element("div", { class: "numbers" }, element("strong", {}, name));
    const add = (get, set, label) => {
      const shown = element("output", {}, get().toFixed(2));
      row.append(element("label", {}, element("input", { type: "range", min: -3, max: 3, step: 0.05, value: get(), "aria-label": label, oninput: async (event) => { set(Number(event.target.value)); shown.textContent = get().toFixed(2); await refresh(); go(step); } }), shown));
    };
    if (!Array.isArray(value)) add(() => at[name], (x) => (at[name] = x), name);
    else value.forEach((r, i) => (Array.isArray(r) ? r.forEach((_, j) => add(() => r[j], (x) => (r[j] = x), `${name} ${i + 1}, ${j + 1}`)) : add(() => value[i], (x) => (value[i] = x), `${name} ${i + 1}`)));
    return row;
  }));
}

async function check() {
  const found = await ask("/v1/check", { expression: request.expression, wrt: request.wrt, gradient: $("mine").value, language: language() });
  if (!found) return;
  $("verdict").className = found.right ? "right" : "wrong";
  $("verdict").textContent = found.right ? `✓ ${say("right")}` : `✗ ${found.reasons.join("; ")}`;
}

const brief = (value) => {
  if (value === null || value === undefined) return "";
  if (!Array.isArray(value)) return Number(value).toPrecision(3);
  const all = value.flat(2);
  return all.length > 4 ? `[${all.slice(0, 3).map((x) => Number(x).toPrecision(2)).join(" ")} … ] ${value.length}×${Array.isArray(value[0]) ? value[0].length : 1}` : `[${all.map((x) => Number(x).toPrecision(2)).join(" ")}]`;
};

// Nodes stand in columns by how far they are from the whole, which is the last step of the forward pass.
function draw() {
  const far = graph.nodes.map(() => 0);
  for (const e of [...graph.edges].sort((a, b) => b.target - a.target)) far[e.source] = Math.max(far[e.source], far[e.target] + 1);
  const level = far.map((d) => Math.max(...far) - d);
  const count = {}, rows = {}, W = 190, H = 78;
  for (const l of level) count[l] = (count[l] ?? 0) + 1;
  const most = Math.max(...Object.values(count));
  const at = graph.nodes.map((_, i) => { const l = level[i]; rows[l] = (rows[l] ?? 0) + 1; return [l * W + 10, (rows[l] - 1 + (most - count[l]) / 2) * H + 24]; });
  const width = (Math.max(...level) + 1) * W, height = most * H + 10;
  const svg = (name, attributes, ...children) => { const made = document.createElementNS("http://www.w3.org/2000/svg", name); for (const [k, v] of Object.entries(attributes)) made.setAttribute(k, v); made.append(...children); return made; };
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": say("computation-graph") });
  graph.edges.forEach((e, i) => { const [x, y] = at[e.source], [u, v] = at[e.target]; picture.append(svg("path", { id: `edge-${i}`, d: `M${x + 150} ${y + 18}C${x + 175} ${y + 18} ${u - 25} ${v + 18} ${u} ${v + 18}` })); });
  graph.nodes.forEach((n, i) => {
    const [x, y] = at[i];
    picture.append(svg("g", { class: "node", id: `node-${i}`, transform: `translate(${x} ${y})` }, svg("title", {}, `${n.formula}; ${say(n.local)} ${say(n.role)}`),
      svg("rect", { width: 150, height: 36, rx: 7 }), svg("text", { x: 75, y: 23, "text-anchor": "middle" }, n.label.slice(0, 20)),
      svg("text", { class: "value", x: 2, y: -5 }), svg("text", { class: "slope", x: 2, y: 51 })));
  });
  $("graph").replaceChildren(picture);
}

function go(to) {
  if (!graph) return;
  const count = graph.nodes.length;
  step = Math.max(0, Math.min(to, 2 * count - 1));
  const backward = step >= count;
  graph.nodes.forEach((n, i) => {
    const node = $(`node-${i}`);
    node.querySelector(".value").textContent = backward || i <= step ? brief(n.value) : "";
    node.querySelector(".slope").textContent = backward && i >= 2 * count - 1 - step ? brief(n.upstream) : "";
    node.classList.toggle("lit", i === (backward ? 2 * count - 1 - step : step));
  });
  const here = backward ? 2 * count - 1 - step : step;
  graph.edges.forEach((e, i) => $(`edge-${i}`).classList.toggle("lit", backward ? e.source === here : e.target === here));
  const n = graph.nodes[here];
  $("step-shown").textContent = `${say("step")} ${step + 1} / ${2 * count}, ${say(backward ? "backward" : "forward")}: ${n.formula}${backward ? `, ${say(n.local)}${n.role ? ` (${say(n.role)})` : ""}` : ""}`;
}
