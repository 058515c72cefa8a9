import { type Alerts, wanted } from "../../api/alerts.ts";
import type { Change } from "./change.ts";
import { momentWords, ruleWords, statusWords } from "./words.ts";

interface RulesProps {
  alerts: Alerts;
  labels: ReadonlyMap<string, string>;
  isSample: boolean;
  change: (made: Change, done: string) => void;
}

/** Each rule in a sentence, with where it stands. */
export function Rules({ alerts, labels, isSample, change }: RulesProps) {
  const { rules } = alerts;
  return (
    <section class="panel" aria-labelledby="rules">
      <h2 id="rules">What you are told of</h2>
      {rules.length === 0 && (
        <p>Nothing yet. Set an alert below: it is looked at after each reading, once an hour.</p>
      )}
      <ul class="rules">
        {rules.map((rule) => {
          const words = ruleWords(rule, labels);
          return (
            <li key={rule.id}>
              <p>{words}</p>
              <p class="small">
                {statusWords(rule, momentWords)}. Quiet for {rule.cooldown_hours} h after it fired.
              </p>
              {!isSample && (
                <p class="row">
                  <button
                    type="button"
                    class="button button-small"
                    aria-label={`${rule.enabled ? "Switch off" : "Switch on"}: ${words}`}
                    onClick={() => {
                      const enabled = !rule.enabled;
                      change(
                        {
                          rules: rules.map((one) =>
                            wanted(one, one.id === rule.id ? { enabled } : {}),
                          ),
                        },
                        enabled ? "The alert is on." : "The alert is off.",
                      );
                    }}
                  >
                    {rule.enabled ? "Switch off" : "Switch on"}
                  </button>
                  <button
                    type="button"
                    class="button button-small button-bad"
                    aria-label={`Delete: ${words}`}
                    onClick={() => {
                      const rest = rules.filter(({ id }) => id !== rule.id);
                      change({ rules: rest.map((one) => wanted(one)) }, "The alert is deleted.");
                    }}
                  >
                    Delete
                  </button>
                </p>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
