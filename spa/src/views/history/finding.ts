import type { History, Point } from "../../api/history.ts";
import { dayWords } from "../../days.ts";
import { compareDecimals, percentOf } from "../../money.ts";
import { count } from "../../words.ts";

type Valued = Point & { value: string };

/**
 * What a picture of the history shows, in words; without any amount or share where `written` is
 * null.
 */
export function finding(
  history: History,
  written: ((amount: string, currency: string) => string) | null,
): string {
  const { points, currency } = history;
  const valued = points.filter((point): point is Valued => point.value !== null);
  const [first, last] = [valued.at(0), valued.at(-1)];
  if (!first || !last) return "Nothing is known of these days.";
  const said = written === null ? ["Amounts are hidden."] : amounts(valued, currency, written);
  return [...said, ...gaps(history)].join(" ");
}

function amounts(
  valued: readonly Valued[],
  currency: string,
  written: (amount: string, currency: string) => string,
): string[] {
  const [first, last] = [valued.at(0), valued.at(-1)];
  if (!first || !last) return [];
  const on = ({ value, date }: Valued) => `${written(value, currency)} on ${dayWords(date)}`;
  const inOrder = [...valued].sort((one, other) => compareDecimals(one.value, other.value));
  const [least, most] = [inOrder.at(0) ?? first, inOrder.at(-1) ?? last];
  return [
    `From ${on(first)} to ${on(last)}, in ${currency}${changeWords(first.value, last.value)}.`,
    `Least ${on(least)}, most ${on(most)}.`,
  ];
}

function changeWords(before: string, after: string): string {
  const [from, to] = [Number(before), Number(after)];
  if (from <= 0) return "";
  return `: ${percentOf(((to - from) / from).toFixed(6))}`;
}

/** What the picture leaves open, in words too. */
export function gaps({ points, interval }: History): string[] {
  const unknown = points.filter(({ value }) => value === null).length;
  const partial = points.filter(({ value, complete }) => value !== null && !complete).length;
  const carried = points.filter(({ value, carried: isCarried }) => value !== null && isCarried);
  return [
    unknown > 0 && `Nothing is known of ${count(unknown, interval)}: the line has a gap there.`,
    partial > 0 &&
      `${count(partial, interval)} ${partial === 1 ? "is" : "are"} not complete: something held has no price or no known balance.`,
    carried.length > 0 &&
      `${count(carried.length, interval)} ${carried.length === 1 ? "is" : "are"} carried over in part from an earlier day.`,
  ].filter((sentence) => sentence !== false);
}
