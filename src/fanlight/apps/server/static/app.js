// The frame: views, language, theme, and talking to the server.
import { speak } from "./words.js";
import { startTagging } from "./tag.js";
import { startExplaining } from "./why.js";
import { startDeriving } from "./gradient.js";
import { startWatching } from "./train.js";
import { startLabelling } from "./label.js";

const $ = (id) => document.getElementById(id);
const VIEWS = ["tag", "why", "gradient", "train", "label"];

export async function ask(path, body, accept = "application/json") {
  const fault = $("fault");
  try {
    const options = body === undefined ? {} : { method: "POST", headers: { accept, "content-type": "application/json" }, body: JSON.stringify(body) };
    const key = sessionStorage.getItem("key");
    if (key) options.headers = { ...options.headers, "x-api-key": key };
    const response = await fetch(path, options);
    const answer = response.ok && accept === "text/html" ? await response.text() : await response.json();
    if (response.status === 401) {
      const given = prompt("API key");
      if (given) { sessionStorage.setItem("key", given); return ask(path, body, accept); }
    }
    if (!response.ok) throw new Error(answer.error ?? response.statusText);
    fault.hidden = true;
    return answer;
  } catch (error) {
    fault.textContent = error.message;
    fault.hidden = false;
    return null;
  }
}

export function show(view) {
  for (const name of VIEWS) {
    $(name).hidden = name !== view;
    const tab = $(`tab-${name}`);
    tab.setAttribute("aria-selected", name === view);
    tab.tabIndex = name === view ? 0 : -1;
  }
  document.dispatchEvent(new CustomEvent("view", { detail: view }));
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "style") for (const [k, v] of Object.entries(value)) made.style.setProperty(k, v);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function remember(select, key, use) {
  select.value = localStorage.getItem(key) ?? select.value;
  select.addEventListener("change", () => { localStorage.setItem(key, select.value); use(select.value); });
  use(select.value);
}

for (const name of VIEWS) $(`tab-${name}`).addEventListener("click", () => show(name));
document.querySelector("nav").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = VIEWS.findIndex((name) => $(`tab-${name}`) === document.activeElement);
  const next = VIEWS[(at + step + VIEWS.length) % VIEWS.length];
  show(next);
  $(`tab-${next}`).focus();
});
startTagging();
startExplaining();
startDeriving();
startWatching();
startLabelling();
if (VIEWS.includes(location.hash.slice(1))) show(location.hash.slice(1));
remember($("theme"), "theme", (theme) => { if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme; });
remember($("language"), "language", (language) => { speak(language); document.dispatchEvent(new Event("spoken")); });
