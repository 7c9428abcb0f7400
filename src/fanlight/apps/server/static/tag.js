// The Tag view: a text of any length, its entities, corrections and downloads.
import { ask, element, show } from "./app.js";
import { say } from "./words.js";
import { explain } from "./why.js";
import { before, drawn, hue, put, turn } from "./marks.js";
import { pointsOf } from "./points.js";

const $ = (id) => document.getElementById(id);
const PART = 1500; // code units drawn as one piece; pieces out of sight are empty
let text = "", entities = [], points = null, types = [], modelTypes = {}, chosen = new Set(), observer = null;

export function startTagging() {
  ask("/v1/models").then((models) => {
    for (const m of models ?? []) { modelTypes[m.name] = m.types; $("model").append(element("option", { value: m.name }, m.name)); }
  });
  $("tag-form").addEventListener("submit", (event) => { event.preventDefault(); tagText(); });
  $("file").addEventListener("change", () => read($("file").files[0]));
  const area = $("text");
  area.addEventListener("dragover", (event) => { event.preventDefault(); area.classList.add("over"); });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    area.classList.remove("over");
    if (event.dataTransfer.files.length) { event.preventDefault(); read(event.dataTransfer.files[0]); }
  });
  $("threshold").addEventListener("input", () => { $("threshold-shown").textContent = Number($("threshold").value).toFixed(2); draw(); });
  for (const button of document.querySelectorAll("[data-download]")) button.addEventListener("click", () => download(button.dataset.download));
  $("document").addEventListener("keydown", onKey);
  $("document").addEventListener("click", (event) => { const mark = event.target.closest("mark"); if (mark && !mark.classList.contains("off")) palette(mark.entity.whole.from, mark.entity.whole.to, mark); });
  $("document").addEventListener("mouseup", () => setTimeout(onSelection));
  $("document").addEventListener("keyup", (event) => { if (event.shiftKey) onSelection(); });
  document.addEventListener("mousedown", (event) => { if (!event.target.closest("#palette")) $("palette").hidden = true; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") $("palette").hidden = true; });
  document.addEventListener("spoken", () => { $("palette").hidden = true; if (text) count(); });
}

async function read(file) {
  if (!file) return;
  $("text").value = await file.text();
  tagText();
}

async function tagText() {
  const given = $("text").value;
  const answer = await ask("/v1/tag", { texts: [given], ...($("model").value ? { model: $("model").value } : {}) });
  if (!answer) return;
  text = given;
  points = pointsOf(text);
  entities = answer.documents[0].entities.map((e) => ({ ...e, from: points.unit(e.start), to: points.unit(e.end) }));
  types = [...new Set([...Object.values(modelTypes).flat(), ...entities.map((e) => e.type)])].sort();
  chosen = new Set(types);
  $("types").replaceChildren($("types").querySelector("legend"), ...types.filter((t) => entities.some((e) => e.type === t)).map(typeBox));
  $("result").hidden = false;
  $("document").lang = /[가-힣]/.test(text) ? "ko" : "en";
  draw(true);
}

function typeBox(type) {
  const box = element("input", { type: "checkbox", checked: true, onchange: () => { box.checked ? chosen.add(type) : chosen.delete(type); draw(); } });
  return element("label", { class: "chip", style: { "--hue": hue(type) } }, box, ` ${type}`);
}

const shows = (e) => chosen.has(e.type) && (e.mine || e.probability >= Number($("threshold").value));
const visible = () => entities.filter(shows);

function count() { $("summary").textContent = say("n-names", visible().length.toLocaleString(), entities.length.toLocaleString()); }

// Pieces of the text are laid out at once but filled only while near the window.
function draw(anew = false) {
  const place = $("document");
  count();
  if (anew) {
    observer?.disconnect();
    observer = new IntersectionObserver((seen) => { for (const s of seen) s.isIntersecting ? fill(s.target) : empty(s.target); }, { root: place, rootMargin: "1600px" });
    place.replaceChildren(...pieces().map(([from, to]) => {
      const piece = element("span", { "data-from": from, "data-to": to, class: "piece" });
      piece.style.display = "block";
      piece.style.minHeight = `${Math.max(1, Math.ceil((to - from) / 90)) * 2}em`;
      return piece;
    }));
    place.scrollTop = 0;
    for (const piece of place.children) observer.observe(piece);
  }
  for (const piece of place.children) sift(piece);
}

function pieces() {
  const found = [];
  let from = 0;
  while (from < text.length) {
    let to = Math.min(text.length, from + PART);
    if (to < text.length) {
      const line = text.lastIndexOf("\n", to), space = text.lastIndexOf(" ", to);
      to = line > from ? line + 1 : space > from ? space + 1 : to;
      for (const e of entities) if (e.from < to && to < e.to) to = e.to;
    }
    found.push([from, to]);
    from = to;
  }
  return found;
}

// The text at once; its marks as soon as the server has drawn them, for all pieces that were filled together.
function fill(piece) {
  if (piece.filled) return;
  piece.filled = true;
  if (piece.html) ready(piece);
  else { if (!piece.childNodes.length) piece.textContent = wording(piece); want(piece); }
  piece.style.minHeight = "";
}

const wording = (piece) => text.slice(Number(piece.dataset.from), Number(piece.dataset.to)).replace(/\n$/, "");
const wanted = new Set();

function want(piece) {
  if (!wanted.size) setTimeout(async () => {
    const some = [...wanted];
    wanted.clear();
    const documents = some.map((p) => ({ text: wording(p), entities: inside(p) }));
    const html = await drawn(documents);
    some.forEach((p, i) => {
      if (!html || !p.isConnected) return;
      [p.html, p.entities] = [html[i], documents[i].entities];
      if (p.filled) ready(p);
    });
  });
  wanted.add(piece);
}

// A piece's entities, in code points of its own.
function inside(piece) {
  const from = Number(piece.dataset.from), to = Number(piece.dataset.to), first = points.point(from);
  let low = 0, high = entities.length;
  while (low < high) { const middle = (low + high) >> 1; if (entities[middle].from < from) low = middle + 1; else high = middle; }
  const found = [];
  for (; low < entities.length && entities[low].from < to; low++) {
    const e = entities[low];
    found.push({ start: e.start - first, end: e.end - first, type: e.type, probability: e.mine ? undefined : e.probability, whole: e });
  }
  return found;
}

function ready(piece) {
  put(piece, piece.html, piece.entities);
  sift(piece);
}

function sift(piece) {
  for (const mark of piece.querySelectorAll("mark")) {
    const e = mark.entity.whole;
    mark.classList.toggle("mine", Boolean(e.mine));
    turn(mark, shows(e), `${e.text}, ${e.type}, ${e.mine ? "✎" : e.probability.toFixed(3)}`);
  }
}

// After a correction, the pieces that it touches are drawn again; one that goes over a border moves the borders.
function redraw(from, to) {
  count();
  for (const piece of $("document").children) {
    const first = Number(piece.dataset.from), last = Number(piece.dataset.to);
    if (to <= first || last <= from) continue;
    if (from < first || last < to) { const at = $("document").scrollTop; draw(true); $("document").scrollTop = at; return; }
    piece.html = undefined;
    if (piece.filled) want(piece);
  }
}

function empty(piece) {
  if (!piece.filled || piece.contains(document.activeElement)) return;
  piece.style.minHeight = `${piece.offsetHeight}px`;
  piece.replaceChildren();
  piece.filled = false;
}

function onKey(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const here = document.activeElement.closest?.("mark");
  if (step && !event.shiftKey && here) {
    const all = [...$("document").querySelectorAll("mark:not(.off)")];
    const next = all[all.indexOf(here) + step];
    if (next) { event.preventDefault(); next.focus(); }
  } else if (step && !event.shiftKey && event.target === $("document")) {
    const first = $("document").querySelector("mark:not(.off)");
    if (first && event.key === "ArrowRight") { event.preventDefault(); first.focus(); }
  } else if (event.key === "Enter" && here) {
    event.preventDefault();
    why(here.entity.whole.from);
  } else if (event.key === "Delete" && here) {
    remove(here.entity.whole.from, here.entity.whole.to);
  }
}

function onSelection() {
  const selection = getSelection();
  if (selection.isCollapsed || !$("document").contains(selection.anchorNode)) return;
  const range = selection.getRangeAt(0);
  let from = offset(range.startContainer, range.startOffset), to = offset(range.endContainer, range.endOffset);
  while (from < to && /\s/.test(text[from])) from++;
  while (to > from && /\s/.test(text[to - 1])) to--;
  if (to > from) palette(from, to, range);
}

function offset(node, within) {
  const piece = (node.nodeType === 3 ? node.parentElement : node).closest(".piece");
  if (piece) return Number(piece.dataset.from) + before(piece, node, within);
  return Number($("document").children[within]?.dataset.from ?? text.length);
}

function palette(from, to, near) {
  const place = $("palette");
  const known = entities.find((e) => e.from === from && e.to === to);
  const buttons = types.map((type) => element("button", { class: "chip", style: { "--hue": hue(type) }, onclick: () => correct(from, to, type) }, type));
  if (known) buttons.push(element("button", { onclick: () => remove(from, to) }, say("remove")));
  buttons.push(element("button", { onclick: () => why(from) }, say("ask")));
  place.replaceChildren(...buttons);
  place.hidden = false;
  const box = near.getBoundingClientRect();
  place.style.top = `${box.bottom + scrollY + 6}px`;
  place.style.left = `${Math.max(8, Math.min(box.left + scrollX, innerWidth - place.offsetWidth - 16))}px`;
}

function correct(from, to, type) {
  entities = entities.filter((e) => e.to <= from || e.from >= to);
  entities.push({ from, to, start: points.point(from), end: points.point(to), type, text: text.slice(from, to), probability: 1, mine: true });
  entities.sort((a, b) => a.from - b.from);
  chosen.add(type);
  $("palette").hidden = true;
  redraw(from, to);
}

function remove(from, to) {
  entities = entities.filter((e) => e.from !== from || e.to !== to);
  $("palette").hidden = true;
  redraw(from, to);
}

function why(from) {
  $("palette").hidden = true;
  const [start, end] = around(from);
  explain(text.slice(start, end), points.point(from) - points.point(start), $("model").value);
  show("why");
}

// A book is too much to explain a word of: the lines around it are enough.
function around(from) {
  if (text.length < 15000) return [0, text.length];
  const start = text.lastIndexOf("\n", Math.max(0, from - 3000)) + 1;
  const end = text.indexOf("\n", from + 3000);
  return [Math.max(start, from - 8000), end < 0 ? Math.min(text.length, from + 8000) : Math.min(end, from + 8000)];
}

async function download(kind) {
  const shown = visible();
  const plain = shown.map(({ start, end, type, text: surface, probability }) => ({ start, end, type, text: surface, probability }));
  const made = await {
    jsonl: () => JSON.stringify({ text, entities: plain }) + "\n",
    training: () => JSON.stringify({ text, spans: shown.map((e) => ({ start: e.start, end: e.end, label: e.type })) }) + "\n",
    csv: () => ["start,end,type,text,probability", ...plain.map((e) => [e.start, e.end, e.type, quoted(e.text), e.probability].join(","))].join("\r\n") + "\r\n",
    html: () => ask("/v1/html", { documents: [{ text, entities: shown.map(({ start, end, type, mine, probability }) => ({ start, end, type, ...(mine ? {} : { probability }) })) }] }, "text/html"),
  }[kind]();
  if (made === null) return;
  const link = element("a", { href: URL.createObjectURL(new Blob([made], { type: "text/plain" })), download: `entities.${kind === "training" ? "training.jsonl" : kind}` });
  link.click();
  URL.revokeObjectURL(link.href);
}

const quoted = (s) => `"${(/^[=+\-@]/.test(s) ? "'" : "") + s.replaceAll('"', '""')}"`; // no cell is a formula
