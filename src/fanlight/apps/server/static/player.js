// A button that plays steps one after the other; under reduced motion nothing moves by itself: it goes one step.
import { reducedMotion } from "./dom.js";

const PAUSE = 1400; // ms a step

// Returns what stops it.
export function createPlayer(button, { current, last, goTo }) {
  let timer = null;
  const draw = () => { button.textContent = timer ? "❚❚" : "▶"; button.setAttribute("aria-pressed", String(Boolean(timer))); };
  const stop = () => { clearInterval(timer); timer = null; draw(); };
  const advance = () => goTo(current() < last() ? current() + 1 : 0);
  button.addEventListener("click", () => {
    if (timer) { stop(); return; }
    advance();
    if (reducedMotion()) return;
    timer = setInterval(() => { if (current() < last()) advance(); else stop(); }, PAUSE);
    draw();
  });
  return stop;
}
