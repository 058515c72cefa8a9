import { vi } from "vitest";

// Before each file: all share one window, as to make one takes longer than most of them. What a file
// left of its own is gone: where it went, what it kept and showed, and what our modules remember.
vi.resetModules();
(globalThis as unknown as { happyDOM: { setURL: (url: string) => void } }).happyDOM.setURL(
  "http://localhost:3000/",
);
localStorage.clear();
sessionStorage.clear();
document.title = "";
document.body.replaceChildren();
