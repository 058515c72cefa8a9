import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Failure } from "../api/client.ts";
import { type Sentence, failureSentence } from "../api/sentences.ts";
import { inWords } from "../freshness.ts";
import { Notice, RequestId } from "./notice.tsx";

/** What a code means where somebody changes something, in place of where they read. */
const OF_A_CHANGE: Readonly<Record<string, Pick<Sentence, "title" | "remedy">>> = {
  forbidden: {
    title: "Your sign-in does not allow changes",
    remedy: "Sign out and in again: that asks for the right to change what is yours.",
  },
  not_found: {
    title: "It is not there any more",
    remedy: "It was removed meanwhile, perhaps in another tab.",
  },
  conflict: {
    title: "That is not possible as things are now",
    remedy: "Look at what is shown, and repeat the change if it is still wanted.",
  },
  invalid_request: {
    title: "Something has to be corrected first",
    remedy: "What is marked says what.",
  },
  exchange_credentials_rejected: {
    title: "The exchange rejects this key",
    remedy: "Nothing was kept. Check that the key is whole, and made for this exchange.",
  },
  exchange_permission_denied: {
    title: "This key may not read accounts",
    remedy: "Nothing was kept. Grant the key the right to view, and check its allowed addresses.",
  },
  exchange_invalid_response: {
    title: "The exchange's answer could not be used",
    remedy: "Nothing was kept. Try again in a minute.",
  },
  exchange_rate_limited: {
    title: "The exchange is being asked too often",
    remedy: "Nothing was kept. Try again in a moment.",
  },
  exchange_unavailable: {
    title: "The exchange is not available right now",
    remedy: "Nothing was kept. Try again in a few minutes.",
  },
  exchange_timeout: {
    title: "The exchange did not answer in time",
    remedy: "Nothing was kept. Try again in a minute.",
  },
};

/** What came of a change, where it takes away what had the focus: it has the focus then. */
export function ChangeMade({ title, children }: { title: string; children: ComponentChildren }) {
  const made = useRef<HTMLDivElement>(null);
  useEffect(() => {
    made.current?.focus();
  }, []);
  return (
    <div class="alert" tabIndex={-1} ref={made}>
      <Notice tone="info" title={title}>
        {children}
      </Notice>
    </div>
  );
}

interface ChangeFailedProps {
  failure: Failure;
  /** Whether something was to be changed, or only read. */
  isChange?: boolean;
  /** Messages that no field on the page shows. */
  rest?: string[];
  say: (text: string) => void;
}

/** Why a change was not made, which takes the focus, where no field does; or why nothing was read. */
export function ChangeFailed({ failure, isChange = true, rest = [], say }: ChangeFailedProps) {
  const isProblem = failure.kind === "problem";
  const alert = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isChange) alert.current?.focus();
  }, [failure, isChange]);
  const own = isProblem && isChange ? OF_A_CHANGE[failure.code] : undefined;
  const { title, remedy } = own ?? failureSentence(failure);
  const detail = isProblem ? failure.detail : "";
  const wait = isProblem && isChange ? failure.retryAfter : null;
  const requestId = "requestId" in failure ? failure.requestId : null;
  return (
    <div class="alert" role="alert" tabIndex={-1} ref={alert}>
      <Notice tone="bad" title={title}>
        <p>
          {remedy}
          {wait !== null && ` It is possible again ${inWords(wait)}.`}
        </p>
        {detail !== "" && <p class="detail">{detail}</p>}
        {rest.map((text) => (
          <p key={text} class="detail">
            {text}
          </p>
        ))}
        {requestId !== null && <RequestId id={requestId} say={say} />}
      </Notice>
    </div>
  );
}

/** "from: this is no day." */
function wrongWith(failure: Failure): string[] {
  if (failure.kind !== "problem") return [];
  return Object.entries(failure.errors).map(([field, texts]) => `${field}: ${texts.join(" ")}`);
}

interface NotReadProps {
  failure: Failure;
  again: () => void;
  say: (text: string) => void;
}

/** Why nothing was read, and the way to try again. */
export function NotRead({ failure, again, say }: NotReadProps) {
  return (
    <>
      <ChangeFailed failure={failure} isChange={false} rest={wrongWith(failure)} say={say} />
      <p class="row">
        <button
          type="button"
          class="button"
          onClick={() => {
            again();
            // This button goes, and the focus must not fall to the top of the page.
            document.getElementById("main")?.focus();
          }}
        >
          Try again
        </button>
      </p>
    </>
  );
}
