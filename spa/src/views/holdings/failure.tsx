import type { Failure } from "../../api/client.ts";
import { SIGN_IN_UNKNOWN, failureSentence } from "../../api/sentences.ts";
import type { Session } from "../../auth/session.ts";
import { inWords } from "../../freshness.ts";
import type { Reader, Reading } from "../../reading/reader.ts";
import { MomentTime, Notice, RequestId } from "../../shell/notice.tsx";
import { useNow } from "../../store.ts";

interface FailureNoticeProps {
  failure: Failure;
  reader: Reader;
  reading: Reading;
  session: Session;
  say: (text: string) => void;
}

export function FailureNotice({ failure, reader, reading, session, say }: FailureNoticeProps) {
  const isUnknown =
    session.state.value.phase === "open" && failure.kind === "problem" && failure.status === 401;
  const { title, remedy } = isUnknown ? SIGN_IN_UNKNOWN : failureSentence(failure);
  const { figures } = reading;
  const detail = detailOf(failure);
  const requestId = "requestId" in failure ? failure.requestId : null;
  const asksForAccess = failure.kind === "problem" && failure.code === "forbidden";
  return (
    <Notice
      tone={figures ? "old" : "bad"}
      title={title}
      label="Problem"
      actions={
        asksForAccess ? (
          <button
            type="button"
            class="button"
            onClick={() => {
              void session.signOut();
            }}
          >
            Sign out
          </button>
        ) : (
          <RetryButton reader={reader} reading={reading} say={say} />
        )
      }
    >
      <p>{remedy}</p>
      {figures && (
        <p>
          Below are the last good figures, as of <MomentTime iso={figures.snapshot.as_of} />.
        </p>
      )}
      {detail !== "" && detail !== remedy && <p class="detail">{detail}</p>}
      {requestId !== null && <RequestId id={requestId} say={say} />}
    </Notice>
  );
}

/** In the API's own words: it names the field, the setting or the message that matters. */
function detailOf(failure: Failure): string {
  if (failure.kind === "problem") return failure.detail;
  return failure.kind === "unreadable" ? `In detail: ${failure.why}.` : "";
}

/** Waits as long as the API asked to (Retry-After), and says so. */
export function RetryButton({
  reader,
  reading,
  say,
}: {
  reader: Reader;
  reading: Reading;
  say: (text: string) => void;
}) {
  const now = useNow();
  const wait = Math.ceil(reader.heldFor("read", now));
  const isBusy = reading.asking !== "no";
  const retry = async () => {
    if (isBusy) return;
    if (reader.heldFor("read") > 0) {
      say(`Trying again is possible ${inWords(Math.ceil(reader.heldFor("read")))}.`);
      return;
    }
    const outcome = await reader.read("read");
    if (outcome === "failure") say("Still not possible.");
    else if (outcome !== "ended" && outcome !== "dropped") {
      say("The holdings are read.");
      // This button goes with its notice, and the focus must not fall to the top of the page.
      document.getElementById("main")?.focus();
    }
  };
  return (
    <button
      type="button"
      class="button retry"
      aria-disabled={isBusy || wait > 0}
      onClick={() => {
        void retry();
      }}
    >
      {isBusy ? "Trying…" : "Try again"}
      {!isBusy && wait > 0 && <span aria-hidden="true"> {inWords(wait)}</span>}
    </button>
  );
}
