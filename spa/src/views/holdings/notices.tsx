import type { Warning } from "../../api/snapshot.ts";
import { REFUSED, isKnownCode, problemSentence } from "../../api/sentences.ts";
import type { Session, SessionState } from "../../auth/session.ts";
import type { Figures } from "../../freshness.ts";
import type { Reader, Reading } from "../../reading/reader.ts";
import { MomentTime, Notice } from "../../shell/notice.tsx";
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
  return (
    <div class="notices" role="status">
      {state.phase === "expired" && (
        <EndedNotice figures={figures} session={session} isRefused={state.isRefused} />
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
      {failure === null && figures?.snapshot.stale === true && <StaleNotice figures={figures} />}
      {warnings
        .filter(({ code }) => code.startsWith("cache_"))
        .map((warning) => (
          <Notice key={warning.code} tone="info" title={cacheTitle(warning)}>
            <p>The figures are right and current; every reading just asks Coinbase anew.</p>
          </Notice>
        ))}
      {warnings.filter(isOther).map((warning) => (
        <Notice key={warning.code} tone="info" title="About these figures">
          <p>{warning.detail}</p>
        </Notice>
      ))}
    </div>
  );
}

interface EndedNoticeProps {
  figures: Figures | null;
  session: Session;
  isRefused: boolean;
}

function EndedNotice({ figures, session, isRefused }: EndedNoticeProps) {
  return (
    <Notice
      tone="old"
      title={isRefused ? REFUSED.title : "Your session has ended"}
      label="Session ended"
      actions={
        <button
          type="button"
          class="button button-main"
          onClick={() => {
            void session.signIn();
          }}
        >
          Sign in again
        </button>
      }
    >
      <p>
        {figures && (
          <>
            These are the figures as of <MomentTime iso={figures.snapshot.as_of} />.{" "}
          </>
        )}
        {isRefused ? REFUSED.remedy : "Your place on this page is kept."}
      </p>
    </Notice>
  );
}

function StaleNotice({ figures: { snapshot } }: { figures: Figures }) {
  const reasons = snapshot.warnings.filter(({ code }) => isKnownCode(code));
  const [reason] = reasons;
  return (
    <Notice
      tone="old"
      title={
        reason ? problemSentence(reason.code, reason.detail).title : "Coinbase could not be read"
      }
      label="Stale figures"
    >
      <p>
        These are the last good figures, as of <MomentTime iso={snapshot.as_of} />.{" "}
        {reason && problemSentence(reason.code, reason.detail).remedy}
      </p>
    </Notice>
  );
}

function cacheTitle({ code }: Warning): string {
  return code === "cache_unavailable"
    ? "The store of last good figures cannot be reached"
    : "About these figures";
}

/** The demo has its ribbon, a stale answer its own notice. */
function isOther({ code }: Warning): boolean {
  return code !== "demo_mode" && !code.startsWith("cache_") && !isKnownCode(code);
}
