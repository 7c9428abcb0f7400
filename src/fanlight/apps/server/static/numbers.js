// The numbers at which the Gradient view computes: guessed, moved by sliders, and the values of a derivative there.
import { $, decimal, element } from "./dom.js";
import { matrices } from "./graph.js";
import { say } from "./words.js";

const MOST = 12; // numbers of an input that has sliders, and matrices of a derivative that are shown

// Between −1 and 1, two or three for each length that is a letter.
export function guessNumbers(shapes, seed) {
  const lengths = {};
  let last = seed * 7919;
  const next = () => ((last = (last * 16807) % 2147483647) % 21) / 10 - 1;
  const length = (d) => (/^\d+$/.test(d) ? Number(d) : (lengths[d] ??= 2 + (Object.keys(lengths).length % 2)));
  const array = (shape) => (shape.length ? Array.from({ length: length(shape[0]) }, () => array(shape.slice(1))) : next());
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, array(shape)]));
}

// A slider for each number; `moved()` is called after a number of `at` has changed.
export function drawSliders(at, moved) {
  $("sliders").replaceChildren(...Object.entries(at).filter(([, value]) => [value].flat(3).length <= MOST).map(([name, value]) => {
    const columns = Array.isArray(value?.[0]) ? value[0].length : 1, row = element("div", { class: "numbers", style: { "--columns": columns } });
    const add = (get, set, label, ...place) => {
      const shown = element("output", {}, decimal(get()));
      const change = (event) => { set(Number(event.target.value)); shown.textContent = decimal(get()); moved(); };
      row.append(element("label", {}, element("i", {}, name, element("sub", {}, place.join(""))), element("input", { type: "range", min: -3, max: 3, step: 0.05, value: get(), "aria-label": label, oninput: change }), shown));
    };
    if (!Array.isArray(value)) add(() => at[name], (x) => (at[name] = x), name);
    else value.forEach((r, i) => (Array.isArray(r) ? r.forEach((_, j) => add(() => r[j], (x) => (r[j] = x), `${name} ${i + 1}, ${j + 1}`, i + 1, ...(r.length > 1 ? [j + 1] : []))) : add(() => value[i], (x) => (value[i] = x), `${name} ${i + 1}`, i + 1)));
    return row;
  }));
}

const depth = (value) => (Array.isArray(value) ? 1 + depth(value[0]) : 0);

// A derivative of more than two axes is one matrix for each entry of the first ones.
function blocksOf(value, place = []) {
  return depth(value) <= 2 ? [[place, value]] : value.flatMap((part, n) => blocksOf(part, [...place, n + 1]));
}

// The value of the expression, and each entry of its derivative, as the library computed them.
export function drawDerivative({ value, derivative }, name) {
  const blocks = blocksOf(derivative), letters = "ijkl";
  const caption = (place) => (place.length ? place.map((n, axis) => `${letters[axis]} = ${n}`).join(", ") : name);
  $("derivative-numbers").replaceChildren(
    matrices([["f", value], ...blocks.slice(0, MOST).map(([place, block]) => [caption(place), block])]),
    ...(blocks.length > MOST ? [element("p", { class: "hint" }, say("more-blocks", blocks.length - MOST))] : []));
}
