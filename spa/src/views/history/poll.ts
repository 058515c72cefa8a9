import { useEffect } from "preact/hooks";

/** Calls every so many milliseconds while `isOn` and the page is visible. */
export function usePolling(isOn: boolean, everyMs: number, call: () => void): void {
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") call();
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [isOn, everyMs, call]);
}
