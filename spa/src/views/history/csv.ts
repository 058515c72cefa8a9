import type { History, Statement } from "../../api/history.ts";
import { csv } from "../../csv.ts";
import type { Layer } from "./layers.ts";

/** What is shown of the history, with all digits, a line for each point. */
export function historyCsv({ points, currency }: History, layers: readonly Layer[]): string {
  const head = [
    ...["date", "value", "currency", "complete", "carried", "deposits", "withdrawals"],
    ...layers.map(({ code }) => (code === null ? "value of others" : `value of ${code}`)),
  ];
  const rows = points.map((point, index) => [
    point.date,
    point.value ?? "",
    currency,
    String(point.complete),
    String(point.carried),
    point.deposits ?? "",
    point.withdrawals ?? "",
    ...layers.map(({ values }) => values[index] ?? ""),
  ]);
  return csv([head, ...rows]);
}

/** `labels` are those of the connections, by id. */
export function statementCsv(
  { date, currency: valuedIn, holdings }: Statement,
  labels: ReadonlyMap<string, string>,
): string {
  const head = [
    ...["date", "connection", "currency", "balance", "known", "value", "value_currency"],
    ...["close", "close_date", "close_status", "close_route", "close_reason"],
  ];
  const rows = holdings.map(({ connection_id: id, currency, balance, known, value, close }) => [
    date,
    labels.get(id) ?? "",
    currency,
    balance ?? "",
    known,
    value ?? "",
    valuedIn,
    close.amount ?? "",
    close.date ?? "",
    close.status,
    close.route.join(" > "),
    close.reason ?? "",
  ]);
  return csv([head, ...rows]);
}
