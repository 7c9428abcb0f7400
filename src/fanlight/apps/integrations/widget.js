// Entities corrected in a notebook: offsets count code points, as they do everywhere in Fanlight.
const make = (name, text, values = {}) => Object.assign(document.createElement(name), { textContent: text, ...values });

function render({ model, el }) {
  const place = make("p", "", { tabIndex: 0 }), bar = make("div", "");
  place.style.cssText = "white-space: pre-wrap; line-height: 1.9";
  const types = make("select", "", { ariaLabel: "type" });
  types.append(...model.get("types").map((type) => make("option", type)));
  const state = make("span", "");
  const row = () => model.get("rows")[model.get("number")];
  const move = (step) => {
    const last = model.get("rows").length - 1;
    model.set("number", Math.min(Math.max(model.get("number") + step, 0), last));
    model.save_changes();
  };
  const change = (spans) => {
    const number = model.get("number");
    model.set("rows", model.get("rows").map((other, n) => (n === number ? { ...other, spans } : other)));
    model.save_changes();
  };
  const draw = () => {
    place.replaceChildren();
    if (!row()) return;
    const letters = [...row().text];
    let done = 0;
    for (const span of [...row().spans].sort((a, b) => a.start - b.start)) {
      const mark = make("mark", letters.slice(span.start, span.end).join(""), { title: "click to remove", tabIndex: 0, role: "button" });
      mark.dataset.type = span.label;
      mark.style.setProperty("--hue", model.get("hues")[span.label] ?? 90);
      mark.append(make("b", span.label));
      mark.onclick = () => getSelection().isCollapsed && change(row().spans.filter((other) => other !== span));
      mark.onkeydown = (event) => event.key === "Delete" && change(row().spans.filter((other) => other !== span));
      place.append(letters.slice(done, span.start).join(""), mark);
      done = span.end;
    }
    place.append(letters.slice(done).join(""));
    state.textContent = ` ${model.get("number") + 1} / ${model.get("rows").length}`;
  };
  // how many code points of the text stand before a point of the page; names of types are not part of the text
  const before = (node, within) => {
    const range = document.createRange();
    range.setStart(place, 0);
    range.setEnd(node, within);
    const part = range.cloneContents();
    part.querySelectorAll("mark > b").forEach((name) => name.remove());
    return [...part.textContent].length;
  };
  place.onmouseup = () => {
    const selection = getSelection();
    if (selection.isCollapsed || !place.contains(selection.anchorNode) || !place.contains(selection.focusNode)) return;
    const range = selection.getRangeAt(0), letters = [...row().text];
    let start = before(range.startContainer, range.startOffset), end = before(range.endContainer, range.endOffset);
    while (start < end && /\s/u.test(letters[start])) start++;
    while (end > start && /\s/u.test(letters[end - 1])) end--;
    selection.removeAllRanges();
    if (start === end) return;
    const others = row().spans.filter((span) => span.end <= start || end <= span.start);
    change([...others, { start, end, label: types.value }]);
  };
  bar.append(make("button", "←", { onclick: () => move(-1), ariaLabel: "previous" }), make("button", "→", { onclick: () => move(1), ariaLabel: "next" }), types, state);
  el.append(bar, place);
  model.on("change:rows", draw);
  model.on("change:number", draw);
  draw();
}

export default { render };
