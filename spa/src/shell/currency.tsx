import { useState } from "preact/hooks";
import type { Reader } from "../reading/reader.ts";

/** What people count in most, besides what they have chosen. */
const USUAL = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "BTC", "ETH"];
const ANOTHER = "…";

/** In which currency values are; any that a price leads to, by its code. */
export function CurrencySwitch({
  reader,
  current,
  say,
}: {
  reader: Reader;
  current: string;
  say: (text: string) => void;
}) {
  const [isTyping, setTyping] = useState(false);
  const choose = async (code: string) => {
    setTyping(false);
    if (code === "" || code === current) return;
    const outcome = await reader.value(code);
    if (outcome === "refused") say(`No price leads to ${code}: values stay in ${current}.`);
    else if (outcome === "failure") say(`Values in ${code} could not be read now.`);
    else if (outcome !== "dropped") say(`Values are in ${code}.`);
  };
  if (isTyping) {
    return (
      <form
        class="narrow currency"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = new FormData(event.currentTarget).get("code");
          void choose(typeof typed === "string" ? typed.trim().toUpperCase() : "");
        }}
      >
        <input
          name="code"
          aria-label="Code of the currency, then Enter"
          placeholder="Code, then Enter"
          autoComplete="off"
          autoCapitalize="characters"
          spellcheck={false}
          maxLength={20}
          ref={(input) => {
            input?.focus();
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") setTyping(false);
          }}
        />
      </form>
    );
  }
  return (
    <div class="narrow currency">
      <select
        aria-label="Values in"
        value={current}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value === ANOTHER) setTyping(true);
          else void choose(value);
          event.currentTarget.value = current;
        }}
      >
        {[...new Set([...USUAL, current])].map((code) => (
          <option key={code} value={code}>
            {code}
          </option>
        ))}
        <option value={ANOTHER}>Another…</option>
      </select>
    </div>
  );
}
