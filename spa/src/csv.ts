import { parseDecimal } from "./money.ts";

/** Without it, spreadsheets read UTF-8 as some older encoding. */
const BYTE_ORDER_MARK = "\uFEFF";

/** Rows of cells, as RFC 4180 writes them. */
export function csv(rows: readonly (readonly string[])[]): string {
  return BYTE_ORDER_MARK + rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/**
 * A spreadsheet runs a cell that starts like a formula, in whatever form of its sign; amounts stay
 * numbers, also below zero. Characters that cannot be seen or turn the text round are shown as such.
 */
function cell(text: string): string {
  const seen = text.replace(/(?![\t\r\n])[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD");
  const isFormula = /^(?:[\t\r\n]|\s*[=+\-@])/.test(seen.normalize("NFKC"));
  const safe = isFormula && !parseDecimal(seen) ? `'${seen}` : seen;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
