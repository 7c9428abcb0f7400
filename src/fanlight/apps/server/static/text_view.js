// A text of any length with its marks: laid out at once in pieces, which are filled only while near the window.
import { element } from "./dom.js";
import { before, drawn, put, turn } from "./marks.js";

const PIECE = 1500; // code units

// Parameters: the element; `shows(entity)`, `describe(entity)`. Entities have from and to in code units, start and end in code points.
export function createTextView(place, { shows, describe }) {
  let text = "", entities = [], points = null, observer = null;
  const wanted = new Set();

  function show(newText, newEntities, newPoints) {
    [text, entities, points] = [newText, newEntities, newPoints];
    layOut();
    place.scrollTop = 0;
  }

  function layOut() {
    observer?.disconnect();
    observer = new IntersectionObserver((seen) => { for (const s of seen) s.isIntersecting ? fill(s.target) : empty(s.target); }, { root: place, rootMargin: "1600px" });
    place.replaceChildren(...borders().map(([from, to]) => {
      const piece = element("span", { "data-from": from, "data-to": to, class: "piece" });
      piece.style.minHeight = `${Math.max(1, Math.ceil((to - from) / 90)) * 2}em`;
      return piece;
    }));
    for (const piece of place.children) observer.observe(piece);
  }

  function borders() {
    const pieces = [];
    let from = 0;
    while (from < text.length) {
      let to = Math.min(text.length, from + PIECE);
      if (to < text.length) {
        const line = text.lastIndexOf("\n", to), space = text.lastIndexOf(" ", to);
        to = line > from ? line + 1 : space > from ? space + 1 : to;
        for (const e of entities) if (e.from < to && to < e.to) to = e.to;
      }
      pieces.push([from, to]);
      from = to;
    }
    return pieces;
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

  function want(piece) {
    if (!wanted.size) setTimeout(async () => {
      const pieces = [...wanted];
      wanted.clear();
      const documents = pieces.map((p) => ({ text: wording(p), entities: inside(p) }));
      const html = await drawn(documents);
      pieces.forEach((p, i) => {
        if (!html || !p.isConnected) return;
        [p.html, p.entities] = [html[i], documents[i].entities];
        if (p.filled) ready(p);
      });
    });
    wanted.add(piece);
  }

  // A piece's entities, in code points of its own.
  function inside(piece) {
    const from = Number(piece.dataset.from), to = Number(piece.dataset.to), start = points.point(from);
    let low = 0, high = entities.length;
    while (low < high) { const middle = (low + high) >> 1; if (entities[middle].from < from) low = middle + 1; else high = middle; }
    const here = [];
    for (; low < entities.length && entities[low].from < to; low++) {
      const e = entities[low];
      here.push({ start: e.start - start, end: e.end - start, type: e.type, probability: e.mine ? undefined : e.probability, entity: e });
    }
    return here;
  }

  function ready(piece) {
    const focus = document.activeElement?.entity && piece.contains(document.activeElement) ? document.activeElement.entity.entity : null;
    put(piece, piece.html, piece.entities);
    update(piece);
    if (focus) markOf(focus)?.focus();
  }

  function update(piece) {
    for (const mark of piece.querySelectorAll("mark")) {
      const e = mark.entity.entity;
      mark.classList.toggle("mine", Boolean(e.mine));
      mark.style.setProperty("--certainty", `${Math.round(35 + 65 * e.probability)}%`);
      turn(mark, shows(e), describe(e));
    }
  }

  function empty(piece) {
    if (!piece.filled || piece.contains(document.activeElement)) return;
    piece.style.minHeight = `${piece.offsetHeight}px`;
    piece.replaceChildren();
    piece.filled = false;
  }

  // After a correction, the pieces that it touches are drawn again; one that goes over a border moves the borders.
  function redraw(newEntities, from, to) {
    entities = newEntities;
    for (const piece of place.children) {
      const start = Number(piece.dataset.from), end = Number(piece.dataset.to);
      if (to <= start || end <= from) continue;
      if (from < start || end < to) { const at = place.scrollTop; layOut(); place.scrollTop = at; return; }
      piece.html = undefined;
      if (piece.filled) want(piece);
    }
  }

  const markOf = (entity) => [...place.querySelectorAll("mark")].find((mark) => mark.entity.entity === entity);

  // Scroll to an entity and focus its mark, as soon as it is drawn.
  async function focus(entity) {
    const piece = [...place.children].find((p) => entity.from < Number(p.dataset.to));
    if (!piece) return;
    place.scrollTop = piece.offsetTop - place.offsetTop;
    for (let tries = 0; tries < 100 && !markOf(entity); tries++) await new Promise((resolve) => setTimeout(resolve, 30));
    markOf(entity)?.focus();
  }

  function offset(node, within) {
    const piece = (node.nodeType === 3 ? node.parentElement : node).closest(".piece");
    if (piece) return Number(piece.dataset.from) + before(piece, node, within);
    return Number(place.children[within]?.dataset.from ?? text.length);
  }

  return { show, redraw, focus, offset, markOf, update: () => { for (const piece of place.children) update(piece); } };
}
