import type { Snapshot, Source, Notice as Warning } from "../../api/shapes.ts";
import { SHARED_ID, readSources, isFailing, isOld } from "../../api/snapshot.ts";
import { isKnownCode, problemSentence } from "../../api/sentences.ts";
import type { Session, SessionState } from "../../auth/session.ts";
import { exchangeName } from "../../exchanges.ts";
import type { Reader, Reading } from "../../reading/reader.ts";
import { Link } from "../../shell/link.tsx";
import { EndedNotice, MomentTime, Notice } from "../../shell/notice.tsx";
import { FailureNotice } from "./failure.tsx";

interface NoticesProps {
  reader: Reader;
  reading: Reading;
  session: Session;
  state: SessionState;
  say: (text: string) => void;
}

/** What to know before trusting the figures. Announced once each, without taking the focus. */
export function Notices({ reader, reading, session, state, say }: NoticesProps) {
  const { figures, failure } = reading;
  const warnings = figures?.snapshot.warnings ?? [];
  const sources = figures?.snapshot.sources ?? [];
  return (
    <div class="notices" role="status">
      {state.phase === "expired" && (
        <EndedNotice
          asOf={figures?.snapshot.as_of ?? null}
          session={session}
          isRefused={state.isRefused}
        />
      )}
      {state.phase !== "expired" && failure !== null && (
        <FailureNotice
          failure={failure}
          reader={reader}
          reading={reading}
          session={session}
          say={say}
        />
      )}
      {failure === null && figures !== null && isOld(figures.snapshot) && (
        <OldNotice snapshot={figures.snapshot} />
      )}
      {failure === null &&
        sources
          .filter(isFailing)
          .map((source) => (
            <SourceNotice
              key={source.connection_id}
              source={source}
              isOnly={figures !== null && readSources(figures.snapshot).length === 1}
              canManage={state.phase !== "open"}
            />
          ))}
      {warnings
        .filter(({ code }) => code.startsWith("cache_"))
        .map((warning) => (
          <Notice key={warning.code} tone="info" title={cacheTitle(warning)}>
            <p>The figures are right and current; every reading just asks the exchange anew.</p>
          </Notice>
        ))}
      {warnings
        .filter(({ code }) => code.startsWith("prices_"))
        .map((warning) => (
          <PricesNotice key={warning.code} isStale={warning.code === "prices_stale"} />
        ))}
      {warnings
        .filter((warning) => isOther(warning, sources))
        .map((warning) => (
          <Notice key={warning.code} tone="info" title="About these figures">
            <p>{warning.detail}</p>
          </Notice>
        ))}
    </div>
  );
}

/** Not even which connections there are could be found out: all is as it was. */
function OldNotice({ snapshot }: { snapshot: Snapshot }) {
  const reason = snapshot.warnings.find(({ code }) => isKnownCode(code));
  const sentence = reason && problemSentence(reason.code, reason.detail);
  return (
    <Notice
      tone="old"
      title={sentence?.title ?? "The holdings could not be read again"}
      label="Stale figures"
    >
      <p>
        These are the last good figures, as of <MomentTime iso={snapshot.as_of} />.{" "}
        {sentence?.remedy}
      </p>
    </Notice>
  );
}

interface SourceNoticeProps {
  source: Source;
  /** Then nothing has to be said of which one it is. */
  isOnly: boolean;
  canManage: boolean;
}

/** What only a viewer can set right, by another key. */
const OF_THE_KEY = ["exchange_credentials_rejected", "exchange_permission_denied"];

/** One connection has failed: the others' figures are none the worse for it. */
function SourceNotice({ source, isOnly, canManage }: SourceNoticeProps) {
  const { connection_id: id, label, warning, as_of: asOf } = source;
  const known = warning !== null && isKnownCode(warning.code);
  const sentence = known ? problemSentence(warning.code, warning.detail) : null;
  const title = sentence?.title ?? `${exchangeName(source.exchange)} could not be read`;
  const needsKey = id !== SHARED_ID && warning !== null && OF_THE_KEY.includes(warning.code);
  return (
    <Notice
      tone="old"
      title={isOnly ? title : `${label}: ${title}`}
      label={isOnly ? "Stale figures" : `Stale figures of ${label}`}
      actions={
        needsKey &&
        canManage && (
          <Link to={`/connections/${id}`} class="button">
            Replace the key
          </Link>
        )
      }
    >
      <p>
        {asOf === null ? (
          "It has not been read yet: nothing of it is in the figures below. "
        ) : (
          <>
            These are the last good figures, as of <MomentTime iso={asOf} />.{" "}
          </>
        )}
        {needsKey
          ? "Replace its key by another one of the same account."
          : (sentence?.remedy ?? warning?.detail)}
      </p>
    </Notice>
  );
}

/** Balances are right and fresh all the same: only what they are worth is not. */
function PricesNotice({ isStale }: { isStale: boolean }) {
  return (
    <Notice
      tone="old"
      title={isStale ? "Prices cannot be read now" : "Some prices are missing"}
      label="Prices"
    >
      <p>
        {isStale
          ? "Values are made from the last prices known, each with its age."
          : "What has no price is left out of the total and named there."}{" "}
        The balances are not affected, and prices are asked for again by themselves.
      </p>
    </Notice>
  );
}

function cacheTitle({ code }: Warning): string {
  return code === "cache_unavailable"
    ? "The store of last good figures cannot be reached"
    : "About these figures";
}

/** The demo has its ribbon, and whatever makes figures stale a notice of its own. */
function isOther({ code }: Warning, sources: Source[]): boolean {
  const isOfSource = sources.some(({ warning }) => warning?.code === code);
  return (
    code !== "demo_mode" && !/^(cache|prices)_/.test(code) && !isKnownCode(code) && !isOfSource
  );
}
