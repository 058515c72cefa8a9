import { useMemo } from "preact/hooks";
import type { History } from "../../api/history.ts";
import { across, axisFor, heightOn, nearest } from "../../chart/scale.ts";
import { dayWords } from "../../days.ts";
import { type Manner, Masked, useWritten } from "../../shell/figure.tsx";
import { finding } from "./finding.ts";
import { pointByKey } from "./keys.ts";
import { type Layer, stacked } from "./layers.ts";
import { Lines, Moves, Stack } from "./marks.tsx";
import { useSize } from "./size.ts";

export interface ChartProps extends Manner {
  history: History;
  /** Drawn on each other in place of the line; none for the line. */
  layers: Layer[];
  /** The point that is read. */
  index: number;
  setIndex: (index: number) => void;
}

/** Below the days, for what was moved in and out. */
const MOVES_PX = 26;

const compact = new Intl.NumberFormat(undefined, {
  notation: "compact",
  maximumSignificantDigits: 4,
});

/** A picture of the value, and a slider over it to read a day. */
export function Chart({ history, layers, index, setIndex, digits, isHidden }: ChartProps) {
  const { points, currency } = history;
  const [area, { width, height }] = useSize<HTMLDivElement>();
  const written = useWritten({ digits });
  const room = Math.max(1, height - MOVES_PX);
  const stack = useMemo(() => stacked(layers, points), [layers, points]);
  const axis = useMemo(() => {
    const lines = points.flatMap(({ value }) => (value === null ? [] : [Number(value)]));
    const tops = stack.flatMap((layer) => layer.map(({ top }) => top ?? 0));
    return axisFor([...lines, ...tops], { fromZero: stack.length > 0 });
  }, [points, stack]);
  const x = across(points.length, width);
  const y = heightOn(axis, room);
  const point = points[index];
  const read = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const { left } = event.currentTarget.getBoundingClientRect();
    setIndex(nearest(event.clientX - left, points.length, width));
  };
  return (
    <div class="chart">
      <div class="chart-heights" aria-hidden="true">
        {[...axis.ticks].reverse().map((tick) => (
          <span key={tick}>{isHidden ? <Masked /> : compact.format(tick)}</span>
        ))}
      </div>
      <div class="chart-area" ref={area}>
        <svg
          class="chart-picture"
          role="img"
          aria-labelledby="chart-title chart-finding"
          viewBox={`0 0 ${Math.max(1, width)} ${Math.max(1, height)}`}
        >
          <title id="chart-title">
            {layers.length > 0 ? "Value of each asset by day." : "Value by day."}
          </title>
          <desc id="chart-finding">{finding(history, isHidden ? null : written)}</desc>
          <g aria-hidden="true">
            {axis.ticks.map((tick) => (
              <line key={tick} class="chart-tick" x1="0" x2={width} y1={y(tick)} y2={y(tick)} />
            ))}
            {stack.length > 0 ? (
              <Stack stack={stack} x={x} y={y} />
            ) : (
              <Lines points={points} x={x} y={y} />
            )}
            <Moves points={points} x={x} top={room} />
            {point && (
              <g class="chart-read">
                <line x1={x(index)} x2={x(index)} y1="0" y2={room} />
                {point.value !== null && <circle cx={x(index)} cy={y(Number(point.value))} r="4" />}
              </g>
            )}
          </g>
        </svg>
        <div
          class="chart-days"
          role="slider"
          tabIndex={0}
          aria-label="Day to read"
          aria-valuemin={0}
          aria-valuemax={Math.max(0, points.length - 1)}
          aria-valuenow={index}
          aria-valuetext={point ? dayWords(point.date) : "none"}
          onPointerDown={read}
          onPointerMove={read}
          onKeyDown={(event) => {
            if (event.altKey || event.ctrlKey || event.metaKey) return;
            const next = pointByKey(event.key, index, points.length);
            if (next === null) return;
            event.preventDefault();
            setIndex(next);
          }}
        />
      </div>
      <div class="chart-dates small" aria-hidden="true">
        {datesOf(history).map((date) => (
          <span key={date}>{dayWords(date)}</span>
        ))}
      </div>
      <span class="visually-hidden">Values are in {currency}.</span>
    </div>
  );
}

/** The first, the middle and the last day; each once. */
function datesOf({ points }: History): string[] {
  const last = points.length - 1;
  const dates = [0, Math.round(last / 2), last].map((index) => points[index]?.date ?? "");
  return [...new Set(dates)].filter((date) => date !== "");
}
