import type { Point } from "../../api/history.ts";
import { compareDecimals, sum } from "../../money.ts";
import { number, shownCode } from "../../words.ts";

/** A part of the value, over all points. */
export interface Layer {
  /** A currency's code; null for all the others together. */
  code: string | null;
  name: string;
  /** One for each point; null where it is not known. */
  values: (string | null)[];
}

/** So many are told apart by a picture; the others are one. */
const MOST_LAYERS = 6;

/** What the value was made of, what was ever worth most first. Empty where it was not asked for. */
export function layersOf(points: readonly Point[]): Layer[] {
  const most = new Map<string, string>();
  for (const { currency, value } of points.flatMap(({ assets }) => assets ?? [])) {
    const before = most.get(currency);
    if (value !== null && (before === undefined || compareDecimals(value, before) > 0)) {
      most.set(currency, value);
    }
  }
  const codes = [...most]
    .sort(([mine, one], [yours, other]) => compareDecimals(other, one) || (mine < yours ? -1 : 1))
    .map(([code]) => code);
  const first = codes.length > MOST_LAYERS ? codes.slice(0, MOST_LAYERS - 1) : codes;
  const others = codes.slice(first.length);
  const layers: Layer[] = first.map((code) => ({
    code,
    name: shownCode(code),
    values: points.map((point) => valueOf(point, [code])),
  }));
  if (others.length > 0) {
    const values = points.map((point) => valueOf(point, others));
    layers.push({ code: null, name: `Other (${number(others.length)} currencies)`, values });
  }
  return layers;
}

/** What was not held was worth nothing; what was held and has no value is not known. */
function valueOf({ assets, value }: Point, codes: readonly string[]): string | null {
  if (value === null || assets === null) return null;
  const held = assets.filter(({ currency }) => codes.includes(currency));
  const known = held.map((asset) => asset.value).filter((each) => each !== null);
  return known.length === 0 && held.length > 0 ? null : sum(known);
}

/** By layer, the heights between which it lies at each point; null where the whole is not known. */
export function stacked(
  layers: readonly Layer[],
  points: readonly Point[],
): { bottom: number; top: number | null }[][] {
  const heights = points.map(() => 0);
  return layers.map(({ values }) =>
    values.map((value, index) => {
      const bottom = heights[index] ?? 0;
      const top = bottom + Number(value ?? 0);
      heights[index] = top;
      return { bottom, top: points[index]?.value == null ? null : top };
    }),
  );
}
