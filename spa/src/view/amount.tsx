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
  /** Digits after the point of the column's longest fraction; 0 where points are not aligned. */
  scale: number;
  spell: Speller;
  copy: (amount: string, what: string) => void;
}

/**
 * All digits of an amount, aligned at the point. A press copies it plain, as the API gave it. It is
 * one line of text, so that the browser finds it and a selection has it whole: what is missing to
 * the column's longest fraction is drawn by CSS, in the same digits and unseen.
 */
export function Amount({ amount, what, isHidden, isStop, scale, spell, copy }: AmountProps) {
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
  const spelling = spell(amount, scale);
  const { sign, integer, point, fraction, pad } = spelling;
  const isAligned = fraction.join("").length <= scale;
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
        {integer.slice(0, -1).map((part, index) => (
          // A very long amount breaks between its groups, and keeps its last one at the point.
          <Fragment key={index}>
            {part}
            {index % 2 === 1 && <wbr />}
          </Fragment>
        ))}
      </span>
      <span
        class={isAligned ? "tail" : undefined}
        data-pad={pad.text}
        style={pad.gaps > 0 ? { "--gaps": pad.gaps } : undefined}
      >
        <span class="integer">{integer.at(-1)}</span>
        <span class="fraction">
          {point}
          {fraction.map((digits, index) => (
            <span key={index} class="digits">
              {digits}
            </span>
          ))}
        </span>
      </span>
    </button>
  );
}

/** Below one the fraction is what counts, above it the integer. */
function sizeOf(amount: string, integer: string[]): "nothing" | "below-one" | "above-one" {
  if (isZero(amount)) return "nothing";
  return integer.join("") === "0" ? "below-one" : "above-one";
}
