// The Label view: a text at a time, the model's proposals corrected by an annotator, saved at once.
import { ask, element } from "./app.js";
import { say } from "./words.js";
import { hue } from "./tag.js";
import { pointsOf } from "./points.js";

const $ = (id) => document.getElementById(id);
let state = null, spans = [], points = null, chosen = null; // spans and what is chosen: in UTF-16 units

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
  document.addEventListener("spoken", () => state && describe());
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
    $("label-text").lang = /[가-힣]/.test(state.task.text) ? "ko" : "en";
    draw();
  }
  $("agreement").replaceChildren(...state.agreement.map((a) => element("p", {}, `${a.first} – ${a.second}: κ = ${a.kappa.toFixed(3)} (${a.texts})`)));
}

function describe() { $("label-state").textContent = state.all ? say("label-state", state.done, state.all) : say("label-empty"); }

function draw() {
  const text = state.task.text, nodes = [];
  let at = 0;
  for (const s of spans.sort((a, b) => a.from - b.from)) {
    if (s.from < at) continue;
    const here = chosen && chosen.from === s.from && chosen.to === s.to;
    nodes.push(text.slice(at, s.from), element("mark", { role: "button", tabindex: 0, "data-from": s.from, "data-to": s.to, "aria-pressed": String(Boolean(here)), class: here ? "mine" : undefined, style: { "--hue": hue(s.label) } }, text.slice(s.from, s.to), element("b", {}, s.label)));
    at = s.to;
  }
  $("label-text").replaceChildren(...nodes, text.slice(at));
  const buttons = state.types.map((type) => element("button", { class: "chip", style: { "--hue": hue(type) }, disabled: !chosen, onclick: () => give(type) }, type));
  $("label-types").replaceChildren(...buttons, element("button", { disabled: !chosen, onclick: () => give(null) }, say("remove")));
}

function choose(mark) {
  if (!mark) return;
  chosen = { from: Number(mark.dataset.from), to: Number(mark.dataset.to) };
  draw();
}

function select() {
  const selection = getSelection(), text = state?.task?.text;
  if (!text || selection.isCollapsed || !$("label-text").contains(selection.anchorNode) || !$("label-text").contains(selection.focusNode)) return;
  const range = selection.getRangeAt(0);
  let from = offset(range.startContainer, range.startOffset), to = offset(range.endContainer, range.endOffset);
  while (from < to && /\s/.test(text[from])) from++;
  while (to > from && /\s/.test(text[to - 1])) to--;
  chosen = to > from ? { from, to } : null;
  for (const button of $("label-types").children) button.disabled = !chosen;
}

// Where a place of the page is in the text: type labels are not part of it.
function offset(node, within) {
  const range = document.createRange();
  range.setStart($("label-text"), 0);
  range.setEnd(node, within);
  const part = range.cloneContents();
  for (const label of part.querySelectorAll("b")) label.remove();
  return part.textContent.length;
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
