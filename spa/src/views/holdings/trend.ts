/** The price of each asset over 30 days. Loaded when the holdings have been shown. */

import type { Send } from "../../api/client.ts";
import type { AssetPoint, History } from "../../api/history.ts";
import { readHistory } from "../../api/read-history.ts";
import { type LinePaths, linePaths } from "../../chart/line.ts";
import { across, heightOn } from "../../chart/scale.ts";
import { addDays } from "../../days.ts";
import { percentOf } from "../../money.ts";

export interface Trend {
  paths: LinePaths;
  /** "Price in 30 days: +1.25%" */
  words: string;
}

const DAYS = 30;
export const WIDTH = 72;
export const HEIGHT = 16;

/** By currency; none where the API does not say. `today` is a day. */
export async function readTrends(
  send: Send,
  { today, currency }: { today: string; currency: string },
): Promise<Map<string, Trend>> {
  const answer = await readHistory(send, { by: "asset", from: addDays(today, -DAYS), currency });
  return answer.kind === "done" ? trendsOf(answer.value) : new Map<string, Trend>();
}

export function trendsOf({ points, currency: valuedIn }: History): Map<string, Trend> {
  const codes = new Set(points.flatMap(({ assets }) => assets ?? []).map((each) => each.currency));
  codes.delete(valuedIn);
  const trends = new Map<string, Trend>();
  for (const code of codes) {
    const closes = points.map(({ assets, date }) =>
      closeOf(
        assets?.find(({ currency }) => currency === code),
        date,
      ),
    );
    const trend = trendOf(closes);
    if (trend) trends.set(code, trend);
  }
  return trends;
}

interface DayClose {
  close: number;
  carried: boolean;
}

function closeOf(asset: AssetPoint | undefined, date: string): DayClose | null {
  if (asset?.close == null) return null;
  return { close: Number(asset.close), carried: asset.close_date !== date };
}

function trendOf(closes: readonly (DayClose | null)[]): Trend | null {
  const known = closes.filter((close) => close !== null);
  const [first, last] = [known.at(0), known.at(-1)];
  if (!first || !last || known.length < 2 || first.close <= 0) return null;
  const heights = known.map(({ close }) => close);
  const [least, most] = [Math.min(...heights), Math.max(...heights)];
  // One that never moves goes through the middle.
  const ticks = most > least ? [least, most] : [least - 1, least + 1];
  const [x, y] = [across(closes.length, WIDTH), heightOn({ ticks }, HEIGHT)];
  const paths = linePaths(
    closes.map((each, index) => ({
      x: x(index),
      y: each === null ? null : y(each.close),
      carried: each?.carried ?? false,
    })),
  );
  const change = ((last.close - first.close) / first.close).toFixed(6);
  return { paths, words: `Price in ${DAYS} days: ${percentOf(change)}` };
}
