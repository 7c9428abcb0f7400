// The name around the word that is explained: its words, or its characters where the model reads characters.
import { $, chip, element } from "./dom.js";
import { pointsOf } from "./points.js";
import { ask } from "./server.js";
import { say } from "./words.js";

const WORD = /[\p{L}\p{N}]+(?:[.,'’-][\p{L}\p{N}]+)*/gu;
const latest = { key: "", entities: null }; // the names of the text that was asked for last

export const wordsOf = (text) => text.matchAll(WORD);

async function namesOf(text, model) {
  const key = JSON.stringify([text, model]);
  if (latest.key === key) return latest.entities;
  const answer = await ask("/v1/tag", { texts: [text], echo: false, ...(model ? { model } : {}) }, { quiet: true, report: () => {} });
  return Object.assign(latest, { key, entities: answer?.documents[0].entities ?? [] }).entities;
}

// The name at an offset, or else the word: its text, type and units with their offsets, in code points.
export async function nameAt(text, offset, model, kind) {
  const entity = (await namesOf(text, model)).find((e) => e.start <= offset && offset < e.end);
  const points = pointsOf(text), characters = [...text];
  let { start, end } = entity ?? {};
  if (!entity) {
    const around = [...wordsOf(text)].find(({ 0: word, index }) => index <= points.unit(offset) && points.unit(offset) < index + word.length);
    [start, end] = around ? [around.index, around.index + around[0].length].map(points.point) : [offset, offset + 1];
  }
  const surface = characters.slice(start, end).join("");
  const inside = pointsOf(surface);
  const units = kind === "character" ? [...surface].map((c, n) => ({ text: c, offset: start + n })).filter((u) => u.text.trim()) : [...wordsOf(surface)].map(({ 0: word, index }) => ({ text: word, offset: start + inside.point(index) }));
  return { text: surface, type: entity?.type ?? "", units };
}

// A button for each unit; the left and right arrow keys go to the one beside and explain it at once.
export function drawName(name, offset, kind, explain) {
  const place = $("why-name"), refocus = place.contains(document.activeElement);
  place.hidden = name.units.length < 2;
  if (place.hidden) return;
  const here = name.units.findLastIndex((u) => u.offset <= offset);
  const buttons = name.units.map((u, n) => element("button", { type: "button", class: "word", "aria-current": n === here && "true", tabindex: n === here ? 0 : -1, onclick: () => explain(u.offset) }, u.text));
  const text = say("unit-of", say(`unit-${kind}`), here + 1, buttons.length, say(name.type ? "the-name" : "the-word"));
  place.setAttribute("aria-label", text);
  place.replaceChildren(element("span", { class: "buttons" }, ...buttons), ...(name.type ? [chip(name.type)] : []), element("span", { class: "hint" }, `${text}. ${say(`other-${kind}`)}`));
  place.onkeydown = (event) => {
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1 }[event.key];
    if (next === undefined || !name.units[next]) return;
    event.preventDefault();
    explain(name.units[next].offset);
  };
  if (refocus) buttons[here]?.focus();
}
