// The lecture's picture of one window: words, x in cells, W, h, u, s and the tag's probability, by contribution.
import { decimal, element, reducedMotion, signed, svg } from "./dom.js";
import { preActivation } from "./passes.js";
import { say } from "./words.js";

const CELL = 13, GAP = 2; // px

// What the picture says of a number: colour and strength, from the share of the largest of its kind.
const sign = (x) => (x < 0 ? "less" : "more");

export function layoutOf(explanation, width) {
  const narrow = width < 640, places = explanation.window.length;
  const left = narrow ? 4 : 126, right = narrow ? 4 : 12;
  const parts = [...new Set(explanation.window.flatMap((w) => Object.keys(w.parts)))];
  const units = explanation.units.slice(0, narrow ? 6 : 12);
  const column = (width - left - right) / places, step = (width - left - right) / (units.length + 1);
  const y = { p: 26, s: 92, h: 200, x: 318 };
  y.cells = y.x + parts.length * (CELL + GAP);
  y.bars = y.cells + 16;
  return {
    narrow, width, left, right, parts, units, column, step, y, radius: narrow ? 19 : 23,
    wordX: (k) => left + (k + 0.5) * column, unitX: (i) => left + (i + 0.5) * step, middle: left + (width - left - right) / 2,
  };
}

// What the units that are drawn do not say: the others together, so that the sum is exact.
export const otherUnits = (e, units) => e.scores[e.tag] - e.baseline - units.reduce((sum, u) => sum + u.contribution, 0);

// Draw; `tell(text)` is given what has the focus or the pointer, `pick(unit)` a hidden unit that was clicked.
export function drawNetwork(place, e, { tell, pick, picked, step, unit }) {
  const l = layoutOf(e, Math.max(320, place.clientWidth));
  const scale = scales(e, l);
  const picture = svg("svg", { width: l.width, height: scale.bottom, viewBox: `0 0 ${l.width} ${scale.bottom}`, role: "group", "aria-label": say("network-picture"), "data-step": step });
  picture.append(edges(e, l, scale, picked), rowLabels(e, l, unit), cells(e, l, scale), bars(e, l, scale), hidden(e, l, scale, picked), output(e, l));
  if (step === "W-gradient") picture.append(outerProducts(e, l));
  place.replaceChildren(picture);
  startNavigation(picture, tell, pick);
  return l;
}

function scales(e, l) {
  const words = e.window.map((w) => w.contribution);
  const most = Math.max(...words.map(Math.abs), 1e-9), above = Math.max(0, ...words), below = Math.max(0, ...words.map((x) => -x));
  const height = 74, perUnit = height / Math.max(above + below, 1e-9);
  const zero = l.y.bars + 16 + above * perUnit;
  const flow = Math.max(...l.units.flatMap((u) => u.flows.map(Math.abs)), 1e-9);
  const part = Math.max(...e.window.flatMap((w) => Object.values(w.parts).map(Math.abs)), 1e-9);
  const unit = Math.max(...l.units.map((u) => Math.abs(u.contribution)), 1e-9);
  return { most, zero, perUnit, flow, part, unit, bottom: zero + below * perUnit + 20 };
}

function edges(e, l, scale, picked) {
  const group = svg("g", { class: "edges", "aria-hidden": "true" });
  const line = (x0, y0, x1, y1, value, most, kind, title) => {
    const middle = (y0 + y1) / 2;
    const path = svg("path", { class: `${kind} ${sign(value)}`, d: `M${x0} ${y0}C${x0} ${middle} ${x1} ${middle} ${x1} ${y1}` }, svg("title", {}, title));
    path.style.setProperty("--strength", Math.abs(value) / most);
    path.style.strokeWidth = 0.4 + (6 * Math.abs(value)) / most;
    return path;
  };
  l.units.forEach((u, i) => {
    u.flows.forEach((flow, k) => {
      const path = line(l.wordX(k), l.y.x - 6, l.unitX(i), l.y.h + l.radius, flow, scale.flow, "edge-W", `${e.window[k].text || "–"} → h${u.number}: ${signed(flow, 3)}`);
      path.classList.toggle("dim", picked !== null && picked !== u.number);
      group.append(path);
    });
    group.append(line(l.unitX(i), l.y.h - l.radius, l.middle, l.y.s + l.radius, u.contribution, scale.unit, "edge-u", `h${u.number} → s: ${signed(u.contribution, 3)}`));
  });
  const others = otherUnits(e, l.units);
  group.append(line(l.unitX(l.units.length), l.y.h - l.radius, l.middle, l.y.s + l.radius, others, Math.max(scale.unit, Math.abs(others)), "edge-u rest", ""));
  return group;
}

