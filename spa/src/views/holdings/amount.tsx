import { Fragment } from "preact";
import { type AmountFormat, isZero, joined } from "../../money.ts";
import { Masked } from "../../shell/figure.tsx";

interface AmountProps {
  amount: string;
  /** The same with the digits that are shown; all of them if not given. */
  shown?: string;
  /** "BTC, balance" */
  what: string;
  isHidden: boolean;
  /** Whether Tab stops here. */
  isStop: boolean;
  /** Digits after the point of the column's longest fraction; 0 where points are not aligned. */
  scale: number;
  format: AmountFormat;
  copy: (amount: string, what: string) => void;
}

/**
 * All digits of an amount, aligned at the point. A press copies it plain, as the API gave it. It is
 * one line of text, so that the browser finds it and a selection has it whole: what is missing to
 * the column's longest fraction is drawn by CSS, in the same digits and unseen.
 */
export function Amount(props: AmountProps) {
  const { amount, shown = amount, what, isHidden, isStop, scale, format, copy } = props;
  if (isHidden)
    return (
      <span class="amount">
        <Masked />
      </span>
    );
  const parts = format(shown, scale);
  const { sign, integer, point, fraction, pad } = parts;
  const lead = integer.slice(0, -1);
  const isAligned = fraction.join("").length <= scale;
  return (
    <button
      type="button"
      class="amount"
      aria-label={joined(parts)}
      title={`Copy ${amount}`}
      data-amount={amount}
      data-size={sizeOf(amount, integer)}
      tabIndex={isStop ? 0 : -1}
      onClick={() => {
        copy(amount, what);
      }}
    >
      {/* A very long amount breaks between its groups, and keeps its last one at the point. */}
      {lead.length > 0 && (
        <span class="integer">
          {sign}
          {lead.map((part, index) => (
            <Fragment key={index}>
              {part}
              {index % 2 === 1 && <wbr />}
            </Fragment>
          ))}
        </span>
      )}
      <span
        class={isAligned ? "tail" : undefined}
        data-pad={pad.text}
        style={pad.gaps > 0 ? { "--gaps": pad.gaps } : undefined}
      >
        <span class="integer">
          {lead.length === 0 && sign}
          {integer.at(-1)}
        </span>
        {fraction.length > 0 && (
          <span class="fraction">
            {point}
            {fraction[0]}
            {fraction.slice(1).map((digits, index) => (
              <span key={index} class="digits">
                {digits}
              </span>
            ))}
          </span>
        )}
      </span>
    </button>
  );
}

/** Below one the fraction is what counts, above it the integer. */
function sizeOf(amount: string, integer: string[]): "nothing" | "below-one" | "above-one" {
  if (isZero(amount)) return "nothing";
  return integer.join("") === "0" ? "below-one" : "above-one";
}
