// The Tag view: a text of any length, its names, corrections and downloads.
import { $, element, hue, save } from "./dom.js";
import { onDrop, readText } from "./files.js";
import { selectedSpan } from "./marks.js";
import { drawNames, valueText } from "./names.js";
import { pointsOf } from "./points.js";
import { go, onRoute } from "./routes.js";
import { SAMPLES, welcome } from "./samples.js";
import { ask, showError } from "./server.js";
import { createTextView } from "./text_view.js";
import { say } from "./words.js";

const EXPLAINED = 1500; // characters of a text that an address of the Why view holds
let text = "", entities = [], points = null, types = [], modelTypes = {}, visibleTypes = new Set(), model = "", started = false, asking = 0;
const view = createTextView($("document"), { shows, describe });

export function startTagging() {
  listModels();
  $("text").value = welcome().text;
  $("tag-form").addEventListener("submit", (event) => { event.preventDefault(); tagText(); });
  $("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); tagText(); } });
  for (const button of document.querySelectorAll("[data-sample]")) button.addEventListener("click", () => { $("text").value = SAMPLES[button.dataset.sample]; tagText(); });
  $("file").addEventListener("change", () => read($("file").files[0]));
  $("written").addEventListener("change", () => { if (text) tagText(); });
  onDrop("tag", (file) => { go("tag"); read(file); });
  $("threshold").addEventListener("input", () => { $("threshold-shown").textContent = Number($("threshold").value).toFixed(2); refresh(); });
  for (const button of document.querySelectorAll("[data-download]")) button.addEventListener("click", () => download(button.dataset.download));
  startCorrecting();
  document.addEventListener("spoken", () => { $("palette").hidden = true; if (text) { translateTypes(); tellModel(); } });
  onRoute("tag", (parameters) => { if (parameters && !started) { started = true; tagText(); } });
}

async function listModels() {
  for (const m of (await ask("/v1/models", undefined, { quiet: true })) ?? []) {
    if (!modelTypes[m.name]) $("model").append(element("option", { value: m.name }, m.name));
    modelTypes[m.name] = m.types;
  }
}

async function read(file) {
  const content = await readText(file);
  if (content === null) return;
  $("text").value = content.text;
  $("file-read").textContent = say("file-read", file.name, content.encoding === "euc-kr" ? "CP949" : content.encoding.toUpperCase());
  await tagText();
}

// Show what a model finds in a text.
export async function tryModel(name, content) {
  await listModels();
  $("model").value = name;
  $("text").value = content;
  started = true;
  go("tag");
  await tagText();
}

async function tagText() {
  const content = $("text").value, chosen = $("model").value, date = $("written").value, turn = ++asking;
  const answer = await ask("/v1/tag", { texts: [content], values: true, ...(chosen ? { model: chosen } : {}), ...(date ? { date } : {}) });
  if (!answer || turn !== asking) return; // another text was asked for meanwhile
  const [document_] = answer.documents;
  if (document_.error) { showError(document_.error); return; }
  [text, model] = [content, chosen];
  points = pointsOf(text);
  entities = document_.entities.map((e) => ({ ...e, from: points.unit(e.start), to: points.unit(e.end) }));
  types = [...new Set([...Object.values(modelTypes).flat(), ...entities.map((e) => e.type)])].sort();
  visibleTypes = new Set(types);
  const present = types.filter((t) => entities.some((e) => e.type === t));
  $("types").replaceChildren($("types").querySelector("legend"), ...present.map(typeBox));
  answered = document_;
  tellModel();
  $("result").hidden = $("details").hidden = false;
  $("document").lang = /[가-힣]/.test(text) ? "ko" : "en";
  refresh();
  view.show(text, entities, points);
}

function typeBox(type) {
  const box = element("input", { type: "checkbox", checked: true, onchange: () => { box.checked ? visibleTypes.add(type) : visibleTypes.delete(type); refresh(); } });
  return element("label", { class: "chip", style: { "--hue": hue(type) } }, box, ` ${type} `, element("small", { "data-type": type }, say(`type-${type}`, "")));
}

let answered = null; // the document that the server sent

function tellModel() {
  $("answered").textContent = answered?.model ? say("answered", answered.model, answered.version ?? "") : "";
}

function translateTypes() {
  for (const name of $("types").querySelectorAll("small")) name.textContent = say(`type-${name.dataset.type}`, "");
  refresh();
}

function shows(e) { return visibleTypes.has(e.type) && (e.mine || e.probability >= Number($("threshold").value)); }
function describe(e) { return `${e.text}, ${e.type}, ${e.mine ? "✎" : e.probability.toFixed(3)}`; }

function refresh() {
  const visible = entities.filter(shows);
  $("summary").textContent = entities.length ? say("n-names", visible.length.toLocaleString(), entities.length.toLocaleString()) : say("no-names");
  $("tools").hidden = $("downloads").hidden = !entities.length;
  view.update();
  drawNames(visible, view.focus);
}

function startCorrecting() {
  const place = $("document");
  place.addEventListener("keydown", onKey);
  place.addEventListener("click", (event) => {
    const mark = event.target.closest("mark:not(.off)");
    if (!mark || !getSelection().isCollapsed) return;
    const { from, to } = mark.entity.entity;
    $("correcting").checked ? openPalette(from, to, mark) : why(from);
  });
  const select = () => { const span = selectedSpan(place, text, view.offset); if (span) openPalette(span.from, span.to, span.range); };
  place.addEventListener("mouseup", () => setTimeout(select));
  place.addEventListener("keyup", (event) => { if (event.shiftKey) select(); });
  document.addEventListener("mousedown", (event) => { if (!event.target.closest("#palette")) $("palette").hidden = true; });
  $("palette").addEventListener("keydown", onPaletteKey);
}

// Arrows go from name to name, Enter tells why, E opens the palette, Delete removes.
function onKey(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const here = document.activeElement.closest?.("mark");
  const all = [...$("document").querySelectorAll("mark:not(.off)")];
  if (step && !event.shiftKey) {
    const next = here ? all[all.indexOf(here) + step] : event.key === "ArrowRight" && all[0];
    if (next) { event.preventDefault(); next.focus(); }
  } else if (here && event.key === "Enter") {
    event.preventDefault();
    why(here.entity.entity.from);
  } else if (here && event.key.toLowerCase() === "e" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openPalette(here.entity.entity.from, here.entity.entity.to, here, true);
  } else if (here && event.key === "Delete") {
    const next = all[all.indexOf(here) + 1] ?? all[all.indexOf(here) - 1];
    remove(here.entity.entity.from, here.entity.entity.to, next?.entity.entity);
  }
}

function onPaletteKey(event) {
  const buttons = [...$("palette").children], here = buttons.indexOf(document.activeElement);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); buttons[(here + step + buttons.length) % buttons.length].focus(); }
  if (event.key === "Escape") { $("palette").hidden = true; $("palette").opener?.focus?.(); }
  if (/^[1-9]$/.test(event.key)) buttons[Number(event.key) - 1]?.click();
}