function rowLabels(e, l, unit) {
  const group = svg("g", { class: "labels" });
  const x = l.narrow ? 4 : 12, label = (y, math, words) => group.append(svg("text", { x, y, class: "math" }, math), svg("text", { x, y: y + 15, class: "words" }, l.narrow ? "" : words));
  const activation = e.expression.match(/u\.T @ (\w+)\(/)?.[1] ?? "f";
  label(l.y.p + 4, l.narrow ? "P" : "P(tag)", say("row-p"));
  label(l.y.s + 2, "s = uᵀh", say("row-s"));
  label((l.y.s + l.y.h) / 2 - (l.narrow ? 8 : 0), "u", say("row-u"));
  label(l.y.h - (l.narrow ? l.radius + 22 : 0), l.narrow ? "h" : `h = ${activation}(Wx + b)`, say("row-h"));
  label((l.y.h + l.y.x) / 2 - 4, "W", say("row-W"));
  label(l.y.x - (l.narrow ? 8 : 22), "x", say("row-x", say(`units-${unit}`)));
  if (!l.narrow) l.parts.forEach((part, i) => group.append(svg("text", { x, y: l.y.x + i * (CELL + GAP) + CELL - 2, class: "words parts" }, say(`part-${part}`, part))));
  return group;
}

// x: a stack of cells a word, one a part; its tint is what the part adds.
function cells(e, l, scale) {
  const group = svg("g", { class: "stage-x" }), width = Math.min(l.column - 8, 92);
  e.window.forEach((w, k) => l.parts.forEach((part, i) => {
    const value = w.parts[part], size = w.inputs[part]?.length ?? 0;
    const text = say("cell", w.text || say("padding"), say(`part-${part}`, part), value === undefined ? "–" : signed(value, 3), size);
    const cell = svg("rect", { class: `item cell ${value === undefined ? "absent" : sign(value)}`, x: l.wordX(k) - width / 2, y: l.y.x + i * (CELL + GAP), width, height: CELL, rx: 3, "data-row": 3 + i, "data-tell": text, "aria-label": text, role: "img", tabindex: -1 });
    cell.style.setProperty("--strength", Math.abs(value ?? 0) / scale.part);
    group.append(cell);
  }));
  return group;
}

// What each word adds: one zero line, one scale, negative downwards.
function bars(e, l, scale) {
  const group = svg("g", { class: "stage-words" });
  group.append(svg("line", { class: "zero", x1: l.left, x2: l.width - l.right, y1: scale.zero, y2: scale.zero }));
  group.append(svg("text", { class: "words", x: l.narrow ? 4 : 12, y: scale.zero + 4 }, l.narrow ? "0" : say("row-bars")));
  e.window.forEach((w, k) => {
    const height = Math.max(1, Math.abs(w.contribution) * scale.perUnit), up = w.contribution >= 0, width = Math.min(46, l.column * 0.6);
    const text = say("word-adds", w.text || say("padding"), signed(w.contribution, 3));
    const bar = svg("rect", { class: `item bar ${sign(w.contribution)}`, x: l.wordX(k) - width / 2, y: up ? scale.zero - height : scale.zero, width, height, rx: 2, "data-row": 99, "data-tell": text, "aria-label": text, role: "img", tabindex: -1 });
    group.append(bar, svg("text", { class: "number", x: l.wordX(k), y: up ? scale.zero - height - 4 : scale.zero + height + 13, "text-anchor": "middle" }, signed(w.contribution)));
  });
  return group;
}

function hidden(e, l, scale, picked) {
  const group = svg("g", { class: "stage-h" });
  l.units.forEach((u, i) => {
    const text = say("unit", u.number, decimal(u.activation, 3), decimal(u.weight, 3), signed(u.contribution, 3));
    const circle = svg("circle", { class: `${sign(u.contribution)}`, cx: l.unitX(i), cy: l.y.h, r: l.radius });
    circle.style.setProperty("--strength", Math.abs(u.contribution) / scale.unit);
    group.append(svg("g", { class: "item unit", "data-unit": u.number, "data-row": 2, "data-tell": text, "aria-label": text, role: "button", "aria-pressed": picked === u.number, tabindex: -1 }, circle,
      svg("text", { class: "number forward", x: l.unitX(i), y: l.y.h + 9, "text-anchor": "middle" }, decimal(u.activation, 1)),
      svg("text", { class: "number backward-u", x: l.unitX(i), y: l.y.h + 9, "text-anchor": "middle" }, decimal(u.weight, 2)),
      svg("text", { class: "number backward-delta", x: l.unitX(i), y: l.y.h + 9, "text-anchor": "middle" }, decimal(u.delta, 2)),
      svg("text", { class: "number forward-z", x: l.unitX(i), y: l.y.h + 9, "text-anchor": "middle" }, decimal(preActivation(e.layer, e.window.length, u.number), 1)),
      svg("text", { class: "name", x: l.unitX(i), y: l.y.h - 5, "text-anchor": "middle" }, `h${u.number}`)));
  });
  const x = l.unitX(l.units.length), others = otherUnits(e, l.units), count = e.layer.b.length - l.units.length;
  const text = say("other-units", count, signed(others, 3));
  group.append(svg("g", { class: "item others", "data-row": 2, "data-tell": text, "aria-label": text, role: "img", tabindex: -1 }, svg("circle", { cx: x, cy: l.y.h, r: l.radius }),
    svg("text", { class: "number", x, y: l.y.h + 9, "text-anchor": "middle" }, signed(others, 1)), svg("text", { class: "name", x, y: l.y.h - 5, "text-anchor": "middle" }, say("n-more", count))));
  return group;
}

function output(e, l) {
  const s = e.scores[e.tag], p = e.probabilities[e.tag], width = Math.min(220, l.width * 0.4);
  const score = say("score-is", e.tag, decimal(s, 3)), probability = say("probability-is", e.tag, decimal(p, 4));
  return svg("g", { class: "stage-s" },
    svg("g", { class: "stage-p" }, svg("line", { class: "stem", x1: l.middle, x2: l.middle, y1: l.y.s - l.radius, y2: l.y.p + 12 }),
      svg("g", { class: "item", "data-row": 0, "data-tell": probability, "aria-label": probability, role: "img", tabindex: -1 },
        svg("rect", { class: "scale", x: l.middle - width / 2, y: l.y.p - 12, width, height: 24, rx: 12 }),
        svg("rect", { class: "share", x: l.middle - width / 2, y: l.y.p - 12, width: Math.max(2, width * p), height: 24, rx: 12 }),
        svg("text", { class: "number result", x: l.middle, y: l.y.p + 5, "text-anchor": "middle" }, `${e.tag}  ${decimal(p, 3)}`))),
    svg("g", { class: "item score", "data-row": 1, "data-tell": score, "aria-label": score, role: "img", tabindex: 0 }, svg("circle", { cx: l.middle, cy: l.y.s, r: l.radius + 4 }),
      svg("text", { class: "number forward result", x: l.middle, y: l.y.s + 5, "text-anchor": "middle" }, decimal(s)), svg("text", { class: "number backward-one result", x: l.middle, y: l.y.s + 5, "text-anchor": "middle" }, "1")));
}

// ∂s/∂W = δ xᵀ for the units drawn: rows are units, columns the entries of x.
export const outerProduct = (units, inputs) => units.map((u) => inputs.map((x) => u.delta * x));

function outerProducts(e, l) {
  const group = svg("g", { class: "stage-gradient" }), width = Math.min(l.column - 8, 150), height = l.y.cells - l.y.x;
  const blocks = e.window.map((w) => outerProduct(l.units, Object.values(w.inputs).flat()));
  const most = Math.max(...blocks.flat(2).map(Math.abs), 1e-12);
  blocks.forEach((rows, k) => {
    const text = say("outer-product", e.window[k].text || say("padding"), rows.length, rows[0]?.length ?? 0, decimal(Math.max(...rows.flat().map(Math.abs), 0), 3));
    group.append(svg("image", { href: heatMap(rows, most), x: l.wordX(k) - width / 2, y: l.y.x - 2, width, height, preserveAspectRatio: "none", "aria-label": text, role: "img" }, svg("title", {}, text)));
  });
  return group;
}

function heatMap(rows, most) {
  const canvas = element("canvas", { width: rows[0]?.length || 1, height: rows.length || 1 }), context = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement), [more, less] = ["--plus", "--minus"].map((name) => style.getPropertyValue(name));
  rows.forEach((row, i) => row.forEach((value, j) => {
    context.globalAlpha = Math.min(1, Math.sqrt(Math.abs(value) / most));
    context.fillStyle = value < 0 ? less : more;
    context.fillRect(j, i, 1, 1);
  }));
  return canvas.toDataURL();
}

