// Requests to the server: the key, what is under way, cancelling, and errors in the page's language.
import { $ } from "./dom.js";
import { say, translateError } from "./words.js";

const pending = new Set();
let timer = null;

// Return the answer; null if there is none, and then `report` (or the page's line of errors) has said why. A new request
// takes an old error away; one that was on its way when the error came does not.
export async function ask(path, body, { accept = "application/json", report = showError, quiet = false } = {}) {
  const abort = new AbortController();
  if (!quiet) {
    begin(abort);
    showError("");
  }
  try {
    const response = await send(path, body, accept, abort.signal);
    const answer = response.ok && accept === "text/html" ? await response.text() : await response.json();
    if (response.status === 401) {
      const key = prompt(say("api-key"));
      if (key) { sessionStorage.setItem("key", key); return await ask(path, body, { accept, report, quiet }); }
    }
    if (!response.ok) { report(answer.error ?? response.statusText); return null; }
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") report(error instanceof TypeError ? "the server does not answer" : error.message);
    return null;
  } finally {
    end(abort);
  }
}

export function send(path, body, accept = "application/json", signal = undefined) {
  const headers = { accept }, key = sessionStorage.getItem("key");
  if (key) headers["x-api-key"] = key;
  if (body === undefined) return fetch(path, { headers, signal });
  return fetch(path, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body), signal });
}

export function showError(message) {
  $("fault").textContent = translateError(message);
  $("fault").hidden = !message;
}

function begin(abort) {
  pending.add(abort);
  timer ??= setTimeout(() => { $("busy").hidden = false; }, 300);
}

function end(abort) {
  pending.delete(abort);
  if (pending.size) return;
  clearTimeout(timer);
  timer = null;
  $("busy").hidden = true;
}

export function startRequests() {
  $("cancel").addEventListener("click", () => { for (const abort of pending) abort.abort(); });
  watchState();
}

// Until every model's fast engine is ready, the page says what the server is doing.
async function watchState() {
  const state = await ask("/v1/state", undefined, { quiet: true, report: () => {} });
  $("preparing").hidden = !state || state.ready;
  if (state && !state.ready) setTimeout(watchState, 1500);
}
