// Entities in texts, drawn by the server (as `fanlight tag --format html` draws them); here they become buttons.
import { ask } from "./app.js";

// Ask for the HTML of some texts; entities have start, end (code points of their text), type, probability or none.
export async function drawn(documents) {
  const plain = documents.map(({ text, entities }) => ({ text, entities: entities.map(({ start, end, type, probability }) => ({ start, end, type, ...(probability === undefined ? {} : { probability }) })) }));
  return (await ask("/v1/html", { documents: plain }))?.html ?? null;
}

// Put a drawn text into a place, and give each mark its entity.
export function put(place, html, entities) {
  place.innerHTML = html;
  const known = new Map(entities.map((e) => [`${e.start} ${e.end} ${e.type}`, e]));
  for (const mark of place.querySelectorAll("mark")) mark.entity = known.get(`${mark.dataset.start} ${mark.dataset.end} ${mark.dataset.type}`);
}

export function turn(mark, on, label) {
  mark.classList.toggle("off", !on);
  for (const [name, value] of Object.entries({ role: "button", tabindex: 0, "aria-label": label })) on ? mark.setAttribute(name, value) : mark.removeAttribute(name);
}

// How much of a place's text stands before a point in it: type labels are not part of the text.
export function before(place, node, within) {
  const range = document.createRange();
  range.setStart(place, 0);
  range.setEnd(node, within);
  const part = range.cloneContents();
  for (const label of part.querySelectorAll("mark > b")) label.remove();
  return part.textContent.length;
}

// The rule of the server's `hue`.
export function hue(type) {
  let h = 7;
  for (const c of type) h = (h * 31 + c.codePointAt(0)) % 360;
  return { PER: 28, LOC: 150, ORG: 212, DATE: 275, MISC: 340, TIME: 250, QUANTITY: 90 }[type] ?? h;
}
