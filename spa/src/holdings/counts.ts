import type { Snapshot } from "../api/answer.ts";

const counted = new Intl.NumberFormat();

/** "190 empty and 1 dust account not shown"; null when every account is listed. */
export function hiddenWords({ zero, dust }: Snapshot["hidden"]): string | null {
  const parts = [
    zero > 0 && `${counted.format(zero)} empty`,
    dust > 0 && `${counted.format(dust)} dust`,
  ];
  const named = parts.filter((part) => part !== false);
  if (named.length === 0) return null;
  const last = dust > 0 ? dust : zero;
  return `${named.join(" and ")} ${last === 1 ? "account" : "accounts"} not shown`;
}

/** "13 holdings in 204 accounts". */
export function listedWords({ holdings, account_count: accounts }: Snapshot): string {
  return `${count(holdings.length, "holding")} in ${count(accounts, "account")}`;
}

export function count(number: number, noun: string): string {
  return `${counted.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}
