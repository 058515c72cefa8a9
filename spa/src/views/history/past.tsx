import { useCallback, useMemo, useState } from "preact/hooks";
import type { History } from "../../api/history.ts";
import { hasSession } from "../../auth/session.ts";
import { allDigits, fewDigits, useAllDigits } from "../../digits.ts";
import { useAsked } from "../../shell/asked.ts";
import { CurrencySwitch } from "../../shell/currency.tsx";
import type { ViewProps } from "../../shell/frame.tsx";
import { Link, ViewTitle } from "../../shell/link.tsx";
import { Notice } from "../../shell/notice.tsx";
import { NotRead } from "../../shell/outcome.tsx";
import { DigitsButton, ExportButton } from "../../shell/tools.tsx";
import { useStore } from "../../store.ts";
import { count } from "../../words.ts";
import { Agreement } from "./agreement.tsx";
import { Chart, type ChartProps } from "./chart.tsx";
import { historyCsv } from "./csv.ts";
import { Day } from "./day.tsx";
import { gaps } from "./finding.ts";
import { layersOf } from "./layers.ts";
import { LayersLegend, MarksLegend } from "./legend.tsx";
import { usePlace } from "./place.ts";
import { PointsTable } from "./points.tsx";
import { Progress } from "./progress.tsx";
import { readRange } from "./range.ts";
import { Ranges } from "./ranges.tsx";
import { useReads } from "./reads.ts";
import { assetsHeld, useToday } from "./today.ts";

/** What everything was worth, day by day, and how much of that is known. */
export function Past({ state, reader, send, isHidden, say }: ViewProps) {
  const [place, setPlace] = usePlace();
  const [isAllDigits, setAllDigits] = useAllDigits();
  const currency = useStore(reader.currency);
  const { figures } = useStore(reader.reading);
  const today = useToday(figures);
  const { range, isByAsset, hasTable } = place;
  const ask = useCallback(
    () => readRange(send, { range, today, currency, isByAsset }),
    [send, range, today, currency, isByAsset],
  );
  const { value: history, failure, isAsking, again } = useAsked(hasSession(state), ask);
  const reads = useReads(send, history, again);
  // What a share of the whole is, is an amount too: while amounts are hidden there is the line alone.
  const isStacked = isByAsset && !isHidden;
  const layers = useMemo(
    () => (history && isStacked ? layersOf(history.points) : []),
    [history, isStacked],
  );
  const manner = { digits: isAllDigits ? allDigits : fewDigits, isHidden };
  const isEmpty = history?.points.every(({ value }) => value === null) ?? false;
  const file = () =>
    !history || history.points.length === 0
      ? null
      : {
          name: `history-${history.from ?? ""}-${history.to}.csv`,
          content: historyCsv(history, layers),
          done: `${count(history.points.length, history.interval)} exported with all digits.`,
        };
  return (
    <>
      <ViewTitle title="History" tab="History" />
      {failure && <NotRead failure={failure} again={again} say={say} />}
      {(history !== null || failure === null) && (
        <section class="sheet history" aria-label="Value by day" aria-busy={isAsking}>
          <div class="toolbar">
            <Ranges
              range={range}
              choose={(chosen) => {
                setPlace({ ...place, range: chosen });
              }}
            />
            <Toggle
              isOn={isByAsset}
              set={(on) => {
                setPlace({ ...place, isByAsset: on });
              }}
            >
              By asset
            </Toggle>
            <Toggle
              isOn={hasTable}
              set={(on) => {
                setPlace({ ...place, hasTable: on });
              }}
            >
              Table
            </Toggle>
            <span class="space" />
            {history !== null && (
              <CurrencySwitch reader={reader} current={history.currency} say={say} />
            )}
            <DigitsButton isAllDigits={isAllDigits} setAllDigits={setAllDigits} />
            <ExportButton isHidden={isHidden} file={file} say={say} />
          </div>
          {history === null && <ToCome />}
          {history !== null && isEmpty && <NothingKnown history={history} />}
          {history !== null && !isEmpty && (
            <Picture
              key={historyKey(history)}
              isByAsset={isStacked}
              {...{ history, layers, ...manner }}
            />
          )}
          {history !== null && !isEmpty && hasTable && (
            <PointsTable history={history} layers={layers} {...manner} />
          )}
        </section>
      )}
      {history?.warnings.map(({ code, detail }) => (
        <Notice key={code} tone="info" title="About these days">
          <p>{detail}</p>
        </Notice>
      ))}
      {reads.length > 0 && (
        <>
          <Progress connections={reads} />
          <Agreement connections={reads} assets={assetsHeld(figures)} {...manner} />
        </>
      )}
    </>
  );
}

/** Of which days it is: another one starts to be read at its last day. */
function historyKey({ from, to, interval, points }: History): string {
  return [from, to, interval, points.length].join(" ");
}

interface PictureProps extends Omit<ChartProps, "index" | "setIndex"> {
  /** Whether the layers are shown, or on their way. */
  isByAsset: boolean;
}

function Picture({ history, layers, isByAsset, digits, isHidden }: PictureProps) {
  const { points, currency } = history;
  const [index, setIndex] = useState(() => points.findLastIndex(({ value }) => value !== null));
  const point = points[index];
  const manner = { digits, isHidden };
  return (
    <>
      {point && <Day point={point} currency={currency} {...manner} />}
      <Chart {...{ history, layers, index, setIndex, ...manner }} />
      {isByAsset && <LayersLegend {...{ layers, index, currency, ...manner }} />}
      <MarksLegend />
      <div class="history-gaps small">
        {gaps(history).map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
    </>
  );
}

interface ToggleProps {
  isOn: boolean;
  set: (on: boolean) => void;
  children: string;
}

function Toggle({ isOn, set, children }: ToggleProps) {
  return (
    <button
      type="button"
      class="button button-plain"
      aria-pressed={isOn}
      onClick={() => {
        set(!isOn);
      }}
    >
      {children}
    </button>
  );
}

/** The place of what is coming, so that nothing jumps when it comes. */
function ToCome() {
  return (
    <div class="history-to-come skeleton" role="status">
      Opening…
    </div>
  );
}

function NothingKnown({ history }: { history: History }) {
  return (
    <div class="nothing">
      <h2>No day is known yet</h2>
      {history.connections.length === 0 ? (
        <p>
          Connect an account: its past is read by itself then.{" "}
          <Link to="/connections" class="link">
            Connections
          </Link>
        </p>
      ) : (
        <p>Days appear here as they are read, and from now on one more with every day.</p>
      )}
    </div>
  );
}
