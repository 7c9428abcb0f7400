// The forward pass and the gradient coming back, step by step: what each step says, with the numbers of the explanation.
import { decimal, signed } from "./dom.js";
import { say } from "./words.js";

export const STEPS = ["rest", "x", "z", "h", "s", "p", "s-gradient", "h-gradient", "delta", "W-gradient"];

// z_j = Σ_k a_kj + b_j, from the summands of the first layer.
export const preActivation = (layer, places, j) => Array.from({ length: places }, (_, k) => layer[`a_${k}`][j][0]).reduce((sum, a) => sum + a, layer.b[j][0]);

export function describeStep(e, step) {
  const unit = e.units[0], j = unit.number, places = e.window.length;
  const size = e.window.reduce((sum, w) => sum + Object.values(w.inputs).flat().length, 0);
  const largest = Math.max(...e.window.flatMap((w) => Object.values(w.inputs).flat().map((x) => Math.abs(unit.delta * x))), 0);
  return say(`pass-${step}`, {
    places, size, j, units: e.layer.b.length, tag: e.tag,
    z: decimal(preActivation(e.layer, places, j), 3), h: decimal(unit.activation, 3), u: decimal(unit.weight, 3), delta: decimal(unit.delta, 3),
    slope: unit.weight ? decimal(unit.delta / unit.weight, 3) : "0", s: decimal(e.scores[e.tag], 3), gain: signed(unit.contribution, 3),
    p: decimal(e.probabilities[e.tag], 4), largest: decimal(largest, 3),
  });
}
