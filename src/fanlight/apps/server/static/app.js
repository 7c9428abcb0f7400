// The frame: tabs, language, theme.
import { $ } from "./dom.js";
import { dispatch, go, VIEWS } from "./routes.js";
import { startRequests } from "./server.js";
import { startDropping } from "./files.js";
import { startDeriving } from "./gradient.js";
import { startLabelling } from "./label.js";
import { startTagging } from "./tag.js";
import { startWatching } from "./train.js";
import { startExplaining } from "./why.js";
import { speak } from "./words.js";

function remember(select, key, first, use) {
  select.value = localStorage.getItem(key) ?? first;
  select.addEventListener("change", () => { localStorage.setItem(key, select.value); use(select.value); });
  use(select.value);
}

function useTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

const last = {}; // each tab comes back as it was left
function openTab(name) {
  const now = location.hash.slice(1).split("?")[0] || "tag";
  last[now] = location.hash;
  if (last[name]) { history.pushState(null, "", last[name]); dispatch(); } else go(name);
}

for (const name of VIEWS) {
  $(`tab-${name}`).addEventListener("click", () => openTab(name));
  for (const link of document.querySelectorAll(`[data-open="${name}"]`)) link.addEventListener("click", () => { openTab(name); $(`tab-${name}`).focus(); });
}
document.querySelector("nav").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const here = VIEWS.findIndex((name) => $(`tab-${name}`) === document.activeElement);
  const next = VIEWS[(here + step + VIEWS.length) % VIEWS.length];
  openTab(next);
  $(`tab-${next}`).focus();
});
remember($("theme"), "theme", "", useTheme);
remember($("language"), "language", navigator.language.startsWith("ko") ? "ko" : "en", (language) => { speak(language); document.dispatchEvent(new Event("spoken")); });
startRequests();
startDropping();
startTagging();
startExplaining();
startDeriving();
startWatching();
startLabelling();
dispatch();
