// The server counts code points; JavaScript counts UTF-16 units.
export function pointsOf(text) {
  if (!/[\ud800-\udbff]/.test(text)) return { unit: (point) => point, point: (unit) => unit };
  const units = new Uint32Array(text.length + 1);
  let n = 0, at = 0;
  for (const c of text) { units[n++] = at; at += c.length; }
  units[n] = at;
  const point = (unit) => {
    let low = 0, high = n;
    while (low < high) { const middle = (low + high) >> 1; if (units[middle] < unit) low = middle + 1; else high = middle; }
    return low;
  };
  return { unit: (p) => units[p], point };
}
