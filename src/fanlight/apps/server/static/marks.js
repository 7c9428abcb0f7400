// Entities in texts, drawn by the server (as `fanlight tag --format html` draws them); here they become buttons.
import { ask } from "./server.js";

// Ask for the HTML of some texts; entities have start, end (code points of their text), type, probability or none.
export async function drawn(documents) {
  const plain = documents.map(({ text, entities }) => ({ text, entities: entities.map(({ start, end, type, probability }) => ({ start, end, type, ...(probability === undefined ? {} : { probability }) })) }));
  return (await ask("/v1/html", { documents: plain }, { quiet: true }))?.html ?? null;
}

// Put a drawn text into a place, and give each mark its entity. The text itself is the same: what is selected in it stays selected.
export function put(place, html, entities) {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
  const selected = place.contains(anchorNode) && place.contains(focusNode) ? [before(place, anchorNode, anchorOffset), before(place, focusNode, focusOffset)] : null;
  place.innerHTML = html;
  if (selected) select(place, ...selected);
  const byPlace = new Map(entities.map((e) => [`${e.start} ${e.end} ${e.type}`, e]));
  for (const mark of place.querySelectorAll("mark")) mark.entity = byPlace.get(`${mark.dataset.start} ${mark.dataset.end} ${mark.dataset.type}`);
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

// Select a place's text between two points in it, given by how much of it stands before them.
export function select(place, from, to) {
  getSelection().setBaseAndExtent(...pointIn(place, from), ...pointIn(place, to));
}

function pointIn(place, at) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest("mark > b")) continue;
    if (at <= node.length) return [node, at];
    at -= node.length;
  }
  return [place, place.childNodes.length];
}

// The selection in a place without white space at its ends, in code units of `text`; null if nothing is selected there.
export function selectedSpan(place, text, offsetOf) {
  const selection = getSelection();
  if (selection.isCollapsed || !place.contains(selection.anchorNode) || !place.contains(selection.focusNode)) return null;
  const range = selection.getRangeAt(0);
  let from = offsetOf(range.startContainer, range.startOffset), to = offsetOf(range.endContainer, range.endOffset);
  while (from < to && /\s/.test(text[from])) from++;
  while (to > from && /\s/.test(text[to - 1])) to--;
  return to > from ? { from, to, range } : null;
}

// The word at a code unit: letters, digits and marks that hang together.
export function wordAt(text, at) {
  const inside = (i) => i >= 0 && i < text.length && /[\p{L}\p{N}\p{M}\p{Sk}\u{10000}-\u{10ffff}]/u.test(text[i]);
  if (!inside(at)) return null;
  let from = at, to = at;
  while (inside(from - 1)) from--;
  while (inside(to)) to++;
  return { from, to };
}
