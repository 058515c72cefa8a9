import type { Alerts, Kind, Rule } from "../../api/alerts.ts";
import { count, shownCode } from "../../words.ts";
import { shareWords } from "../../money.ts";

export const KIND_NAMES: Record<Kind, string> = {
  balance_fell: "A balance falls",
  left_exchange: "An asset is held no more",
  value_crossed: "The value crosses a line",
  connection_failed: "A connection fails",
  reconciliation_broke: "A ledger stops adding up",
};

/** "Tell me when BTC falls by more than 0.5 in Main." */
export function ruleWords(rule: Rule, labels: ReadonlyMap<string, string>): string {
  const label =
    rule.connection_id === null ? null : (labels.get(rule.connection_id) ?? "one that is gone");
  const where = label === null ? "" : ` in ${label}`;
  const code = shownCode(rule.currency ?? "");
  switch (rule.kind) {
    case "balance_fell": {
      const by = rule.ratio === null ? (rule.amount ?? "") : shareWords(rule.ratio);
      return `Tell me when ${code} falls by more than ${by}${where}.`;
    }
    case "left_exchange":
      return `Tell me when ${code} is held no more${where}.`;
    case "value_crossed": {
      const money = `${rule.amount ?? ""}${rule.currency === null ? "" : ` ${code}`}`;
      return `Tell me when the value${where} goes ${rule.direction ?? ""} ${money}.`;
    }
    case "connection_failed": {
      const what = label ?? "a connection";
      return rule.hours === 0
        ? `Tell me when ${what} cannot be read.`
        : `Tell me when ${what} is rejected, or cannot be read for ${count(rule.hours ?? 0, "hour")}.`;
    }
    case "reconciliation_broke":
      return `Tell me when a ledger stops adding up${where}.`;
  }
}

/** Where a rule stands: "Waiting", "Fired on …", "Not looked at yet". */
export function statusWords({ enabled, state }: Rule, when: (moment: string) => string): string {
  if (!enabled) return "Switched off";
  const fired = state.fired_at === null ? "" : `, last fired ${when(state.fired_at)}`;
  if (state.status === "new") return "Not looked at yet";
  if (state.status === "fired" && state.fired_at !== null) return `Fired ${when(state.fired_at)}`;
  return `Waiting${fired}`;
}

export const STOPPED: Record<NonNullable<Alerts["mail"]["stopped"]>["code"], string> = {
  bounced: "Mails to your address came back, so none is sent any more.",
  complained: "A mail was reported as unwanted, so none is sent any more.",
  unsubscribed: "You stopped these mails by the link in one of them.",
};

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function momentWords(moment: string): string {
  return moments.format(new Date(moment));
}
