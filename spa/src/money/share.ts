import { scaleOf, scaled } from "./decimal.ts";

/** How much of a balance is on hold, only for drawing: the figures beside it are the truth. */
export interface Share {
  /** 0 to 1000. */
  permille: number;
  /** "2.8%", "<0.1%". */
  text: string;
}

const percent = new Intl.NumberFormat(undefined, {
  style: "percent",
  maximumFractionDigits: 1,
  numberingSystem: "latn",
});

/** Null where a share makes no sense: nothing on hold, or no positive balance. */
export function shareOnHold(hold: string, balance: string): Share | null {
  const scale = Math.max(scaleOf(hold), scaleOf(balance));
  const held = scaled(hold, scale);
  const all = scaled(balance, scale);
  if (held <= 0n || all <= 0n) return null;
  // Cut, not rounded: 99.96% on hold must not read as everything.
  const permille = held >= all ? 1000 : Number((held * 1000n) / all);
  return {
    permille,
    text: permille === 0 ? `<${percent.format(0.001)}` : percent.format(permille / 1000),
  };
}
