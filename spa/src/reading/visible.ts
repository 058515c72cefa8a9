import type { Reader } from "./reader.ts";

/** What a person does at a page that they look at; a resting pointer does nothing. */
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "focus"] as const;

/**
 * Reads again when it is time, only while the page is visible, less and less often while nobody
 * touches it, and at once when somebody does. Returns what ends it.
 */
export function readWhileVisible(reader: Reader): () => void {
  const isVisible = () => document.visibilityState === "visible";
  const tick = () => {
    if (isVisible()) reader.tick();
  };
  const onSign = (event: Event) => {
    // A browser also reports a move when the page moves under a pointer that rests.
    if (event instanceof PointerEvent && event.type === "pointermove") {
      if (event.movementX === 0 && event.movementY === 0) return;
    }
    if (!isVisible()) return;
    reader.touched();
    reader.tick();
  };
  const onOnline = () => {
    const { failure } = reader.reading.value;
    if (isVisible() && failure && failure.kind !== "problem") void reader.read("read");
  };
  const timer = setInterval(tick, 1000);
  for (const sign of SIGNS) {
    globalThis.addEventListener(sign, onSign, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", onSign);
  globalThis.addEventListener("online", onOnline);
  tick();
  return () => {
    clearInterval(timer);
    for (const sign of SIGNS) globalThis.removeEventListener(sign, onSign, { capture: true });
    document.removeEventListener("visibilitychange", onSign);
    globalThis.removeEventListener("online", onOnline);
  };
}
