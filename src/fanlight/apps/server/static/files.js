// The text of a file in the encodings people have: UTF-8, UTF-16, Korean CP949, Windows-1252; anything else is refused.
const SAMPLE = 65536; // bytes that decide

export class NotTextError extends Error {}

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
