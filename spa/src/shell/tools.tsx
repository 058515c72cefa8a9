import { saveFile } from "./browser.ts";
import { DownloadIcon } from "./icons.tsx";

interface DigitsButtonProps {
  isAllDigits: boolean;
  setAllDigits: (all: boolean) => void;
}

export function DigitsButton({ isAllDigits, setAllDigits }: DigitsButtonProps) {
  return (
    <button
      type="button"
      class="button button-plain"
      aria-pressed={isAllDigits}
      onClick={() => {
        setAllDigits(!isAllDigits);
      }}
    >
      All digits
    </button>
  );
}

interface ExportButtonProps {
  isHidden: boolean;
  /** What is listed; null where nothing is. `done` says what was exported. */
  file: () => { name: string; content: string; done: string } | null;
  say: (text: string) => void;
}

/** Saves what is listed as CSV, with all its digits, unless amounts are hidden. */
export function ExportButton({ isHidden, file, say }: ExportButtonProps) {
  const save = () => {
    if (isHidden) {
      say("Amounts are hidden: show them to export.");
      return;
    }
    const made = file();
    if (made === null) {
      say("Nothing is listed: there is nothing to export.");
      return;
    }
    saveFile(made.name, "text/csv;charset=utf-8", made.content);
    say(made.done);
  };
  return (
    <button
      type="button"
      class="button"
      aria-label="Export CSV"
      aria-disabled={isHidden}
      onClick={save}
    >
      <DownloadIcon />
      <span>
        <span class="wide-only">Export </span>CSV
      </span>
    </button>
  );
}
