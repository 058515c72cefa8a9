import { copyText } from "./copy.ts";

/** What to quote when asking for help. */
export function RequestId({ id, say }: { id: string; say: (text: string) => void }) {
  const copy = async () => {
    say((await copyText(id)) ? "Request id copied." : "The browser does not allow copying.");
  };
  return (
    <p class="request-id">
      Request id <code>{id}</code>
      <button
        type="button"
        class="button button-small"
        aria-label="Copy request id"
        onClick={() => {
          void copy();
        }}
      >
        Copy
      </button>
    </p>
  );
}
