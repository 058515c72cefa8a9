import type { Source } from "../../api/shapes.ts";
import { SHARED_ID, isFailing } from "../../api/snapshot.ts";
import { problemSentence } from "../../api/sentences.ts";
import { exchangeName } from "../../exchanges.ts";
import { type Figures, agoWords, sourceAge } from "../../freshness.ts";
import { Link } from "../../shell/link.tsx";
import { useNow } from "../../store.ts";
import { sourceWords } from "./listing.ts";

/** Each connection's own age, what its figures cover, and what is wrong with it. */
export function SourceList({ figures, sources }: { figures: Figures; sources: Source[] }) {
  const now = useNow();
  return (
    <ul>
      {sources.map((source) => {
        const age = sourceAge(figures, source, now);
        return (
          <li key={source.connection_id} data-tone={toneOf(source)}>
            <span class="dot" aria-hidden="true" />
            <div>
              <p class="source-name">
                <bdi>{source.label}</bdi> <span class="small">{exchangeName(source.exchange)}</span>
              </p>
              <p class="small">
                {age !== null && `Read ${agoWords(age)}`}
                {age === null && (source.status === "paused" ? "Paused" : "Never read")}
                {source.as_of !== null && ` · ${sourceWords(source)}`}
              </p>
              {source.warning && (
                <p class="small">
                  {problemSentence(source.warning.code, source.warning.detail).title}
                </p>
              )}
              {source.scope !== "" && <p class="small">{source.scope}</p>}
            </div>
            {source.connection_id !== SHARED_ID && (
              <Link to={`/connections/${source.connection_id}`} class="small">
                Manage<span class="visually-hidden"> {source.label}</span>
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function toneOf(source: Source): string {
  if (source.status === "paused") return "off";
  return isFailing(source) ? "old" : "good";
}
