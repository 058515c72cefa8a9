import type { ReadPast } from "../../api/history.ts";
import { problemSentence } from "../../api/sentences.ts";
import { dayWords } from "../../days.ts";
import { count, number } from "../../words.ts";

/** Whether it is still being read. */
export function isBeingRead({ state }: ReadPast): boolean {
  return state === "queued" || state === "running";
}

/** How far the past of each connection has been read. */
export function Progress({ connections }: { connections: readonly ReadPast[] }) {
  return (
    <section class="panel" aria-labelledby="progress">
      <h2 id="progress">What is known of the past</h2>
      <ul class="reads">
        {connections.map((read) => (
          <li key={read.connection_id}>
            <h3>{read.label}</h3>
            {isBeingRead(read) && <Bar read={read} />}
            <p>{readWords(read)}</p>
            {read.last_error !== null && <p class="small">{errorWords(read)}</p>}
          </li>
        ))}
      </ul>
      {connections.some(isBeingRead) && (
        <p class="small">You can leave this page meanwhile: the reading goes on without it.</p>
      )}
    </section>
  );
}

/** Without a value as long as nobody knows how many accounts there are. */
function Bar({ read: { label, accounts, accounts_done: done } }: { read: ReadPast }) {
  const known = accounts > 0 ? { max: accounts, value: Math.min(done, accounts) } : {};
  return <progress aria-label={`Reading the past of ${label}`} {...known} />;
}

/** "17 of 204 accounts read, 1,234 entries, back to 1 Mar 2024." */
export function readWords(read: ReadPast): string {
  const { state, accounts, accounts_done: done, entries, reached_back_to: back, since } = read;
  const reached = back === null ? "" : `, back to ${dayWords(back)}`;
  const soFar =
    accounts === 0
      ? `${entriesWords(entries)} read${reached}.`
      : `${number(done)} of ${count(accounts, "account")} read, ${entriesWords(entries)}${reached}.`;
  switch (state) {
    case "none":
      return "Its past has not been read. Days before its balances were first read here are not known.";
    case "queued":
      return entries > 0 ? `Waiting to be read on. ${soFar}` : "Waiting to be read.";
    case "running":
      return soFar;
    case "failed":
      return `Its past could not be read whole. ${soFar}`;
    case "done":
      if (!read.ledger) {
        return since === null
          ? "This exchange has no ledger: each day is known by a reading."
          : `Known by readings since ${dayWords(since)}. Nothing is known before that day.`;
      }
      return since === null
        ? `Read whole: ${entriesWords(entries)}.`
        : `Read whole: ${entriesWords(entries)}, back to its first day, ${dayWords(since)}.`;
  }
}

function entriesWords(entries: number): string {
  return `${number(entries)} ${entries === 1 ? "entry" : "entries"}`;
}

function errorWords({ last_error: error, state }: ReadPast): string {
  if (error === null) return "";
  const { title, remedy } = problemSentence(error.code, error.detail);
  return state === "failed" ? `${title}. ${remedy}` : `The last attempt failed: ${title}.`;
}
