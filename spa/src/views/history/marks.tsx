import type { Point } from "../../api/history.ts";
import { areaPath, linePaths } from "../../chart/line.ts";
import { isZero } from "../../money.ts";
import type { stacked } from "./layers.ts";

type Place = (of: number) => number;

/** The value as a line: broken where nothing is known, dashed where it is carried over. */
export function Lines({ points, x, y }: { points: readonly Point[]; x: Place; y: Place }) {
  const { solid, dashed } = linePaths(
    points.map(({ value, carried }, index) => ({
      x: x(index),
      y: value === null ? null : y(Number(value)),
      carried,
    })),
  );
  return (
    <>
      <path class="chart-line" d={solid} />
      <path class="chart-line chart-carried" d={dashed} />
    </>
  );
}

export function Stack({ stack, x, y }: { stack: ReturnType<typeof stacked>; x: Place; y: Place }) {
  return (
    <>
      {stack.map((layer, index) => (
        <path
          key={index}
          class="chart-layer"
          data-slice={index}
          d={areaPath(
            layer.map(({ bottom, top }, at) => ({
              x: x(at),
              top: top === null ? null : y(top),
              bottom: y(bottom),
            })),
          )}
        />
      ))}
    </>
  );
}

/** Triangles: upwards and filled for what came in, downwards and hollow for what went out. */
export function Moves({ points, x, top }: { points: readonly Point[]; x: Place; top: number }) {
  return (
    <>
      {points.map(({ date, deposits, withdrawals }, index) => (
        <g key={date}>
          {hasMoved(deposits) && <path class="chart-deposit" d={deposit(x(index), top + 3)} />}
          {hasMoved(withdrawals) && (
            <path class="chart-withdrawal" d={withdrawal(x(index), top + 15)} />
          )}
        </g>
      ))}
    </>
  );
}

/** null: something moved that has no price. */
export function hasMoved(amount: string | null): boolean {
  return amount === null || !isZero(amount);
}

export function deposit(x: number, y: number): string {
  return `M${x} ${y}l5 9h-10Z`;
}

export function withdrawal(x: number, y: number): string {
  return `M${x - 5} ${y}h10l-5 9Z`;
}
