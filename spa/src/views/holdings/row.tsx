import { Component, type ComponentChildren, Fragment, h } from "preact";
import type { Holding } from "../../api/shapes.ts";
import { type AmountFormat, isZero, joined, shareOnHold } from "../../money.ts";
import { shownCode } from "./listing.ts";
import { AMOUNTS, type AmountColumn, COLUMN_NAMES } from "./place.ts";

interface HoldingRowProps {
  holding: Holding;
  /** Tells accounts of one currency apart; null when there is one. */
  mark: string | null;
  /** Of its connection; null when there is one. */
  label: string | null;
  isHidden: boolean;
  isFound: boolean;
  /** The column in it where Tab stops, if it does. */
  stop: AmountColumn | null;
  scales: Scales;
  format: AmountFormat;
  copy: (amount: string, what: string) => void;
}

export type Scales = Record<AmountColumn, number>;

export const HoldingRow = memo(
  ({ holding, mark, label, isHidden, isFound, stop, scales, format, copy }: HoldingRowProps) => {
    const code = shownCode(holding.currency);
    const name = [code, mark, label].filter((part) => part !== null).join(" ");
    return (
      <tr role="row" hidden={!isFound}>
        <th role="rowheader" scope="row" data-column="currency">
          <span class="code">{code}</span>
          {label !== null && <span class="origin">{label}</span>}
          {mark !== null && (
            <span class="mark" title={`Account ${holding.account_id}`}>
              {mark}
            </span>
          )}
        </th>
        {AMOUNTS.map((column) => (
          <td key={column} role="cell" data-column={column}>
            <span class="label" aria-hidden="true">
              {COLUMN_NAMES[column]}
            </span>
            <Amount
              amount={holding[column]}
              what={`${name}, ${COLUMN_NAMES[column].toLowerCase()}`}
              isHidden={isHidden}
              isStop={stop === column}
              scale={scales[column]}
              format={format}
              copy={copy}
            />
            {column === "hold" && !isHidden && (
              <HoldShare hold={holding.hold} balance={holding.balance} />
            )}
          </td>
        ))}
      </tr>
    );
  },
);

interface AmountProps {
  amount: string;
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
export function Amount({ amount, what, isHidden, isStop, scale, format, copy }: AmountProps) {
  if (isHidden) {
    return (
      <span class="amount">
        <span class="visually-hidden">hidden</span>
        <span class="masked" aria-hidden="true">
          ••••
        </span>
      </span>
    );
  }
  const parts = format(amount, scale);
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

/** How much of the balance is on hold, as a bar; the figure is beside it. */
export function HoldShare({ hold, balance }: { hold: string; balance: string }) {
  const share = shareOnHold(hold, balance);
  return (
    <span class="share" data-empty={share === null}>
      {share && (
        <>
          <svg
            class="bar"
            viewBox="0 0 1000 10"
            preserveAspectRatio="none"
            role="img"
            aria-label={`${share.text.replace("<", "under ")} of the balance is on hold`}
          >
            <rect class="bar-all" width="1000" height="10" />
            <rect class="bar-held" width={Math.max(15, share.permille)} height="10" />
          </svg>
          <span class="share-text" aria-hidden="true">
            {share.text}
          </span>
        </>
      )}
    </span>
  );
}

/** Draws again only when a property is another one: preact/compat has it, with much besides. */
export function memo<P extends object>(view: (props: P) => ComponentChildren) {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Record<string, unknown>;
      const then = next as Record<string, unknown>;
      return Object.keys({ ...now, ...then }).some(
        (name) => name !== "children" && now[name] !== then[name],
      );
    }

    override render() {
      return h(view as never, this.props);
    }
  };
}
