import { Fragment } from "preact";
import { isZero } from "../money/decimal.ts";
import { type Speller, spelled } from "../money/spelling.ts";

interface AmountProps {
  amount: string;
  /** "BTC, balance" */
  what: string;
  isHidden: boolean;
  /** Whether Tab stops here. */
  isStop: boolean;
  spell: Speller;
  copy: (amount: string, what: string) => void;
}

/** All digits of an amount, aligned at the point. A press copies it plain, as the API gave it. */
export function Amount({ amount, what, isHidden, isStop, spell, copy }: AmountProps) {
  if (isHidden) {
    return (
      <span class="amount">
        <span class="unseen">hidden</span>
        <span class="masked" aria-hidden="true">
          ••••
        </span>
      </span>
    );
  }
  const spelling = spell(amount);
  const { sign, integer, point, fraction } = spelling;
  return (
    <button
      type="button"
      class="amount"
      aria-label={spelled(spelling)}
      title={`Copy ${amount}`}
      data-amount={amount}
      data-size={sizeOf(amount, integer)}
      tabIndex={isStop ? 0 : -1}
      onClick={() => {
        copy(amount, what);
      }}
    >
      <span class="integer">
        {sign}
        {integer.map((part, index) => (
          // A very long amount breaks between its groups.
          <Fragment key={index}>
            {part}
            {index % 2 === 1 && <wbr />}
          </Fragment>
        ))}
      </span>
      <span class="fraction">
        {point}
        {fraction.map((digits, index) => (
          <span key={index} class="digits">
            {digits}
          </span>
        ))}
      </span>
    </button>
  );
}

/** Below one the fraction is what counts, above it the integer. */
function sizeOf(amount: string, integer: string[]): "nothing" | "below-one" | "above-one" {
  if (isZero(amount)) return "nothing";
  return integer.join("") === "0" ? "below-one" : "above-one";
}
