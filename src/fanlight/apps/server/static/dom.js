// Elements, and numbers as the page writes them.
const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

export const element = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

const minus = (text) => text.replace("-", "−");
export const decimal = (x, digits = 2) => minus(Number(x).toFixed(digits));
export const signed = (x, digits = 2) => (Number(x.toFixed(digits)) < 0 ? "−" : "+") + Math.abs(x).toFixed(digits);
export const precise = (x) => minus(String(Number(Number(x).toPrecision(3))));

export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// The rule of the server's `hue`.
export function hue(type) {
  let h = 7;
  for (const c of type) h = (h * 31 + c.codePointAt(0)) % 360;
  return { PER: 28, LOC: 150, ORG: 212, DATE: 275, MISC: 340, TIME: 250, QUANTITY: 90 }[type] ?? h;
}

export const chip = (type, attributes = {}, text = type) => element("span", { class: "chip", style: { "--hue": hue(type) }, ...attributes }, text);

export function save(content, name, type = "text/plain") {
  const link = element("a", { href: URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}
