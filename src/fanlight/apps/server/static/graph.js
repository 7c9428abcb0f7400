// The computation graph (lecture L19): values above each edge, gradients below it, one node lit at a time.
import { $, element, precise, svg } from "./dom.js";
import { say } from "./words.js";

const SYMBOLS = { "@": "×", ".T": "aᵀ", sigmoid: "σ", sum: "Σ", "**": "^", "−": "−" };
const NODE = { width: 64, height: 36 }, ROW = 92, RESULT = 38; // pixels; beneath the result stand two numbers
let graph = null, step = 0, selected = null;

const sizes = (value) => (Array.isArray(value) ? [value.length, ...(Array.isArray(value[0]) ? [value[0].length] : [])] : []);

export function symbolOf(node) {
  if (node.label === "*") return sizes(node.value).length ? "⊙" : "×";
  return SYMBOLS[node.label] ?? node.label;
}

// A value in a few characters; the full one is a click away.
export function brief(value, most = 2) {
  if (value === null || value === undefined) return "";
  if (!Array.isArray(value)) return precise(value);
  const all = value.flat(2);
  if (all.length <= most) return `[${all.map((x) => String(Number(x).toFixed(2)).replace("-", "−")).join(" ")}]`;
  return sizes(value).length > 1 ? sizes(value).join("×") : `${value.length}`;
}

export const stepCount = () => (graph ? 2 * graph.nodes.length : 0);
export const currentStep = () => step;
const isBackward = () => step >= graph.nodes.length;
const litNode = () => (isBackward() ? 2 * graph.nodes.length - 1 - step : step);

export function showGraph(newGraph) {
  graph = newGraph;
  selected = null;
  drawGraph();
}

// Levels by how far a node is from the result. An edge over several levels has a place of its own in those between.
function levelsOf() {
  const far = graph.nodes.map(() => 0);
  for (const e of [...graph.edges].sort((a, b) => b.target - a.target)) far[e.source] = Math.max(far[e.source], far[e.target] + 1);
  const deepest = Math.max(...far), levels = Array.from({ length: deepest + 1 }, () => []), next = new Map();
  far.forEach((distance, i) => levels[deepest - distance].push(`n${i}`));
  const chains = graph.edges.map((e, i) => {
    const chain = [`n${e.source}`];
    for (let level = deepest - far[e.source] + 1; level < deepest - far[e.target]; level++) { levels[level].push(`e${i}.${level}`); chain.push(`e${i}.${level}`); }
    chain.push(`n${e.target}`);
    chain.slice(0, -1).forEach((key, n) => next.set(key, [...(next.get(key) ?? []), chain[n + 1]]));
    return chain;
  });
  return { levels, chains, next };
}

// Levels are columns where there is room, else rows; within one, places are ordered by what they lead to.
function placeNodes(width) {
  const { levels, chains, next } = levelsOf(), row = new Map();
  for (const level of levels.toReversed()) {
    const centre = (key) => (next.get(key) ?? []).reduce((sum, other) => sum + row.get(other), 0) / (next.get(key)?.length || 1);
    level.sort((a, b) => centre(a) - centre(b));
    level.forEach((key, n) => row.set(key, n - (level.length - 1) / 2));
  }
  const upright = width / levels.length < 118, widest = Math.max(...levels.map((level) => level.length));
  const across = upright ? Math.min(130, (width - NODE.width - 8) / Math.max(1, widest - 1)) : ROW;
  const along = upright ? 104 : (width - NODE.width - 12) / Math.max(1, levels.length - 1);
  const middle = upright ? width / 2 : ((widest - 1) * across) / 2 + NODE.height / 2 + 12, at = new Map();
  levels.forEach((level, depth) => level.forEach((key) => {
    const beside = middle + row.get(key) * across, forward = depth * along;
    at.set(key, upright ? [beside, forward + NODE.height / 2 + 8] : [forward + NODE.width / 2 + 6, beside]);
  }));
  return { at, chains, upright, most: !upright && along > 190 ? 3 : 2, height: upright ? (levels.length - 1) * along + NODE.height + 16 + RESULT : Math.max((widest - 1) * across + NODE.height + 32, middle + NODE.height / 2 + RESULT + 8) };
}

