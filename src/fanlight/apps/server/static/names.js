// The table of the names in a text: one row a name and type, how often, how probable; sorted by any column.
import { $, chip, decimal, element } from "./dom.js";
import { say } from "./words.js";

const COLUMNS = ["name", "type", "value", "count", "probability"];
let order = { column: "count", up: false };

export function groupNames(entities) {
  const rows = new Map();
  for (const e of entities) {
    const key = `${e.type} ${e.text}`;
    const row = rows.get(key) ?? { name: e.text, type: e.type, value: readable(e.value), count: 0, probability: 0, mentions: [] };
    row.mentions.push(e);
    row.count++;
    row.probability += (e.probability - row.probability) / row.count;
    rows.set(key, row);
  }
  return [...rows.values()];
}

// What an entity means: a date, time or duration in ISO 8601, or a number with its unit.
export function valueText(value) {
  if (!value) return "";
  if (value.iso !== undefined) return value.iso;
  return `${value.number.toLocaleString(undefined, { maximumFractionDigits: 10 })} ${value.kind === "percent" ? "%" : value.unit ?? ""}`.trim();
}

export function sortNames(rows, { column, up }) {
  const sign = up ? 1 : -1;
  return rows.toSorted((a, b) => sign * (typeof a[column] === "string" ? a[column].localeCompare(b[column]) : a[column] - b[column]) || a.mentions[0].from - b.mentions[0].from);
}

// ISO 8601 has no year for "Monday"; UCUM, the standard of units, has braces around what is counted: 20 {people}.
const readable = (value) => (value?.iso?.startsWith("XXXX") ? say("without-date") : valueText(value).replace(/[{}]/g, ""));

// `jump(entity)` goes to a mention; each click on a name goes to its next.
export function drawNames(entities, jump) {
  const rows = sortNames(groupNames(entities), order);
  const columns = COLUMNS.filter((column) => column !== "value" || rows.some((row) => row.value));
  const head = columns.map((column) => element("th", { scope: "col", "data-column": column, "aria-sort": order.column === column ? (order.up ? "ascending" : "descending") : "none" },
    element("button", { class: "plain", "data-sort": column, onclick: () => sortBy(column, entities, jump) }, say(`column-${column}`), order.column === column ? (order.up ? " ▲" : " ▼") : "")));
  $("names").replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows.slice(0, 500).map((row) => nameRow(row, columns, jump)))));
  $("names-shown").hidden = !rows.length;
}

function sortBy(column, entities, jump) {
  order = { column, up: order.column === column ? !order.up : column === "name" || column === "type" };
  drawNames(entities, jump);
  $("names").querySelector(`[data-sort="${column}"]`).focus();
}

function nameRow(row, columns, jump) {
  let next = 0;
  const cells = {
    name: element("button", { class: "plain word", onclick: () => jump(row.mentions[next++ % row.count]) }, row.name),
    type: chip(row.type), value: row.value, count: row.count.toLocaleString(), probability: decimal(row.probability, 3),
  };
  return element("tr", {}, ...columns.map((column) => element("td", { "data-column": column }, cells[column])));
}
