import type { Snapshot } from "../../api/shapes.ts";
import { readSources } from "../../api/snapshot.ts";
import { shownCode } from "../../words.ts";

/** The accounts that the table leaves out: those that hold nothing, and those that round to it. */
export function HiddenAccounts({
  snapshot,
  connection,
}: {
  snapshot: Snapshot;
  /** The id of the only connection to list; "" for all. */
  connection: string;
}) {
  const sources = readSources(snapshot).filter(
    ({ connection_id: id }) => connection === "" || id === connection,
  );
  return (
    <section class="hidden-accounts" aria-label="Accounts not shown">
      {sources.map(({ connection_id: id, label, hidden_currencies: codes }) => (
        <div key={id}>
          {sources.length > 1 && <h3>{label}</h3>}
          {codes !== null && codes.dust.length > 0 && (
            <p>
              <b>Dust</b>, less than 0.000000000001 each: {listed(codes.dust)}
            </p>
          )}
          {codes !== null && codes.zero.length > 0 && (
            <p>
              <b>Empty</b>: {listed(codes.zero)}
            </p>
          )}
        </div>
      ))}
    </section>
  );
}

function listed(codes: readonly string[]): string {
  return `${codes.map(shownCode).join(", ")}.`;
}
