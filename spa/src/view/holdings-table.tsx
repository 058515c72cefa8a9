import { useCallback, useMemo } from "preact/hooks";
import type { Holding } from "../api/answer.ts";
import { accountMarks } from "../holdings/accounts.ts";
import { sorted } from "../holdings/arrange.ts";
import type { Place } from "../holdings/place.ts";
import { scaleOf } from "../money/decimal.ts";
import { speller } from "../money/spelling.ts";
import { arrowKeys } from "./arrow-keys.ts";
import { ColumnHeads } from "./column-heads.tsx";
import { copyText } from "./copy.ts";
import { HoldingRow } from "./holding-row.tsx";

interface HoldingsTableProps {
  /** Filtering changes no width, and hides rows: making 500 anew for each key takes too long. */
  all: readonly Holding[];
  found: ReadonlySet<Holding>;
  place: Place;
  setPlace: (place: Place) => void;
  isHidden: boolean;
  say: (text: string) => void;
}

/** The roles are the elements' own; written out, because CSS lays it out as cards on a phone. */
export function HoldingsTable({ all, found, place, setPlace, isHidden, say }: HoldingsTableProps) {
  const marks = useMemo(() => accountMarks(all), [all]);
  const spell = useMemo(() => speller(), []);
  const scales = useMemo(() => widestScales(all), [all]);
  const { column, descending } = place;
  const rows = useMemo(() => sorted(all, { column, descending }), [all, column, descending]);
  const first = rows.find((holding) => found.has(holding));
  const copy = useCallback(
    (amount: string, what: string) => {
      void copyText(amount).then((done) => {
        say(done ? `Copied ${amount} (${what}).` : `The browser does not allow copying: ${amount}`);
      });
    },
    [say],
  );
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions --
          the keys belong to the buttons in it; one listener serves 1500 of them */}
      <table
        role="table"
        class="holdings"
        aria-describedby="holdings-keys"
        style={{
          "--balance-scale": scales.balance,
          "--available-scale": scales.available,
          "--hold-scale": scales.hold,
        }}
        onKeyDown={arrowKeys}
      >
        <caption class="unseen">Holdings by currency</caption>
        <ColumnHeads place={place} setPlace={setPlace} />
        <tbody role="rowgroup">
          {rows.map((holding) => (
            <HoldingRow
              key={holding.account_id}
              holding={holding}
              mark={marks.get(holding.account_id) ?? null}
              isHidden={isHidden}
              isFound={found.has(holding)}
              isFirst={holding === first}
              spell={spell}
              copy={copy}
            />
          ))}
        </tbody>
      </table>
      <p id="holdings-keys" class="unseen">
        Arrow keys move between amounts, Enter copies one.
      </p>
      {found.size === 0 && (
        <div class="nothing">
          <h2>No currency matches</h2>
          <p>
            Nothing that you hold has “{place.filter.trim()}” in its code.{" "}
            <button
              type="button"
              class="button button-small"
              onClick={() => {
                setPlace({ ...place, filter: "" });
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

function widestScales(holdings: readonly Holding[]): {
  balance: number;
  available: number;
  hold: number;
} {
  const widest = { balance: 0, available: 0, hold: 0 };
  for (const holding of holdings) {
    for (const column of ["balance", "available", "hold"] as const) {
      widest[column] = Math.max(widest[column], scaleOf(holding[column]));
    }
  }
  return widest;
}
