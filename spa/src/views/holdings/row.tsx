import { Component, type ComponentChildren, Fragment, h } from "preact";
import type { Holding } from "../../api/shapes.ts";
import {
  type AmountFormat,
  type Share,
  joined,
  percentOf,
  shareOf,
  shareOnHold,
} from "../../money.ts";
import { ARROWS, Masked, wayOf } from "../../shell/figure.tsx";
import { Amount } from "./amount.tsx";
import { type Digits, changeDigits } from "../../digits.ts";
import { shownCode } from "../../words.ts";
import { AMOUNTS, type AmountColumn, COLUMN_NAMES } from "./place.ts";
import { PriceLine } from "./price.tsx";
import { Spark } from "./spark.tsx";
import type { Trend } from "./trend.ts";

interface HoldingRowProps {
  holding: Holding;
  /** Tells accounts of one currency apart; null when there is one. */
  mark: string | null;
  /** Of its connection; null when there is one. */
  label: string | null;
  /** What all of it is worth, of which this is a share; null where that is not known. */
  total: string | null;
  /** What values are in; null where none are known at all. */
  valuedIn: string | null;
  /** Of its price over 30 days; null where that is not known. */
  trend: Trend | null;
  /** In milliseconds, to the minute. */
  now: number;
  isHidden: boolean;
  isFound: boolean;
  /** The column in it where Tab stops, if it does. */
  stop: AmountColumn | null;
  scales: Scales;
  digits: Digits;
  format: AmountFormat;
  copy: (amount: string, what: string) => void;
}

export type Scales = Record<AmountColumn, number>;

export const HoldingRow = memo((row: HoldingRowProps) => {
  const { holding, mark, label, total, valuedIn, trend, now, isHidden, isFound } = row;
  const { stop, scales, digits, format, copy } = row;
  const code = shownCode(holding.currency);
  const name = [code, mark, label].filter((part) => part !== null).join(" ");
  return (
    <tr role="row" hidden={!isFound}>
      <th role="rowheader" scope="row" data-column="currency">
        {valuedIn !== null && <Disc code={code} />}
        <span class="code">{code}</span>
        {holding.name !== null && holding.name !== holding.currency && (
          <span class="name">{shownCode(holding.name)}</span>
        )}
        {label !== null && <span class="origin">{label}</span>}
        {mark !== null && (
          <span class="mark" title={`Account ${holding.account_id}`}>
            {mark}
          </span>
        )}
      </th>
      {AMOUNTS.filter((column) => valuedIn !== null || column !== "value").map((column) => {
        const amount = holding[column];
        const currency = column === "value" ? (valuedIn ?? "") : holding.currency;
        return (
          <Fragment key={column}>
            <td role="cell" data-column={column}>
              <span class="label" aria-hidden="true">
                {COLUMN_NAMES[column]}
              </span>
              {amount === null ? (
                <span class="amount">
                  <span aria-hidden="true">–</span>
                  <span class="visually-hidden">no value</span>
                </span>
              ) : (
                <Amount
                  amount={amount}
                  shown={digits(amount, currency)}
                  what={`${name}, ${COLUMN_NAMES[column].toLowerCase()}`}
                  isHidden={isHidden}
                  isStop={stop === column}
                  scale={scales[column]}
                  format={format}
                  copy={copy}
                />
              )}
              {column === "hold" && !isHidden && (
                <HoldShare hold={holding.hold} balance={holding.balance} />
              )}
              {column === "value" && amount !== null && total !== null && !isHidden && (
                <ValueShare value={amount} total={total} />
              )}
            </td>
            {column === "value" && (
              <td role="cell" data-column="change">
                <span class="label" aria-hidden="true">
                  {COLUMN_NAMES.change}
                </span>
                <DayChange
                  change={holding.change_24h}
                  currency={valuedIn ?? ""}
                  isHidden={isHidden}
                  digits={digits}
                  format={format}
                />
              </td>
            )}
          </Fragment>
        );
      })}
      {valuedIn !== null && (
        <td role="cell" data-column="price">
          <span class="visually-hidden">Price: </span>
          {isHidden ? (
            <span />
          ) : (
            <>
              <PriceLine holding={holding} currency={valuedIn} now={now} format={format} />
              {trend !== null && <Spark trend={trend} />}
            </>
          )}
        </td>
      )}
    </tr>
  );
});

/** Letters in a disc: what an icon would say, without asking anybody for one. */
function Disc({ code }: { code: string }) {
  const letters = code.match(/[\p{L}\p{N}]/gu)?.slice(0, code.length > 4 ? 1 : 3) ?? ["?"];
  const hue = (code.charCodeAt(0) + code.charCodeAt(code.length - 1) * 3) % 6;
  return (
    <span class="disc" data-hue={hue} aria-hidden="true">
      {letters.join("")}
    </span>
  );
}

/** How the value changed in 24 hours; nothing where no price of then is known. */
function DayChange({
  change,
  currency,
  isHidden,
  digits,
  format,
}: Pick<HoldingRowProps, "isHidden" | "digits" | "format"> & {
  change: Holding["change_24h"];
  currency: string;
}) {
  if (change === null) {
    return (
      <span class="amount">
        <span aria-hidden="true">–</span>
        <span class="visually-hidden">not known</span>
      </span>
    );
  }
  if (isHidden)
    return (
      <span class="amount">
        <Masked />
      </span>
    );
  const way = wayOf(change.ratio ?? change.amount);
  return (
    <span class="amount day" data-way={way}>
      <span>
        <span class="way" aria-hidden="true">
          {ARROWS[way]}
        </span>{" "}
        {change.ratio === null ? "new" : percentOf(change.ratio)}
      </span>
      <span class="day-amount">
        {joined(format(changeDigits(digits, change.amount, currency)))}
      </span>
    </span>
  );
}

/** How much of the balance is on hold, as a bar; the figure is beside it. */
export function HoldShare({ hold, balance }: { hold: string; balance: string }) {
  return <ShareBar share={shareOnHold(hold, balance)} of="of the balance is on hold" />;
}

function ValueShare({ value, total }: { value: string; total: string }) {
  return <ShareBar share={shareOf(value, total)} of="of the total" />;
}

function ShareBar({ share, of }: { share: Share | null; of: string }) {
  return (
    <span class="share" data-empty={share === null}>
      {share && (
        <>
          <svg
            class="bar"
            viewBox="0 0 1000 10"
            preserveAspectRatio="none"
            role="img"
            aria-label={`${share.text.replace("<", "under ")} ${of}`}
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
