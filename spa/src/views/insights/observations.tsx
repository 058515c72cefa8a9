import type { Recommendation } from "../../api/insights.ts";
import { longDayWords } from "../../days.ts";
import { Masked } from "../../shell/figure.tsx";
import { fieldWords } from "../../words.ts";
import { observedWords } from "./words.ts";

interface ObservationsProps {
  observations: Recommendation[];
  isHidden: boolean;
}

/** What is worth a look: a sentence each, with the figures that it rests on. */
export function Observations({ observations, isHidden }: ObservationsProps) {
  return (
    <section class="panel" aria-labelledby="observations">
      <h2 id="observations">Worth a look</h2>
      {observations.length === 0 && <p>Nothing stands out.</p>}
      <ul class="observations">
        {observations.map((one) => (
          <li key={`${one.code} ${one.connection_id ?? ""} ${one.currency ?? ""}`}>
            <h3>{one.title}</h3>
            <p>{isHidden ? <Masked /> : one.reason}</p>
            <details>
              <summary>Figures</summary>
              <dl class="facts">
                {one.evidence.map(({ figure, value, unit }) => (
                  <div key={figure}>
                    <dt>{fieldWords(figure)}</dt>
                    <dd>
                      {isHidden && unit === "amount" ? <Masked /> : observedWords({ value, unit })}
                    </dd>
                  </div>
                ))}
                <div>
                  <dt>Seen</dt>
                  <dd>
                    {longDayWords(one.as_of.slice(0, 10))}, until{" "}
                    {longDayWords(one.expires_at.slice(0, 10))} at most
                  </dd>
                </div>
              </dl>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
