import type { Trouble } from "../api/answer.ts";
import { SIGN_IN_UNKNOWN, troubleSentence } from "../api/sentences.ts";
import type { Session } from "../auth/session.ts";
import type { Reader, Reading } from "../reading/reader.ts";
import { MomentTime } from "./moment.tsx";
import { Notice } from "./notice.tsx";
import { RequestId } from "./request-id.tsx";
import { RetryButton } from "./retry-button.tsx";

interface TroubleNoticeProps {
  trouble: Trouble;
  reader: Reader;
  reading: Reading;
  session: Session;
  say: (text: string) => void;
}

export function TroubleNotice({ trouble, reader, reading, session, say }: TroubleNoticeProps) {
  const isUnknown =
    session.state.value.phase === "open" && trouble.kind === "problem" && trouble.status === 401;
  const { title, mend } = isUnknown ? SIGN_IN_UNKNOWN : troubleSentence(trouble);
  const { figures } = reading;
  const detail = detailOf(trouble);
  const requestId = "requestId" in trouble ? trouble.requestId : null;
  const asksForAccess = trouble.kind === "problem" && trouble.code === "forbidden";
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
      <p>{mend}</p>
      {figures && (
        <p>
          Below are the last good figures, as of <MomentTime iso={figures.snapshot.as_of} />.
        </p>
      )}
      {detail !== "" && detail !== mend && <p class="detail">{detail}</p>}
      {requestId !== null && <RequestId id={requestId} say={say} />}
    </Notice>
  );
}

/** In the API's own words: it names the field, the setting or the message that matters. */
function detailOf(trouble: Trouble): string {
  if (trouble.kind === "problem") return trouble.detail;
  return trouble.kind === "unreadable" ? `In detail: ${trouble.why}.` : "";
}
