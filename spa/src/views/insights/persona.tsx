import type { Persona } from "../../api/insights.ts";
import { evidenceWords } from "./words.ts";

/** What the account is like, by which rule, and which others there are. */
export function PersonaCard({ persona }: { persona: Persona }) {
  const rule = persona.rules.find(({ code }) => code === persona.code);
  return (
    <section class="panel" aria-labelledby="persona">
      <h2 id="persona">The account in a word: {persona.title}</h2>
      {rule && <p>{rule.sentence}</p>}
      <details>
        <summary>Why: the figures against their thresholds</summary>
        <ul class="evidence">
          {persona.evidence.map((row) => (
            <li key={`${row.rule} ${row.figure} ${row.days} ${row.comparison} ${row.threshold}`}>
              <span data-met={row.met}>{row.met ? "Met" : "Not met"}</span> {evidenceWords(row)}
            </li>
          ))}
        </ul>
        <p class="small">Version {persona.rule_version} of the rules.</p>
      </details>
      <details>
        <summary>All rules, the first that fits counts</summary>
        <ol>
          {persona.rules.map(({ code, title, sentence }) => (
            <li key={code}>
              <strong>{title}</strong>: {sentence}
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}
