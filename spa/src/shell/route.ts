import { useEffect } from "preact/hooks";
import { Store, useStore } from "../store.ts";

/** The path of the address: which view is seen, and what in it. Its query belongs to the view. */
const path = new Store(location.pathname);

/** How often somebody went on within the page: the first view does not take the focus. */
let steps = 0;

globalThis.addEventListener("popstate", () => {
  steps++;
  path.set(location.pathname);
});

export function usePath(): string {
  return useStore(path);
}

/** Go to a place within the page: a step in the history, or in place of this one. */
export function go(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  if (!replace) globalThis.scrollTo(0, 0);
  // As a step back does it: whoever reads the address, its query too, reads it anew.
  globalThis.dispatchEvent(new PopStateEvent("popstate"));
}

export function hasMoved(): boolean {
  return steps > 0;
}

/** The address as it is after a sign-in or a sign-out has set it. */
export function takeAddress(): void {
  path.set(location.pathname);
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Holdings" : `${title} · Holdings`;
  }, [title]);
}
