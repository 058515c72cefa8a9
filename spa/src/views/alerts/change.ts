import type { WantedRule } from "../../api/alerts.ts";

/** What is to be other than it is: all rules, or the choices about mail. */
export interface Change {
  mail?: { enabled: boolean; figures: boolean };
  rules?: WantedRule[];
}
