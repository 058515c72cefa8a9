import type { Snapshot } from "../api/answer.ts";
import { parseDecimal } from "../money/decimal.ts";

const HEAD = ["account_id", "currency", "balance", "available", "hold", "as_of"];

/** Without it, spreadsheets read UTF-8 as some older encoding. */
const BYTE_ORDER_MARK = "\uFEFF";

/** Every listed holding with all its digits, as RFC 4180 writes it. */
export function holdingsCsv({ holdings, as_of: asOf }: Snapshot): string {
  const rows = holdings.map((holding) => [
    holding.account_id,
    holding.currency,
    holding.balance,
    holding.available,
    holding.hold,
    asOf,
  ]);
  return BYTE_ORDER_MARK + [HEAD, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

export function csvName({ as_of: asOf }: Snapshot): string {
  // A colon is not allowed in file names everywhere.
  return `holdings-${asOf.replace(/[^0-9TZ-]/g, "")}.csv`;
}

/** A spreadsheet runs a cell that starts like a formula; amounts stay numbers, also below zero. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !parseDecimal(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
