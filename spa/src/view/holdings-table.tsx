import { useCallback, useMemo, useState } from "preact/hooks";
import type { Holding } from "../api/answer.ts";
import { accountMarks } from "../holdings/accounts.ts";
import type { Place } from "../holdings/place.ts";
import { scaleOf } from "../money/decimal.ts";
import { speller } from "../money/spelling.ts";
import { arrowKeys } from "./arrow-keys.ts";
import { ColumnHeads } from "./column-heads.tsx";
import { copyText } from "./copy.ts";
import { AMOUNTS, type AmountColumn, HoldingRow, type Scales } from "./holding-row.tsx";

/** Longer fractions than any API of ours sends would leave no room for what is before the point. */
const ALIGNED_AT_MOST = 16;

interface HoldingsTableProps {
  /** All of them, in order: a filter hides rows, as making 500 anew for each key takes too long. */
  rows: readonly Holding[];
  /** Those that the filter leaves. */
  found: readonly Holding[];
  place: Place;
  setPlace: (place: Place) => void;
  isHidden: boolean;
  say: (text: string) => void;
}

/** The roles are the elements' own; written out, because CSS lays it out as cards on a phone. */
export function HoldingsTable({ rows, found, place, setPlace, isHidden, say }: HoldingsTableProps) {
  const marks = useMemo(() => accountMarks(rows), [rows]);
  const spell = useMemo(() => speller(), []);
  const scales = useMemo(() => widestScales(rows), [rows]);
  const left = useMemo(() => new Set(found), [found]);
  const [stop, moveStop] = useTabStop(rows, left);
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
        onKeyDown={arrowKeys}
        onFocusIn={moveStop}
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
              isFound={left.has(holding)}
              stop={holding.account_id === stop.account ? stop.column : null}
              scales={scales}
              spell={spell}
              copy={copy}
            />
          ))}
        </tbody>
      </table>
      <p id="holdings-keys" class="unseen">
        Arrow keys, Home and End move between amounts, Enter copies one.
      </p>
      {found.length === 0 && (
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

interface Stop {
  account: string | undefined;
  column: AmountColumn;
}

/** The amount where Tab stops: the one that had the focus last, or else the first that is found. */
function useTabStop(rows: readonly Holding[], found: ReadonlySet<Holding>) {
  const [last, setLast] = useState<Stop | null>(null);
  const move = useCallback(
    ({ target }: Event) => {
      const cell = target instanceof Element ? target.closest("td") : null;
      const row = cell?.closest("tr");
      const column = AMOUNTS.find((name) => name === cell?.dataset["column"]);
      if (!row || !column) return;
      const index = [...(row.parentElement?.children ?? [])].indexOf(row);
      setLast({ account: rows[index]?.account_id, column });
    },
    [rows],
  );
  const shown = rows.filter((holding) => found.has(holding));
  const isShown = shown.some(({ account_id: id }) => id === last?.account);
  const stop: Stop = last && isShown ? last : { account: shown[0]?.account_id, column: "balance" };
  return [stop, move] as const;
}

function widestScales(holdings: readonly Holding[]): Scales {
  const widest = (column: AmountColumn) => {
    const scale = Math.max(0, ...holdings.map((holding) => scaleOf(holding[column])));
    return scale > ALIGNED_AT_MOST ? 0 : scale;
  };
  return { balance: widest("balance"), available: widest("available"), hold: widest("hold") };
}
