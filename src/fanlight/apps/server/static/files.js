// Files that people drop or open, in the encodings they have: UTF-8, UTF-16, Korean CP949, Windows-1252.
import { route } from "./routes.js";
import { showError } from "./server.js";
import { say } from "./words.js";

const SAMPLE = 65536; // bytes that decide

export class NotTextError extends Error {}

// The text of a file, or null: then the page has said that it is none.
export async function readText(file) {
  if (!file) return null;
  try {
    return decode(new Uint8Array(await file.arrayBuffer()));
  } catch {
    showError(say("not-text", file.name));
    return null;
  }
}

const readers = new Map();

// Where a dropped file goes in a view; views that read none leave it to the first that does.
export function onDrop(view, read) { readers.set(view, read); }

// A file may be dropped anywhere on the page.
export function startDropping() {
  const over = (on) => document.body.classList.toggle("over", on);
  document.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); over(true); } });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); });
  document.addEventListener("drop", (event) => {
    over(false);
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    (readers.get(route().view) ?? [...readers.values()][0])(event.dataTransfer.files[0]);
  });
}

export function decode(bytes) {
  const encoding = encodingOf(bytes);
  return { text: new TextDecoder(encoding).decode(bytes).replaceAll("\r\n", "\n"), encoding };
}

export function encodingOf(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const sample = bytes.subarray(0, SAMPLE);
  const zeros = [0, 0];
  let controls = 0;
  sample.forEach((byte, i) => { if (byte === 0) zeros[i % 2]++; else if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls++; });
  const half = sample.length / 2;
  if (zeros[1] > 0.2 * half && !zeros[0]) return "utf-16le";
  if (zeros[0] > 0.2 * half && !zeros[1]) return "utf-16be";
  if (zeros[0] + zeros[1] || controls > 0.01 * sample.length) throw new NotTextError();
  return ["utf-8", "euc-kr", "windows-1252"].find((name) => reads(bytes, name)); // the last reads every byte
}

function reads(bytes, encoding) {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
