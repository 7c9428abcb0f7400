// The Label view: a text at a time, the model's proposals corrected by an annotator, saved at once.
import { $, decimal, element, hue, save as saveFile } from "./dom.js";
import { onDrop, readText } from "./files.js";
import { before, drawn, put, select as selectText, selectedSpan, turn, wordAt } from "./marks.js";
import { pointsOf } from "./points.js";
import { onRoute } from "./routes.js";
import { ask, send } from "./server.js";
import { trainOnLabels } from "./training_data.js";
import { say } from "./words.js";

let state = null, task = null, review = null, spans = [], points = null, chosen = null, drawing = 0; // spans and what is chosen: in UTF-16 units

export function startLabelling() {
  $("annotator").value = localStorage.getItem("annotator") ?? "";
  $("annotator-form").addEventListener("submit", (event) => { event.preventDefault(); begin(); });
  for (const [id, act] of Object.entries({ save, undo, export: download, previous: () => goTo(review?.previous), next: () => goTo(review?.next), skip, reject, flag, review: () => goTo(1), take: download, train: trainOnLabels })) $(`label-${id}`).addEventListener("click", act);
  $("texts-form").addEventListener("submit", (event) => { event.preventDefault(); addTexts(); });
  $("texts-file").addEventListener("change", () => readTexts($("texts-file").files[0]));
  onDrop("label", readTexts);
  const place = $("label-text");
  place.addEventListener("mouseup", () => setTimeout(select));
  place.addEventListener("keyup", (event) => { if (event.shiftKey) select(); });
  place.addEventListener("click", (event) => choose(event.target.closest("mark")));
  $("label").addEventListener("keydown", onKey);
  document.addEventListener("spoken", () => { if (state) describe(); if (task) draw(); });
  onRoute("label", async (parameters) => {
    if (!parameters || state) return;
    const { annotator } = (await ask("/v1/labels/annotator", undefined, { quiet: true })) ?? {};
    if (annotator) { // whose key it is labels under that name
      $("annotator").value = annotator;
      $("annotator").readOnly = true;
    }
    const standing = await ask(`/v1/labels?annotator=${encodeURIComponent(name() || "-")}`, undefined, { quiet: true, report: () => {} });
    $("label-empty").hidden = !standing || standing.all > 0;
    $("annotator-form").hidden = Boolean(standing) && standing.all === 0;
    if (standing?.all === 0) await offerTexts(standing.open);
    if (annotator && standing?.all) await begin();
  });
}

// Texts are put in here where the server lets them; it begins with the sentences of the Tag view.
async function offerTexts(open) {
  $("texts-form").hidden = !open;
  $("label-command").hidden = open;
  if (!open || $("label-new").value) return;
  $("label-new").value = $("text").value.trim().split(/(?<=[.!?])\s+/).join("\n");
  const models = await ask("/v1/models", undefined, { quiet: true });
  $("label-given").value = [...new Set((models ?? []).flatMap((m) => m.types))].sort().join(", ");
}

async function readTexts(file) {
  const content = await readText(file);
  if (content) $("label-new").value = content.text;
}

async function addTexts() {
  const texts = $("label-new").value.split("\n").filter((line) => line.trim()), types = $("label-given").value.split(",").map((type) => type.trim());
  if (!(await ask("/v1/labels/texts", { texts, types }))) return;
  $("label-empty").hidden = true;
  $("annotator").value ||= say("me");
  $("annotator-form").hidden = false;
  await begin();
}

const name = () => $("annotator").value.trim();
const query = () => `annotator=${encodeURIComponent(name())}`;

async function begin() {
  localStorage.setItem("annotator", name());
  await accept(await ask(`/v1/labels?${query()}`));
}

async function accept(answer) {
  if (!answer) return;
  state = answer;
  $("agreement").replaceChildren(...state.agreement.map((a) => element("p", {}, `${a.first} – ${a.second}: κ = ${decimal(a.kappa, 3)} (${a.texts})`)));
  $("agreement-shown").hidden = !state.agreement.length;
  $("label-tools").hidden = !state.all;
  $("label-undo").disabled = !state.done;
  await show(state.task);
}

// A text of the store; the model proposes where the annotator has given nothing yet.
async function goTo(id) {
  if (!id) return;
  const answer = await ask(`/v1/labels/texts/${id}?${query()}`);
  if (answer) await show(answer.labelled || answer.task.id !== state.task?.id ? answer.task : state.task, answer);
}

async function show(next, known = null) {
  [task, chosen] = [next, null];
  review = known ?? (task && (await ask(`/v1/labels/texts/${task.id}?${query()}`, undefined, { quiet: true })));
  $("label-task").hidden = !task;
  $("label-end").hidden = Boolean(task) || !state.all;
  describe();
  if (!task) return;
  points = pointsOf(task.text);
  spans = task.spans.map((s) => ({ from: points.unit(s.start), to: points.unit(s.end), label: s.label }));
  $("label-text").textContent = task.text;
  $("label-text").lang = /[가-힣]/.test(task.text) ? "ko" : "en";
  $("label-previous").disabled = !review?.previous;
  $("label-next").disabled = !review?.next;
  $("label-flag").setAttribute("aria-pressed", review?.mark === "flag");
  $("label-text").focus({ preventScroll: true });
  await draw();
}

function describe() {
  $("label-progress").hidden = !state.all;
  $("label-bar").max = state.all || 1;
  $("label-bar").value = state.done;
  $("label-state").textContent = say("label-state", state.done, state.all);
}

