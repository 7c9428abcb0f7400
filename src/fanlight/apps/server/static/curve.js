// Loss and dev F1 over all stages of a training in one chart.
import { svg } from "./dom.js";
import { say } from "./words.js";

const HEIGHT = 250, EDGE = { left: 58, right: 62, top: 34, bottom: 34 };

export const bestOf = (epochs) => epochs.reduce((best, e, i) => (e.dev_f1 !== null && (best < 0 || e.dev_f1 > epochs[best].dev_f1) ? i : best), -1);

// What the page says of the run: seconds an epoch and left are those of the stage that runs.
export function progressOf(epochs) {
  const now = epochs.at(-1), best = bestOf(epochs);
  const stage = epochs.filter((e) => e.stage === now.stage);
  const rate = stage.length > 1 ? Math.max(0, (now.seconds - stage[0].seconds) / (stage.length - 1)) : 0;
  const left = rate * (now.epochs - now.number);
  return {
    stage: now.stage && say(`stage-${now.stage}`, now.stage), number: now.number, epochs: now.epochs, best: best < 0 ? "" : epochs[best].dev_f1.toFixed(2), bestEpoch: best < 0 ? "" : epochs[best].number,
    rate: rate ? rate.toPrecision(2) : "", left: left ? `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}` : "",
  };
}

export function drawCurve(epochs, width) {
  const x = (i) => EDGE.left + ((width - EDGE.left - EDGE.right) * (i + 0.5)) / epochs.length;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": say("curve-picture") });
  const bottom = HEIGHT - EDGE.bottom;
  picture.append(svg("path", { class: "axis", d: `M${EDGE.left} ${EDGE.top}V${bottom}H${width - EDGE.right}V${EDGE.top}` }));
  const series = (kind, values, anchor, at) => {
    const known = values.filter((v) => v !== null);
    if (!known.length) return null;
    const low = Math.min(...known), high = Math.max(...known), y = (v) => bottom - 8 - (bottom - EDGE.top - 16) * (high > low ? (v - low) / (high - low) : 0.5);
    const points = values.map((v, i) => (v === null ? null : `${x(i)} ${y(v)}`)).filter(Boolean);
    picture.append(svg("path", { class: kind, d: `M${points.join("L")}` }));
    for (const v of new Set([low, high])) picture.append(svg("text", { class: kind, x: at, y: y(v) + 4, "text-anchor": anchor }, v.toPrecision(3)));
    picture.append(svg("text", { class: kind, ...(kind === "loss" ? { x: 2 } : { x: width - 2, "text-anchor": "end" }), y: 14 }, say(kind === "loss" ? "loss" : "dev F1", kind === "loss" ? "loss" : "dev F1")));
    return y;
  };
  series("loss", epochs.map((e) => e.loss), "end", EDGE.left - 6);
  const y = series("f1", epochs.map((e) => e.dev_f1), "start", width - EDGE.right + 6);
  epochs.forEach((e, i) => {
    if (i && e.stage !== epochs[i - 1].stage) picture.append(svg("path", { class: "border", d: `M${(x(i) + x(i - 1)) / 2} ${EDGE.top}V${bottom}` }));
    if (e.stage && (!i || e.stage !== epochs[i - 1].stage)) picture.append(svg("text", { x: x(i), y: 14 }, say("stage-of", say(`stage-${e.stage}`, e.stage))));
    if (epochs.length * 22 < width || e.number % Math.ceil((epochs.length * 22) / width) === 0) picture.append(svg("text", { x: x(i), y: bottom + 16, "text-anchor": "middle" }, e.number));
  });
  picture.append(svg("text", { x: width / 2, y: HEIGHT - 3, "text-anchor": "middle" }, say("epoch", "epoch")));
  const best = bestOf(epochs);
  if (y && best >= 0) picture.append(svg("circle", { cx: x(best), cy: y(epochs[best].dev_f1), r: 5 }), svg("text", { x: x(best), y: y(epochs[best].dev_f1) - 9, "text-anchor": best > 0.8 * epochs.length ? "end" : "middle" }, `${say("best")} ${epochs[best].dev_f1.toFixed(2)}`));
  return picture;
}
