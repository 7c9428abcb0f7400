// The page's languages: English stands in the page itself, and here what is put together; Korean in its own file.
import { ERRORS, KOREAN } from "./words_ko.js";

const ENGLISH = {
  "n-names": (n, all) => (n === all ? `${all} names.` : `${n} of ${all} names shown.`), "no-names": "No names found.", remove: "Remove", ask: "Why?",
  answered: (model, version) => `answered by the model ${model}${version ? `, version ${version}` : ""}`, "file-read": (name, encoding) => `${name}, ${encoding}`, "not-text": (name) => `${name} is not a text file: drop plain text, UTF-8, UTF-16 or CP949`,
  "api-key": "API key", "column-name": "name", "column-type": "type", "column-value": "value", "column-count": "count", "column-probability": "probability", "without-date": "depends on the date",
  "type-PER": "person", "type-LOC": "place", "type-ORG": "organisation", "type-DATE": "date", "type-TIME": "time", "type-QUANTITY": "quantity", "type-MONEY": "amount", "type-PERCENT": "per cent", "type-MISC": "other",
  sum: (s, b, d, t) => `The score of ${t} is ${s}: ${b} for an empty window, and ${d} from what stands in this one.`,
  if: (tag, p0, p1, s0, s1) => `Now P(${tag}) is ${p1}; it was ${p0}. The score is ${s1}; it was ${s0}.`, "as-it-was": "As it was",
  "window-word": "These are the words of the window. Change any of them, also the middle one or an empty place (∅): everything is computed again.",
  "window-character": "These are the characters of the window: the Korean model reads characters, not words. Change any of them: everything is computed again.",
  "why-lead": (unit, text, meaning, tag, units) => `The ${unit} “${text}” as ${meaning}: what it and the ${units} around it add to the score of this tag, ${tag}.`,
  "tag-S": (type) => `a whole name (${type})`, "tag-B": (type) => `the beginning of a name (${type})`, "tag-I": (type) => `the middle of a name (${type})`, "tag-E": (type) => `the end of a name (${type})`, "tag-O": () => "no part of a name",
  "unit-of": (unit, n, all, what) => `You see ${unit} ${n} of ${all} of the ${what}`, "the-name": "name", "the-word": "word", "other-character": "The Korean model reads characters: click another one, or press ← →.", "other-word": "Click another one, or press ← →.",
  "part-vectors": "word vector", "part-form": "the word itself", "part-affix": "beginning, end", "part-ngram": "letter groups", "part-shape": "capitals, digits", "part-context": "case around it", "part-names": "lists of names", "part-other mentions": "its other places",
  centre: "middle", place: (name, unit) => `${unit} ${name}`, "unit-word": "word", "unit-character": "character", "units-word": "words", "units-character": "characters", padding: "outside the sentence",
  "network-picture": "The network: words, x, W, h, u, s, probability", "row-p": "in the sentence", "row-s": "the tag's score", "row-h": "hidden units", "row-x": (units) => `features of the ${units}`, "row-u": "output weights", "row-W": "input weights", "row-bars": "adds to s",
  cell: (word, part, value, size) => `${word}, ${part}: ${value} (${size} entries of x)`, "word-adds": (word, value) => `${word} adds ${value} to the score`,
  unit: (j, h, u, gain) => `hidden unit ${j}: h = ${h}, u = ${u}, adds ${gain}`, "other-units": (n, gain) => `the other ${n} hidden units together add ${gain}`, "n-more": (n) => `+${n}`,
  "score-is": (tag, s) => `the score of ${tag} is ${s}`, "probability-is": (tag, p) => `the probability of ${tag} in the sentence is ${p}`,
  "outer-product": (word, rows, columns, most) => `${word}: ∂s/∂W = δxᵀ, ${rows} of its rows, ${columns} columns; the largest entry is ${most}`,
  "unit-hint": (units) => `Click a hidden unit (or press Enter on it) to see which ${units} excite it.`, "point-hint": "Point at any part, or go about with the arrow keys: its number stands here.", "unit-flows": "what each place of the window adds through it", "unit-words": (units) => `the ${units} of this text that excite it most, with h there`,
  "pass-rest": () => "The whole picture. Step through: the forward pass, then the gradient coming back.",
  "pass-x": (v) => `x: the features of ${v.places} places, one below the other: ${v.size} numbers.`,
  "pass-z": (v) => `z = Wx + b: every hidden unit adds up what the places send it. z${v.j} = ${v.z}`,
  "pass-h": (v) => `h = f(z): h${v.j} = f(${v.z}) = ${v.h}`,
  "pass-s": (v) => `s = uᵀh: ${v.units} units vote; h${v.j} adds ${v.gain}. The score of ${v.tag} is ${v.s}`,
  "pass-p": (v) => `The score becomes a probability, among all tags and with the neighbours' tags: ${v.p}`,
  "pass-s-gradient": () => "Now backwards. The gradient begins at the end: ∂s/∂s = 1",
  "pass-h-gradient": (v) => `∂s/∂h = uᵀ: each unit gets its weight. For h${v.j} it is ${v.u}`,
  "pass-delta": (v) => `δ = ∂s/∂z = uᵀ ⊙ f′(z): δ${v.j} = ${v.u} · ${v.slope} = ${v.delta}. This is also ∂s/∂b`,
  "pass-W-gradient": (v) => `δ is used again: ∂s/∂W = δ xᵀ, shown for each place. In the row of h${v.j} the largest entry is ${v.largest}`,
  forward: "forward", backward: "backward", step: "step", right: "right", value: "value", gradient: "gradient", upstream: "upstream", downstream: "downstream", local: "local", scalar: "scalar",
  distributes: "distributor", routes: "router", switches: "switch", "distributes-why": "addition hands the same gradient to all", "routes-why": "max(0, ·) lets the gradient through where it is positive, and nowhere else", "switches-why": "multiplication hands each the gradient times the other's value",
  "edge-is": (from, to) => `from ${from} to ${to}`, leaf: (name) => `${name} is an input: what arrives here is the gradient by it`, letters: (...names) => names.map((name, i) => `${"abc"[i]} = ${name}`).join(", "), "link-copied": "The address holds expression and numbers.",
  me: "me", "label-state": (done, all) => `${done} of ${all} texts are labelled`, "computation-graph": "computation graph",
  "stage-first": "first", "stage-second": "second", "stage-of": (stage) => `${stage} stage`, "derivative-at": "At the numbers below", "form-jacobian": "Jacobian", "form-hessian": "Hessian", "more-blocks": (n) => `and ${n} more`,
  "train-state": (v) => `${v.stage ? `The ${v.stage} stage, epoch` : "Epoch"} ${v.number} of ${v.epochs}.${v.best ? ` Best dev F1: ${v.best} in epoch ${v.bestEpoch}.` : ""}${v.rate ? ` ${v.rate} s an epoch${v.left ? `, about ${v.left} left` : ""}.` : ""}`,
  "train-not-now": "No training can be begun now: one is running, or this server allows none.", "train-begins": "Reading the data and preparing: the first training on a machine takes a minute longer.", "train-cancelled": "Cancelled.", "model-ready": (name) => `The model ${name} is ready.`,
  "data-of": (name) => `Before the training: ${name}`, "labelled-here": "what was labelled here", "no-problems": "Nothing was found.",
  "data-figures": (r) => `${r.sentences.toLocaleString()} sentences, ${r.tokens.toLocaleString()} tokens; the longest sentence has ${r.longest_sentence}; ${r.outside_percent.toFixed(1)} % are outside entities. ${r.dev_sentences.toLocaleString()} sentences measure the model.${r.unseen_percent === null ? "" : ` ${r.unseen_percent.toFixed(1)} % of their entities are not in the training data.`}`,
  "curve-picture": "Loss and dev F1 over all stages", loss: "loss", f1: "dev F1", best: "best",
};
let words = ENGLISH;
const original = new WeakMap(), labels = new WeakMap();