export function drawGraph() {
  if (!graph) return;
  const width = Math.max(300, $("graph").clientWidth - 4), { at, chains, upright, most, height } = placeNodes(width);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": say("computation-graph") });
  const edges = graph.edges.map((e, i) => drawEdge(e, i, chains[i].map((key) => at.get(key)), upright, most));
  picture.append(...edges.map(([line]) => line), ...edges.map(([, numbers]) => numbers)); // no line goes through numbers
  graph.nodes.forEach((node, i) => {
    const text = symbolOf(node), half = NODE.width / 2;
    picture.append(svg("g", { class: "node", id: `node-${i}`, transform: `translate(${at.get(`n${i}`).join(" ")})`, onclick: () => goTo(isBackward() ? 2 * graph.nodes.length - 1 - i : i) },
      svg("title", {}, [node.formula, roleName(node)].filter(Boolean).join("; ")), svg("rect", { x: -half, y: -NODE.height / 2, width: NODE.width, height: NODE.height, rx: 9 }),
      ...(i === graph.nodes.length - 1 ? resultOf(node) : []),
      svg("text", { class: "symbol", "text-anchor": "middle", y: 5, style: { "font-size": text.length > 8 ? "10px" : text.length > 3 ? "13px" : "17px" } }, text.slice(0, 11))));
  });
  $("graph").replaceChildren(picture);
  goTo(step);
}

// The last node is the result: its value and the gradient that everything begins with, 1, stand beneath it.
function resultOf(node) {
  const y = NODE.height / 2 + 15;
  return [svg("text", { class: "value", "text-anchor": "middle", y }, brief(node.value)), svg("text", { class: "slope", "text-anchor": "middle", y: y + 15 }, brief(node.upstream))];
}

function drawEdge(e, i, points, upright, most) {
  const along = upright ? NODE.height / 2 : NODE.width / 2, shift = ([x, y], by) => (upright ? [x, y + by] : [x + by, y]);
  const stops = [shift(points[0], along), ...points.slice(1, -1), shift(points.at(-1), -along)];
  const curve = ([x0, y0], [x1, y1]) => (upright ? `C${x0} ${(y0 + y1) / 2} ${x1} ${(y0 + y1) / 2} ${x1} ${y1}` : `C${(x0 + x1) / 2} ${y0} ${(x0 + x1) / 2} ${y1} ${x1} ${y1}`);
  const path = `M${stops[0].join(" ")}${stops.slice(1).map((stop, n) => curve(stops[n], stop)).join("")}`;
  const x = (stops[0][0] + stops[1][0]) / 2, y = (stops[0][1] + stops[1][1]) / 2, [dx, dy] = upright ? [points[0][0] < points.at(-1)[0] ? -4 : 4, -4] : [0, -5];
  const anchor = upright ? (dx < 0 ? "end" : "start") : "middle";
  const part = (...children) => svg("g", { class: "edge", "data-edge": i, onclick: () => { selected = i; tellNode(); } }, ...children);
  return [part(svg("path", { class: "hit", d: path }), svg("path", { class: "line", d: path })), part(
    svg("text", { class: "value", x: x + dx, y: y + dy, "text-anchor": anchor }, brief(graph.nodes[e.source].value, most)),
    svg("text", { class: "slope", x: x + dx, y: y + dy + 18, "text-anchor": anchor }, brief(e.downstream, most)))];
}

const roleName = (node) => (node.role ? say(node.role) : "");

