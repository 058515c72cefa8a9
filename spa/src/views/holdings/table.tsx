import { useMemo } from "preact/hooks";
import type { Holding } from "../../api/shapes.ts";
import { amountFormat, scaleOf } from "../../money.ts";
import { type Digits, allDigits } from "../../digits.ts";
import { SortIcon } from "../../shell/icons.tsx";
import { arrowKeys, useTabStop } from "./focus.ts";
import { accountMarks, holdingKey } from "./listing.ts";
import { type AmountColumn, COLUMNS, COLUMN_NAMES, type Place, sortedBy } from "./place.ts";
import { HoldingRow, type Scales } from "./row.tsx";
import type { Trend } from "./trend.ts";

/** Longer fractions than any API of ours sends would leave no room for what is before the point. */
const ALIGNED_AT_MOST = 16;

interface HoldingsTableProps {
  /** All of them, in order: a filter hides rows, as making 500 anew for each key takes too long. */
  rows: readonly Holding[];
  /** Those that the filter leaves. */
  found: readonly Holding[];
  /** Of connections by id, where there are several. */
  labels: ReadonlyMap<string, string>;
  /** What all of it is worth, null where that is not known; and in which currency. */
  total: string | null;
  valuedIn: string | null;
  /** Of prices, by currency. */
  trends: ReadonlyMap<string, Trend>;
  place: Place;
  setPlace: (place: Place) => void;
  digits: Digits;
  /** The server's clock, in milliseconds, to the minute. */
  now: number;
  isHidden: boolean;
  copy: (amount: string, what: string) => void;
}

/** The roles are the elements' own; written out, because CSS lays it out as cards on a phone. */
export function HoldingsTable({
  rows,
  found,
  labels,
  total,
  valuedIn,
  trends,
  place,
  setPlace,
  digits,
  now,
  isHidden,
  copy,
}: HoldingsTableProps) {
  const marks = useMemo(() => accountMarks(rows), [rows]);
  const format = useMemo(() => amountFormat(), []);
  const scales = useMemo(() => widestScales(rows, digits, valuedIn), [rows, digits, valuedIn]);
  const left = useMemo(() => new Set(found), [found]);
  const [stop, moveStop] = useTabStop(rows, left);
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions --
          the keys belong to the buttons in it; one listener serves 1500 of them */}
      <table
        role="table"
        class="holdings"
        data-valued={valuedIn !== null}
        data-digits={digits === allDigits ? "all" : "few"}
        aria-describedby="holdings-keys"
        onKeyDown={arrowKeys}
        onFocusIn={moveStop}
      >
        <caption class="visually-hidden">Holdings by currency</caption>
        <ColumnHeads place={place} setPlace={setPlace} isValued={valuedIn !== null} />
        <tbody role="rowgroup">
          {rows.map((holding) => (
            <HoldingRow
              key={holdingKey(holding)}
              holding={holding}
              mark={marks.get(holdingKey(holding)) ?? null}
              label={labels.get(holding.connection_id) ?? null}
              total={total}
              valuedIn={valuedIn}
              trend={trends.get(holding.currency) ?? null}
              now={now}
              isHidden={isHidden}
              isFound={left.has(holding)}
              stop={holdingKey(holding) === stop.key ? stop.column : null}
              scales={scales}
              digits={digits}
              format={format}
              copy={copy}
            />
          ))}
        </tbody>
      </table>
      <p id="holdings-keys" class="visually-hidden">
        Arrow keys, Home and End move between amounts, Enter copies one.
      </p>
      {found.length === 0 && (
        <div class="nothing">
          <h2>
            {place.filter.trim() === "" ? "Nothing in this connection" : "No currency matches"}
          </h2>
          <p>
            {place.filter.trim() === ""
              ? "It has no holdings to show."
              : `Nothing that is listed has “${place.filter.trim()}” in its code or name.`}{" "}
            <button
              type="button"
              class="button button-small"
              onClick={() => {
                setPlace({ ...place, filter: "", connection: "" });
                document.getElementById("filter")?.focus();
              }}
            >
              Clear the filter
            </button>
          </p>
        </div>
      )}
    </>
  );
}

function widestScales(
  holdings: readonly Holding[],
  digits: Digits,
  valuedIn: string | null,
): Scales {
  // Fewer digits are as many in each row of a column, more or less: their points need no help.
  if (digits !== allDigits) return { value: 0, balance: 0, available: 0, hold: 0 };
  const widest = (column: AmountColumn) => {
    const scales = holdings.map((holding) => {
      const amount = holding[column];
      const currency = column === "value" ? valuedIn : holding.currency;
      return amount === null ? 0 : scaleOf(digits(amount, currency ?? ""));
    });
    const scale = Math.max(0, ...scales);
    return scale > ALIGNED_AT_MOST ? 0 : scale;
  };
  return {
    value: widest("value"),
    balance: widest("balance"),
    available: widest("available"),
    hold: widest("hold"),
  };
}

export function ColumnHeads({
  place,
  setPlace,
  isValued,
}: {
  place: Place;
  setPlace: (place: Place) => void;
  isValued: boolean;
}) {
  const columns = COLUMNS.filter(
    (column) => isValued || (column !== "value" && column !== "change"),
  );
  return (
    <thead role="rowgroup">
      <tr role="row">
        {columns.map((column) => {
          const isSorted = column === place.column;
          const sort = !isSorted ? "none" : place.descending ? "descending" : "ascending";
          return (
            <th key={column} role="columnheader" scope="col" aria-sort={sort} data-column={column}>
              <button
                type="button"
                class="head"
                onClick={() => {
                  setPlace(sortedBy(place, column));
                }}
              >
                {COLUMN_NAMES[column]}
                <SortIcon direction={!isSorted ? "none" : place.descending ? "down" : "up"} />
              </button>
            </th>
          );
        })}
        {isValued && (
          <th role="columnheader" scope="col" class="visually-hidden" data-column="price">
            Price
          </th>
        )}
      </tr>
    </thead>
  );
}