// What is named in no language, such as a table of features of one's own, is said as it is called: by the last value.
export function say(name, ...values) {
  const word = words[name] ?? ENGLISH[name] ?? values.at(-1) ?? name;
  return typeof word === "function" ? word(...values) : word;
}

export function speak(language) {
  words = language === "ko" ? KOREAN : ENGLISH;
  document.documentElement.lang = language;
  translate(document);
}

export function translate(place) {
  for (const element of place.querySelectorAll("[data-i18n]")) {
    const name = element.dataset.i18n;
    if (!original.has(element)) original.set(element, element.textContent);
    const word = words === KOREAN ? KOREAN[name] : undefined;
    element.textContent = typeof word === "string" ? word : original.get(element);
  }
  for (const element of place.querySelectorAll("[data-label]")) {
    const name = element.dataset.label;
    if (!labels.has(element)) labels.set(element, element.getAttribute("aria-label"));
    element.setAttribute("aria-label", words === KOREAN ? KOREAN[name] ?? labels.get(element) : labels.get(element));
  }
}

// The server's errors are English sentences of few patterns.
export function translateError(message) {
  if (words !== KOREAN) return message;
  for (const [pattern, korean] of ERRORS) {
    const match = message.match(pattern);
    if (match) return korean.replace(/\$(\d)/g, (_, n) => match[n]);
  }
  return message;
}