function drawTypes() {
  const buttons = state.types.map((type, i) => element("button", { class: "chip", style: { "--hue": hue(type) }, disabled: !chosen, onclick: () => give(type) }, element("small", { "aria-hidden": "true" }, i < 9 ? `${i + 1} ` : ""), type));
  $("label-types").replaceChildren(...buttons, element("button", { disabled: !chosen, onclick: () => give(null) }, say("remove")));
}

async function draw() {
  const current = task, number = ++drawing;
  const entities = spans.map((s) => ({ start: points.point(s.from), end: points.point(s.to), type: s.label, span: s }));
  drawTypes();
  const html = await drawn([{ text: current.text, entities }]);
  if (!html || number !== drawing) return; // something newer is on its way
  const place = $("label-text"), inside = place.contains(document.activeElement), focus = document.activeElement.entity?.span;
  put(place, html[0], entities);
  for (const mark of $("label-text").querySelectorAll("mark")) {
    const { from, to } = mark.entity.span, here = chosen && chosen.from === from && chosen.to === to;
    turn(mark, true, `${current.text.slice(from, to)}, ${mark.dataset.type}`);
    mark.setAttribute("aria-pressed", String(Boolean(here)));
    mark.classList.toggle("mine", Boolean(here));
    if (inside && focus && focus.from === from && focus.to === to) mark.focus({ preventScroll: true });
  }
  if (inside && !place.contains(document.activeElement)) place.focus({ preventScroll: true });
}

function choose(mark) {
  if (!mark) return;
  chosen = { from: mark.entity.span.from, to: mark.entity.span.to };
  draw();
}

// Several words are selected, or one is clicked.
function select() {
  if (!task) return;
  const place = $("label-text"), offset = (node, within) => before(place, node, within), selection = getSelection();
  let span = selectedSpan(place, task.text, offset);
  if (!span && selection.isCollapsed && place.contains(selection.anchorNode) && !selection.anchorNode.parentElement.closest("mark")) span = wordAt(task.text, offset(selection.anchorNode, selection.anchorOffset));
  chosen = span ? { from: span.from, to: span.to } : chosen && spans.find((s) => s.from === chosen.from && s.to === chosen.to) ? chosen : null;
  if (span && !span.range) selectText(place, span.from, span.to);
  drawTypes();
}

function give(type) {
  if (!chosen) return;
  const places = $("label-every").checked ? mentions(task.text.slice(chosen.from, chosen.to)) : [chosen];
  for (const place of places) {
    spans = spans.filter((s) => s.to <= place.from || s.from >= place.to);
    if (type) spans.push({ ...place, label: type });
  }
  chosen = null;
  getSelection().removeAllRanges();
  $("label-text").focus({ preventScroll: true }); // the buttons are made anew
  draw();
}

// Every place where the name stands as whole words.
export function mentionsOf(text, surface) {
  const places = [], letter = /[\p{L}\p{N}]/u, korean = /[가-힣]$/.test(surface); // Korean particles follow a name at once
  for (let at = text.indexOf(surface); at >= 0; at = text.indexOf(surface, at + surface.length)) {
    const to = at + surface.length;
    if (!letter.test(text[at - 1] ?? "") && (korean || !letter.test(text[to] ?? ""))) places.push({ from: at, to });
  }
  return places;
}

const mentions = (surface) => mentionsOf(task.text, surface);

async function save() {
  if (!task) return;
  const given = spans.map((s) => ({ start: points.point(s.from), end: points.point(s.to), label: s.label }));
  const following = review?.labelled ? review.next : null;
  const answer = await ask("/v1/labels", { annotator: name(), id: task.id, spans: given });
  await accept(answer);
  if (answer && following) await goTo(following);
}

async function undo() { await accept(await ask("/v1/labels/undo", { annotator: name() })); }

async function skip() {
  const answer = await ask(`/v1/labels/next?${query()}&after=${task.id}`);
  if (answer?.id && answer.id !== task.id) await goTo(answer.id);
}

async function mark(value) { review = (await ask("/v1/labels/mark", { annotator: name(), id: task.id, mark: value })) ?? review; }

async function reject() {
  await mark("reject");
  spans = [];
  await save();
}

async function flag() {
  await mark(review?.mark === "flag" ? "" : "flag");
  $("label-flag").setAttribute("aria-pressed", review?.mark === "flag");
}

function onKey(event) {
  if (!task || $("label-task").hidden || event.target.closest("input:not([type=checkbox]), select, textarea") || event.altKey || event.metaKey) return;
  const marks = [...$("label-text").querySelectorAll("mark")], here = event.target.closest("mark");
  const act = {
    Enter: event.target.closest("button") ? null : here && !event.ctrlKey ? () => choose(here) : save, s: skip, r: reject, f: flag, a: () => $("label-every").click(), Delete: () => { if (here) choose(here); give(null); },
    ArrowLeft: () => goTo(review?.previous), ArrowRight: () => goTo(review?.next), n: () => marks[(marks.indexOf(here) + 1) % marks.length]?.focus(),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const type = /^[1-9]$/.test(event.key) ? state.types[Number(event.key) - 1] : null;
  if (type && !here && !chosen) select(); // a key may come before the event of the selection
  if (type && here && !chosen) chosen = { from: here.entity.span.from, to: here.entity.span.to };
  if (event.shiftKey || (!act && !type) || (event.ctrlKey && event.key !== "Enter")) return;
  event.preventDefault();
  type ? give(type) : act();
}

async function download() { saveFile(await (await send("/v1/labels/export")).blob(), "labels.jsonl"); }
