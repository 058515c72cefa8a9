import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Credential } from "../../api/viewer.ts";
import { Field, type FieldErrors } from "../../shell/field.tsx";
import { type Exchange, type FoundKey, findKey, keyHint } from "./key.ts";

/** The controls of a key, by the exchange's name of the field. Their text is in no state of ours. */
export type KeyInputs = Map<string, HTMLInputElement | HTMLTextAreaElement>;

/** Larger than any key file: what is larger is not read at all. */
const LARGEST_FILE = 20_000;

interface KeyEntryProps {
  exchange: Exchange;
  /** A whole key, in memory alone: there is no field for it then. */
  held: FoundKey | null;
  hold: (key: FoundKey | null) => void;
  inputs: RefObject<KeyInputs>;
  errors: FieldErrors;
  say: (text: string) => void;
}

/**
 * Where a key is brought in: pasted into any field, dropped anywhere, chosen as a file, or written
 * field by field. A whole key goes to memory at once, and its fields from the page.
 *
 * Neither a form nor a password: a browser or its manager would offer to keep it, and to fill in
 * somebody's sign-in.
 */
export function KeyEntry({ exchange, held, hold, inputs, errors, say }: KeyEntryProps) {
  const take = (text: string): boolean => {
    const key = findKey(text);
    if (key) hold(key);
    return key !== null;
  };
  const read = async (file: File | undefined) => {
    if (!file) return;
    const isKey = file.size <= LARGEST_FILE && take(await file.text());
    say(isKey ? "The key is read." : "There is no key in this file. A key file is a small JSON.");
  };
  useDropAnywhere(read);
  const place = useRef<HTMLDivElement>(null);
  const had = useRef(held);
  useEffect(() => {
    // What had the focus is gone with the fields, or with what stood for them.
    const isLost = document.activeElement === document.body;
    if (had.current !== held && isLost)
      (place.current?.querySelector("input") ?? place.current)?.focus();
    had.current = held;
  }, [held]);
  if (held) {
    return (
      <div class="held" tabIndex={-1} ref={place}>
        <p>
          The key that ends in <code>{keyHint(held)}</code> is ready. It is kept in this tab’s
          memory until it is sent or you leave.
        </p>
        <button
          type="button"
          class="button button-small"
          onClick={() => {
            hold(null);
          }}
        >
          Take another key
        </button>
      </div>
    );
  }
  return (
    <div class="key" ref={place}>
      <p class="file">
        <label class="button">
          <input
            type="file"
            class="visually-hidden"
            accept=".json,.txt,application/json,text/plain"
            onChange={(event) => {
              void read(event.currentTarget.files?.[0]);
              // The same file can be chosen again.
              event.currentTarget.value = "";
            }}
          />
          Choose the key file
        </label>
        <span class="small">or drop it anywhere here, or paste what is in it into a field.</span>
      </p>
      {exchange.fields.map(({ name, label, hint, isLong = false }) => (
        <Field
          key={name}
          name={`credential.${name}`}
          label={label}
          errors={errors}
          {...(hint !== undefined && { hint })}
        >
          {(control) => {
            const shared = {
              ...control,
              ...PRIVATE,
              ref: (element: HTMLInputElement | HTMLTextAreaElement | null) => {
                if (element) inputs.current?.set(name, element);
                else inputs.current?.delete(name);
              },
              onPaste: (event: ClipboardEvent) => {
                if (!take(event.clipboardData?.getData("text") ?? "")) return;
                event.preventDefault();
                say("The key is read.");
              },
            };
            return isLong ? <textarea rows={3} {...shared} /> : <input type="text" {...shared} />;
          }}
        </Field>
      ))}
    </div>
  );
}

/** What keeps a browser, its spelling service and password managers away from a field. */
const PRIVATE = {
  autoComplete: "off",
  autoCapitalize: "off",
  autoCorrect: "off",
  spellcheck: false,
  translate: false,
  "data-1p-ignore": true,
  "data-bwignore": true,
  "data-lpignore": "true",
  "data-form-type": "other",
} as const;

/**
 * The key that is entered, taken out of the page: nothing of it stays in a field, whatever becomes of
 * it. Where it is not whole, what is missing, by field; what was entered then stays.
 */
export function takeKey(
  exchange: Exchange,
  inputs: KeyInputs,
): { key: FoundKey } | { errors: FieldErrors } {
  const texts = exchange.fields.map(({ name }) => [name, inputs.get(name)?.value.trim() ?? ""]);
  const whole = texts.map(([, text = ""]) => findKey(text)).find((key) => key !== null);
  const credential = Object.fromEntries(texts) as Credential;
  const missing = exchange.fields.filter(({ name }) => !credential[name]);
  if (!whole && missing.length > 0) {
    return {
      errors: Object.fromEntries(
        missing.map(({ name, label }) => [`credential.${name}`, [`${label}: this is missing.`]]),
      ),
    };
  }
  for (const input of inputs.values()) input.value = "";
  return { key: whole ?? { exchange, credential } };
}

/** A file that misses its mark would otherwise be opened in place of the page, and its key be shown. */
function useDropAnywhere(read: (file: File | undefined) => Promise<void>) {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      void read(event.dataTransfer.files[0]);
    };
    globalThis.addEventListener("dragover", over);
    globalThis.addEventListener("drop", drop);
    return () => {
      globalThis.removeEventListener("dragover", over);
      globalThis.removeEventListener("drop", drop);
    };
  });
}
