// The Label view: a text at a time, the model's proposals corrected by an annotator, saved at once.
import { ask, element } from "./app.js";
import { say } from "./words.js";
import { before, drawn, hue, put, turn } from "./marks.js";
import { pointsOf } from "./points.js";

const $ = (id) => document.getElementById(id);
let state = null, spans = [], points = null, chosen = null, drawing = 0; // spans and what is chosen: in UTF-16 units

export function startLabelling() {
  $("annotator").value = localStorage.getItem("annotator") ?? "";
  $("annotator-form").addEventListener("submit", (event) => {
    event.preventDefault();
    localStorage.setItem("annotator", name());
    ask(`/v1/labels?annotator=${encodeURIComponent(name())}`).then(take);
  });
  $("label-save").addEventListener("click", save);
  $("label-undo").addEventListener("click", () => ask("/v1/labels/undo", { annotator: name() }).then(take));
  $("label-export").addEventListener("click", download);
  $("label-text").addEventListener("mouseup", () => setTimeout(select));
  $("label-text").addEventListener("keyup", (event) => { if (event.shiftKey) select(); });
  $("label-text").addEventListener("click", (event) => choose(event.target.closest("mark")));
  $("label-text").addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.ctrlKey) choose(event.target.closest("mark")); });
  $("label").addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey && state?.task) save(); });
  document.addEventListener("spoken", () => { if (state) describe(); if (state?.task) draw(); });
}

const name = () => $("annotator").value.trim();

function take(answer) {
  if (!answer) return;
  state = answer;
  chosen = null;
  describe();
  $("label-undo").disabled = !state.done;
  $("label-task").hidden = !state.task;
  if (state.task) {
    points = pointsOf(state.task.text);
    spans = state.task.spans.map((s) => ({ from: points.unit(s.start), to: points.unit(s.end), label: s.label }));
    $("label-text").textContent = state.task.text;
    $("label-text").lang = /[가-힣]/.test(state.task.text) ? "ko" : "en";
    draw();
  }
  $("agreement").replaceChildren(...state.agreement.map((a) => element("p", {}, `${a.first} – ${a.second}: κ = ${a.kappa.toFixed(3)} (${a.texts})`)));
}

function describe() { $("label-state").textContent = state.all ? say("label-state", state.done, state.all) : say("label-empty"); }

async function draw() {
  const task = state.task, number = ++drawing;
  const entities = spans.map((s) => ({ start: points.point(s.from), end: points.point(s.to), type: s.label, whole: s }));
  const buttons = state.types.map((type) => element("button", { class: "chip", style: { "--hue": hue(type) }, disabled: !chosen, onclick: () => give(type) }, type));
  $("label-types").replaceChildren(...buttons, element("button", { disabled: !chosen, onclick: () => give(null) }, say("remove")));
  const html = await drawn([{ text: task.text, entities }]);
  if (!html || number !== drawing) return; // something newer is on its way
  put($("label-text"), html[0], entities);
  for (const mark of $("label-text").querySelectorAll("mark")) {
    const { from, to } = mark.entity.whole, here = chosen && chosen.from === from && chosen.to === to;
    turn(mark, true, `${task.text.slice(from, to)}, ${mark.dataset.type}`);
    mark.setAttribute("aria-pressed", String(Boolean(here)));
    mark.classList.toggle("mine", Boolean(here));
  }
}

function choose(mark) {
  if (!mark) return;
  chosen = { from: mark.entity.whole.from, to: mark.entity.whole.to };
  draw();
}

function select() {
  const selection = getSelection(), text = state?.task?.text;
  if (!text || selection.isCollapsed || !$("label-text").contains(selection.anchorNode) || !$("label-text").contains(selection.focusNode)) return;
  const range = selection.getRangeAt(0);
  let from = before($("label-text"), range.startContainer, range.startOffset), to = before($("label-text"), range.endContainer, range.endOffset);
  while (from < to && /\s/.test(text[from])) from++;
  while (to > from && /\s/.test(text[to - 1])) to--;
  chosen = to > from ? { from, to } : null;
  for (const button of $("label-types").children) button.disabled = !chosen;
}

function give(type) {
  spans = spans.filter((s) => s.to <= chosen.from || s.from >= chosen.to);
  if (type) spans.push({ ...chosen, label: type });
  chosen = null;
  getSelection().removeAllRanges();
  draw();
}

async function save() {
  const made = spans.map((s) => ({ start: points.point(s.from), end: points.point(s.to), label: s.label }));
  take(await ask("/v1/labels", { annotator: name(), id: state.task.id, spans: made }));
}

async function download() {
  const key = sessionStorage.getItem("key");
  const response = await fetch("/v1/labels/export", key ? { headers: { "x-api-key": key } } : {});
  const link = element("a", { href: URL.createObjectURL(await response.blob()), download: "labels.jsonl" });
  link.click();
  URL.revokeObjectURL(link.href);
}
