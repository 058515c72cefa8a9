import { useCallback, useMemo } from "preact/hooks";
import type { Statement } from "../../api/history.ts";
import { readStatement } from "../../api/read-history.ts";
import { hasSession } from "../../auth/session.ts";
import { addDays, isDay, longDayWords } from "../../days.ts";
import { allDigits, fewDigits, useAllDigits } from "../../digits.ts";
import { useAsked } from "../../shell/asked.ts";
import { CurrencySwitch } from "../../shell/currency.tsx";
import { Figure, type Manner } from "../../shell/figure.tsx";
import type { ViewProps } from "../../shell/frame.tsx";
import { Link, ViewTitle } from "../../shell/link.tsx";
import { Notice } from "../../shell/notice.tsx";
import { NotRead } from "../../shell/outcome.tsx";
import { go } from "../../shell/route.ts";
import { DigitsButton, ExportButton } from "../../shell/tools.tsx";
import { useStore } from "../../store.ts";
import { count, shownCode } from "../../words.ts";
import { Agreement } from "./agreement.tsx";
import { statementCsv } from "./csv.ts";
import { HoldingsThen } from "./holdings-then.tsx";
import { WHY_WORDS } from "./known.ts";
import { Progress } from "./progress.tsx";
import { useToday } from "./today.ts";

/** What was held at the end of a day, and what it was worth by the closes of that day. */
export function StatementView({ date, ...view }: ViewProps & { date: string }) {
  const { figures } = useStore(view.reader.reading);
  const today = useToday(figures);
  return (
    <>
      <p class="back">
        <Link to="/history">History</Link>
      </p>
      <ViewTitle title={`Statement of ${longDayWords(date)}`} tab={`Statement ${date}`} />
      <div class="row print-none">
        <label class="narrow statement-day">
          <span>Day</span>
          <input
            type="date"
            value={date}
            max={addDays(today, -1)}
            onChange={({ currentTarget: { value } }) => {
              // A step for each day that is passed on the way would fill the history.
              if (isDay(value) && value !== date) go(`/history/${value}`, { replace: true });
            }}
          />
        </label>
        <button
          type="button"
          class="button"
          onClick={() => {
            print();
          }}
        >
          Print
        </button>
      </div>
      {date < today ? (
        <Read {...view} date={date} />
      ) : (
        <Notice tone="info" title="This day has not ended yet">
          <p>A statement is of a whole day, as UTC counts days. The last one is yesterday’s.</p>
        </Notice>
      )}
    </>
  );
}

function Read({ state, reader, send, isHidden, say, date }: ViewProps & { date: string }) {
  const [isAllDigits, setAllDigits] = useAllDigits();
  const currency = useStore(reader.currency);
  const ask = useCallback(() => readStatement(send, date, currency), [send, date, currency]);
  const { value, failure, isAsking, again } = useAsked(hasSession(state), ask);
  // The one of the day before must not stand under this day's name.
  const statement = value?.date === date ? value : null;
  const labels = useMemo(
    () => new Map(statement?.connections.map(({ connection_id: id, label }) => [id, label])),
    [statement],
  );
  const manner = { digits: isAllDigits ? allDigits : fewDigits, isHidden };
  if (failure) return <NotRead failure={failure} again={again} say={say} />;
  if (statement === null) return <p role="status">Opening…</p>;
  const { holdings, connections } = statement;
  const file = () =>
    holdings.length === 0
      ? null
      : {
          name: `statement-${date}.csv`,
          content: statementCsv(statement, labels),
          done: `${count(holdings.length, "balance")} exported with all digits.`,
        };
  return (
    <>
      <section class="sheet" aria-label="Balances" aria-busy={isAsking}>
        <div class="toolbar">
          <Total statement={statement} {...manner} />
          <CurrencySwitch reader={reader} current={statement.currency} say={say} />
          <DigitsButton isAllDigits={isAllDigits} setAllDigits={setAllDigits} />
          <ExportButton isHidden={isHidden} file={file} say={say} />
        </div>
        {holdings.length === 0 ? (
          <div class="nothing">
            <h2>Nothing is known to have been held</h2>
            <p>No balance of that day is known.</p>
          </div>
        ) : (
          <HoldingsThen statement={statement} labels={labels} {...manner} />
        )}
      </section>
      {statement.warnings.map(({ code, detail }) => (
        <Notice key={code} tone="info" title="About this day">
          <p>{detail}</p>
        </Notice>
      ))}
      {connections.length > 0 && (
        <>
          <Agreement
            connections={connections}
            assets={new Set(holdings.map((held) => held.currency)).size}
            {...manner}
          />
          <Progress connections={connections} />
        </>
      )}
    </>
  );
}

function Total({ statement, ...manner }: Manner & { statement: Statement }) {
  const { value, currency, complete, excluded } = statement;
  return (
    <div class="statement-total">
      <p class="worth-label">{complete ? "Total value" : "Total value of what has one"}</p>
      <p class="statement-value">
        {value === null ? (
          "Not known"
        ) : (
          <>
            <Figure amount={value} currency={currency} {...manner} /> {shownCode(currency)}
          </>
        )}
      </p>
      <p class="small">{complete ? "Complete: everything listed has a value." : "Not complete."}</p>
      {excluded.map(({ currency: code, reason, amount }) => (
        <p key={code} class="small">
          Left out: {amount !== null && <Figure amount={amount} currency={code} {...manner} />}{" "}
          <b>{shownCode(code)}</b>, {WHY_WORDS[reason]}.
        </p>
      ))}
    </div>
  );
}
