// The table of the names in a text: one row a name and type, how often, how probable; sorted by any column.
import { $, chip, decimal, element } from "./dom.js";
import { say } from "./words.js";

const COLUMNS = ["name", "type", "count", "probability"];
let order = { column: "count", up: false };

export function groupNames(entities) {
  const rows = new Map();
  for (const e of entities) {
    const key = `${e.type} ${e.text}`;
    const row = rows.get(key) ?? { name: e.text, type: e.type, count: 0, probability: 0, mentions: [] };
    row.mentions.push(e);
    row.count++;
    row.probability += (e.probability - row.probability) / row.count;
    rows.set(key, row);
  }
  return [...rows.values()];
}

export function sortNames(rows, { column, up }) {
  const sign = up ? 1 : -1;
  return rows.toSorted((a, b) => sign * (typeof a[column] === "string" ? a[column].localeCompare(b[column]) : a[column] - b[column]) || a.mentions[0].from - b.mentions[0].from);
}

// `jump(entity)` goes to a mention; each click on a name goes to its next.
export function drawNames(entities, jump) {
  const rows = sortNames(groupNames(entities), order);
  const head = COLUMNS.map((column) => element("th", { scope: "col", "aria-sort": order.column === column ? (order.up ? "ascending" : "descending") : "none" },
    element("button", { class: "plain", "data-sort": column, onclick: () => sortBy(column, entities, jump) }, say(`column-${column}`), order.column === column ? (order.up ? " ▲" : " ▼") : "")));
  $("names").replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows.slice(0, 500).map((row) => nameRow(row, jump)))));
  $("names-shown").hidden = !rows.length;
}

function sortBy(column, entities, jump) {
  order = { column, up: order.column === column ? !order.up : column === "name" || column === "type" };
  drawNames(entities, jump);
  $("names").querySelector(`[data-sort="${column}"]`).focus();
}

function nameRow(row, jump) {
  let next = 0;
  const button = element("button", { class: "plain word", onclick: () => jump(row.mentions[next++ % row.count]) }, row.name);
  return element("tr", {}, element("td", {}, button), element("td", {}, chip(row.type)), element("td", {}, row.count.toLocaleString()), element("td", {}, decimal(row.probability, 3)));
}
