import type { Connection } from "../../api/shapes.ts";
import { isFailing } from "../../api/snapshot.ts";
import { problemSentence } from "../../api/sentences.ts";
import { type Figures, type Instant, agoWords, sourceAge } from "../../freshness.ts";

export interface Status {
  tone: "good" | "old" | "bad" | "off";
  text: string;
}

/** "Read 40 s ago", "Paused, last read 3 h ago", "Key rejected since its last reading, a day ago" */
export function statusOf(connection: Connection, figures: Figures | null, now: Instant): Status {
  const age = ageOf(connection, figures, now);
  const ago = age === null ? null : agoWords(age);
  switch (connection.status) {
    case "paused":
      return {
        tone: "off",
        text: ago === null ? "Paused, never read" : `Paused, last read ${ago}`,
      };
    case "rejected":
      return {
        tone: "bad",
        text:
          ago === null ? "Key rejected, never read" : `Key rejected since its last reading, ${ago}`,
      };
    case "active": {
      const source = sourceOf(connection, figures);
      const failing = source ? isFailing(source) && source.warning : connection.last_error;
      const read = ago === null ? "Not read yet" : `Read ${ago}`;
      if (!failing) return { tone: ago === null ? "off" : "good", text: read };
      const { title } = problemSentence(failing.code, failing.detail);
      return { tone: "old", text: `${read}. ${title}` };
    }
  }
}

/**
 * Seconds since it was read. By the figures where they have it: only what is not among them is
 * compared with this machine's clock, which may be wrong.
 */
function ageOf(connection: Connection, figures: Figures | null, now: Instant): number | null {
  const source = sourceOf(connection, figures);
  const counted = figures && source ? sourceAge(figures, source, now) : null;
  if (counted !== null) return counted;
  if (connection.last_read_at === null) return null;
  return Math.max(0, now.wall - Date.parse(connection.last_read_at)) / 1000;
}

function sourceOf({ id }: Connection, figures: Figures | null) {
  return figures?.snapshot.sources.find((source) => source.connection_id === id) ?? null;
}