export function goTo(number) {
  if (!graph) return;
  step = Math.max(0, Math.min(number, stepCount() - 1));
  selected = null;
  const lit = litNode(), backward = isBackward();
  graph.nodes.forEach((_, i) => {
    $(`node-${i}`).classList.toggle("lit", i === lit);
    $(`node-${i}`).classList.toggle("done", backward || i <= lit);
    $(`node-${i}`).classList.toggle("backward", backward);
  });
  graph.edges.forEach((e, i) => {
    for (const { classList } of $("graph").querySelectorAll(`[data-edge="${i}"]`)) {
      classList.toggle("forward", backward || e.source <= lit);
      classList.toggle("backward", backward && e.target >= lit);
      classList.toggle("lit", e.target === lit);
    }
  });
  $("first-step").disabled = $("previous-step").disabled = step === 0;
  $("next-step").disabled = $("last-step").disabled = step === stepCount() - 1;
  const node = graph.nodes[lit];
  $("step-shown").textContent = `${say("step")} ${step + 1} / ${stepCount()}, ${say(backward ? "backward" : "forward")}: ${node.formula}`;
  tellNode();
}

// What the lit node does with the gradient: downstream = upstream × local; and the full numbers of it, or of a clicked edge.
function tellNode() {
  const lit = litNode(), node = graph.nodes[lit], incoming = graph.edges.map((e, i) => ({ ...e, i })).filter((e) => e.target === lit);
  if (selected !== null) {
    const e = graph.edges[selected];
    $("node-shown").replaceChildren(element("p", {}, say("edge-is", graph.nodes[e.source].formula, symbolOf(graph.nodes[e.target]))), matrices([[say("value"), graph.nodes[e.source].value], [say("gradient"), e.downstream]]));
    return;
  }
  const lines = [];
  if (isBackward()) {
    if (node.role) lines.push(element("p", {}, element("strong", {}, roleName(node)), `: ${say(`${node.role}-why`)}`));
    const letters = "abc";
    incoming.forEach((e, n) => lines.push(element("p", { class: "rule" }, `${say("downstream")} ${graph.nodes[e.source].formula.slice(0, 40)}`, " = ", element("span", { class: "slope" }, say("upstream")), " × ", element("span", { class: "local" }, `${say("local")} ∂/∂${letters[n] ?? "·"}`), ` = ${brief(node.upstream)} × (${localOf(node, n)}) = `, element("strong", { class: "slope" }, brief(e.downstream)))));
    if (incoming.length) lines.push(element("p", { class: "hint" }, say("letters", ...incoming.map((e) => graph.nodes[e.source].formula.slice(0, 40)))));
    if (!incoming.length) lines.push(element("p", {}, say("leaf", node.formula)));
  } else lines.push(element("p", {}, `${node.formula.slice(0, 60)} = `, element("strong", { class: "value" }, brief(node.value))));
  const tables = [[say("value"), node.value]];
  if (isBackward()) tables.push([say("upstream"), node.upstream], ...incoming.map((e) => [`${say("downstream")} ${graph.nodes[e.source].formula.slice(0, 24)}`, e.downstream]));
  $("node-shown").replaceChildren(...lines, matrices(tables));
}

// The table's local derivatives of several arguments are separated by commas.
const localOf = (node, n) => node.local.split(", ")[n] ?? node.local;

export function matrices(tables) {
  return element("div", { class: "matrices" }, ...tables.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => {
    const rows = sizes(value).length === 2 ? value : sizes(value).length === 1 ? value.map((x) => [x]) : [[value]];
    const shown = rows.slice(0, 12).map((row) => element("tr", {}, ...row.slice(0, 12).map((x) => element("td", {}, precise(x))), ...(row.length > 12 ? [element("td", {}, "…")] : [])));
    return element("figure", {}, element("figcaption", {}, `${name}${sizes(value).length ? `  ${sizes(value).join(" × ")}` : ""}`), element("table", { class: sizes(value).length ? "matrix" : "" }, element("tbody", {}, ...shown, ...(rows.length > 12 ? [element("tr", {}, element("td", {}, "⋮"))] : []))));
  }));
}
