// The view and its parameters, in the address: "#why?text=…&offset=11". Back and forward work.
export const VIEWS = ["tag", "why", "gradient", "train", "label"];
const listeners = new Map();

export function onRoute(view, listener) { listeners.set(view, listener); }

export function route() {
  const [view, query = ""] = location.hash.slice(1).split("?");
  return { view: VIEWS.includes(view) ? view : "tag", parameters: Object.fromEntries(new URLSearchParams(query)) };
}

export function address(view, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "")).toString();
  return `#${view}${query ? `?${query}` : ""}`;
}

// Go somewhere: a step in the history, or in place of the present one.
export function go(view, parameters = {}, { replace = false, silent = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address(view, parameters));
  if (!silent) dispatch();
}

export function dispatch() {
  const { view, parameters } = route();
  for (const name of VIEWS) {
    document.getElementById(name).hidden = name !== view;
    const tab = document.getElementById(`tab-${name}`);
    tab.setAttribute("aria-selected", name === view);
    tab.tabIndex = name === view ? 0 : -1;
  }
  for (const [name, listener] of listeners) listener(name === view ? parameters : null);
}

addEventListener("popstate", dispatch);
