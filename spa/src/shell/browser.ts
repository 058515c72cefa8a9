import { useCallback, useState } from "preact/hooks";

const HIDDEN = "holdings.amounts-hidden";

/** False when the browser does not allow it, as outside a secure context. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Copies a text and says so. */
export function useCopy(say: (text: string) => void): (text: string, what: string) => void {
  return useCallback(
    (text: string, what: string) => {
      void copyText(text).then((done) => {
        say(done ? `Copied ${text} (${what}).` : `The browser does not allow copying: ${text}`);
      });
    },
    [say],
  );
}

/** Hand a file to the browser's downloads; nothing leaves the machine. */
export function saveFile(name: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then, and the figures need not stay in memory.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
}

/** Remembered beyond the tab: whoever hides amounts does so wherever people look over a shoulder. */
export function useHiddenAmounts(): [boolean, (hidden: boolean) => void] {
  const [isHidden, setHidden] = useState(recalled);
  const remember = useCallback((hidden: boolean) => {
    setHidden(hidden);
    try {
      localStorage.setItem(HIDDEN, hidden ? "1" : "0");
    } catch {
      // A browser that stores nothing still hides, until the next visit.
    }
  }, []);
  return [isHidden, remember];
}

function recalled(): boolean {
  try {
    return localStorage.getItem(HIDDEN) === "1";
  } catch {
    return false;
  }
}