function openPalette(from, to, near, focus = false) {
  const place = $("palette");
  const exists = entities.some((e) => e.from === from && e.to === to);
  const buttons = types.map((type) => element("button", { class: "chip", style: { "--hue": hue(type) }, title: say(`type-${type}`, ""), onclick: () => correct(from, to, type) }, type));
  if (exists) buttons.push(element("button", { onclick: () => remove(from, to) }, say("remove")));
  buttons.push(element("button", { onclick: () => why(from) }, say("ask")));
  place.replaceChildren(...buttons);
  place.hidden = false;
  place.opener = near;
  const box = near.getBoundingClientRect();
  place.style.top = `${box.bottom + scrollY + 6}px`;
  place.style.left = `${Math.max(8, Math.min(box.left + scrollX, innerWidth - place.offsetWidth - 16))}px`;
  if (focus) buttons[0].focus();
}

function closePalette() {
  $("palette").hidden = true;
  getSelection().removeAllRanges();
}

function correct(from, to, type) {
  const entity = { from, to, start: points.point(from), end: points.point(to), type, text: text.slice(from, to), probability: 1, mine: true };
  entities = [...entities.filter((e) => e.to <= from || e.from >= to), entity].sort((a, b) => a.from - b.from);
  visibleTypes.add(type);
  closePalette();
  view.redraw(entities, from, to);
  refresh();
  focusLater(entity);
}

function remove(from, to, next = null) {
  entities = entities.filter((e) => e.from !== from || e.to !== to);
  closePalette();
  view.redraw(entities, from, to);
  refresh();
  next ? focusLater(next) : $("document").focus();
}

async function focusLater(entity) {
  for (let tries = 0; tries < 40; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    const mark = view.markOf(entity);
    if (mark && document.activeElement !== mark && !mark.classList.contains("off")) { mark.focus(); return; }
  }
}

function why(from) {
  $("palette").hidden = true;
  const [start, end] = around(from);
  go("why", { text: text.slice(start, end), offset: points.point(from) - points.point(start), model });
}

// The address holds the lines around a word, not a book.
function around(from) {
  if (text.length < EXPLAINED) return [0, text.length];
  const start = text.lastIndexOf("\n", Math.max(0, from - EXPLAINED / 4)) + 1, end = text.indexOf("\n", from + EXPLAINED / 4);
  return [Math.max(start, from - EXPLAINED / 2), Math.min(end < 0 ? text.length : end, from + EXPLAINED / 2)];
}

async function download(kind) {
  const shown = entities.filter(shows);
  const plain = shown.map(({ start, end, type, text: surface, probability, value }) => ({ start, end, type, text: surface, probability, ...(value ? { value } : {}) }));
  const content = await {
    jsonl: () => JSON.stringify({ text, entities: plain }) + "\n",
    training: () => JSON.stringify({ text, spans: shown.map((e) => ({ start: e.start, end: e.end, label: e.type })) }) + "\n",
    csv: () => ["start,end,type,text,probability,value", ...plain.map((e) => [e.start, e.end, quote(e.type), quote(e.text), e.probability, quote(valueText(e.value))].join(","))].join("\r\n") + "\r\n",
    html: () => ask("/v1/html", { documents: [{ text, entities: shown.map(({ start, end, type, mine, probability }) => ({ start, end, type, ...(mine ? {} : { probability }) })) }] }, { accept: "text/html" }),
  }[kind]();
  if (content !== null) save(content, `entities.${kind === "training" ? "training.jsonl" : kind}`);
}

// No cell is a formula: an apostrophe before it, which `fanlight tag --text-column` takes off again.
export const quote = (s) => `"${s.replace(/^'*\s*[=+\-@\t\r\n＝＋－＠]/, "'$&").replaceAll('"', '""')}"`;
