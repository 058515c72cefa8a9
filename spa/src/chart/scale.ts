/** Where a number is drawn. Only for drawing: the figures beside a picture are the truth. */

export interface Axis {
  /** Round numbers at equal distances, the least first; all that is drawn lies between the ends. */
  ticks: number[];
}

/** About so many steps between the ends. */
const STEPS = 4;

/** An axis for these values, from zero where `fromZero`. One value alone has room on both sides. */
export function axisFor(values: readonly number[], { fromZero = false } = {}): Axis {
  const all = fromZero ? [0, ...values] : [...values];
  if (all.length === 0) return { ticks: [0, 1] };
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const room = most > least ? 0 : Math.abs(most) / 10 || 1;
  const step = roundStep((most - least + 2 * room) / STEPS);
  const first = Math.floor((least - (fromZero ? 0 : room)) / step);
  const last = Math.max(first + 1, Math.ceil((most + room) / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { ticks };
}

/** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const times = [1, 2, 2.5, 5, 10].find((each) => each * power >= step * (1 - 1e-9)) ?? 10;
  return times * power;
}

/** Where a value lies on an axis that is drawn from `height` (the least) up to 0. */
export function heightOn({ ticks }: Axis, height: number): (value: number) => number {
  const [least, most] = [ticks.at(0) ?? 0, ticks.at(-1) ?? 1];
  return (value) => height - ((value - least) / (most - least)) * height;
}

/** Where the one of `count` points at `index` lies: the first at 0, the last at `width`. */
export function across(count: number, width: number): (index: number) => number {
  return (index) => (count < 2 ? width / 2 : (index / (count - 1)) * width);
}

/** The point that is nearest to a place, as `across` has them. */
export function nearest(place: number, count: number, width: number): number {
  if (count < 2 || width <= 0) return 0;
  const index = Math.round((place / width) * (count - 1));
  return Math.max(0, Math.min(count - 1, index));
}