// One stop for Tab; arrows go about inside, Enter picks a unit.
function startNavigation(picture, tell, pick) {
  const items = [...picture.querySelectorAll(".item")];
  const focus = (item) => { for (const other of items) other.tabIndex = other === item ? 0 : -1; item.focus({ preventScroll: reducedMotion() }); };
  for (const item of items) {
    item.addEventListener("focus", () => tell(item.dataset.tell));
    item.addEventListener("pointerenter", () => tell(item.dataset.tell));
    item.addEventListener("click", () => { focus(item); if (item.dataset.unit) pick(Number(item.dataset.unit)); });
    item.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" || event.key === " ") && item.dataset.unit) { event.preventDefault(); pick(Number(item.dataset.unit)); return; }
      const next = neighbour(items, item, event.key);
      if (next) { event.preventDefault(); focus(next); }
    });
  }
}

function neighbour(items, item, key) {
  const row = Number(item.dataset.row), x = (other) => { const box = other.getBoundingClientRect(); return box.x + box.width / 2; };
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const beside = items.filter((other) => other.dataset.row === item.dataset.row).sort((a, b) => x(a) - x(b));
    return beside[beside.indexOf(item) + (key === "ArrowRight" ? 1 : -1)];
  }
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const rows = [...new Set(items.map((other) => Number(other.dataset.row)))].sort((a, b) => a - b);
  const target = rows[rows.indexOf(row) + (key === "ArrowDown" ? 1 : -1)];
  return items.filter((other) => Number(other.dataset.row) === target).sort((a, b) => Math.abs(x(a) - x(item)) - Math.abs(x(b) - x(item)))[0];
}
