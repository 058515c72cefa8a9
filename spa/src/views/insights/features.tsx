import { useState } from "preact/hooks";
import { FIGURES, type Figure, type FigureName, type Period } from "../../api/insights.ts";
import { dayWords } from "../../days.ts";
import { count, fieldWords, shownCode } from "../../words.ts";
import { shareWords } from "../../money.ts";
import { MEANINGS, basisWords, figureWords } from "./words.ts";

/** The figures of one period at a time. */
export function Features({ periods }: { periods: Period[] }) {
  const [days, setDays] = useState(30);
  const period = periods.find((one) => one.days === days) ?? periods[0];
  if (!period) return null;
  return (
    <section class="panel" aria-labelledby="features">
      <h2 id="features">Figures</h2>
      <fieldset class="ranges">
        <legend class="visually-hidden">Days that they are of</legend>
        {periods.map((one) => (
          <label key={one.days} class="range">
            <input
              type="radio"
              name="period"
              class="visually-hidden"
              value={one.days}
              checked={one === period}
              onChange={() => {
                setDays(one.days);
              }}
            />
            <span>{count(one.days, "day")}</span>
          </label>
        ))}
      </fieldset>
      <p class="small">
        {dayWords(period.from)} to {dayWords(period.to)}: {count(period.days_covered, "day")} known,{" "}
        {count(period.days_active, "day")} on which a balance changed.
      </p>
      <ul class="features">
        {FIGURES.map((name) => (
          <Line key={name} name={name} figure={period[name]} />
        ))}
      </ul>
      <Weights weights={period.weights} />
      <Changes changes={period.changes} />
    </section>
  );
}

function Line({ name, figure }: { name: FigureName; figure: Figure }) {
  const { name: called, is } = MEANINGS[name];
  return (
    <li>
      <details>
        <summary>
          <span class="feature-name">{called}</span>
          <span class="feature-value">{figureWords(name, figure) ?? "not known"}</span>
        </summary>
        <p class="small">
          {is} {basisWords(figure)}
        </p>
      </details>
    </li>
  );
}

function Weights({ weights }: Pick<Period, "weights">) {
  if (weights.length === 0) return null;
  return (
    <>
      <h3>Where the value lay</h3>
      <ul class="weights">
        {weights.map(({ currency, ratio }) => (
          <li key={currency}>
            <span>{shownCode(currency)}</span>
            <progress max={1} value={Number(ratio)} aria-label={`${shownCode(currency)}: share`} />
            <span class="feature-value">{shareWords(ratio)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Changes({ changes }: Pick<Period, "changes">) {
  if (changes.length === 0) return null;
  return (
    <>
      <h3>What changed balances</h3>
      <dl class="facts">
        {changes.map(({ kind, count: many }) => (
          <div key={kind}>
            <dt>{fieldWords(kind)}</dt>
            <dd>{count(many, "entry").replace(/entrys$/, "entries")}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
