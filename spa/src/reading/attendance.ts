import type { Reader } from "./reader.ts";

/** Reads again when it is time, only while the page is seen. Returns what ends it. */
export function attend(reader: Reader): () => void {
  const tick = () => {
    if (document.visibilityState === "visible") reader.tick();
  };
  const onOnline = () => {
    const { trouble } = reader.reading.value;
    if (trouble && trouble.kind !== "problem") void reader.read("read");
  };
  const timer = setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
  globalThis.addEventListener("online", onOnline);
  tick();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
    globalThis.removeEventListener("online", onOnline);
  };
}
