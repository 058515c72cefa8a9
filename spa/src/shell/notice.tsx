import type { ComponentChildren } from "preact";
import { REFUSED } from "../api/sentences.ts";
import type { Session } from "../auth/session.ts";
import { copyText } from "./browser.ts";

interface NoticeProps {
  tone: "old" | "bad" | "info";
  title: string;
  /** Its name among the page's regions; without one it is none. */
  label?: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
}

export function Notice({ tone, title, label, children, actions }: NoticeProps) {
  return (
    <section class="notice" data-tone={tone} aria-label={label}>
      <div class="notice-text">
        <h2>{title}</h2>
        {children}
      </div>
      {Boolean(actions) && <div class="notice-actions">{actions}</div>}
    </section>
  );
}

interface EndedNoticeProps {
  /** Of the figures that are still shown; null for none. */
  asOf: string | null;
  session: Session;
  isRefused: boolean;
}

export function EndedNotice({ asOf, session, isRefused }: EndedNoticeProps) {
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
        {asOf !== null && (
          <>
            These are the figures as of <MomentTime iso={asOf} />.{" "}
          </>
        )}
        {isRefused ? REFUSED.remedy : "Your place on this page is kept."}
      </p>
    </Notice>
  );
}

/** What to quote when asking for help. */
export function RequestId({ id, say }: { id: string; say: (text: string) => void }) {
  const copy = async () => {
    say((await copyText(id)) ? "Request id copied." : "The browser does not allow copying.");
  };
  return (
    <p class="request-id">
      Request id <code>{id}</code>
      <button
        type="button"
        class="button button-small"
        aria-label="Copy request id"
        onClick={() => {
          void copy();
        }}
      >
        Copy
      </button>
    </p>
  );
}

const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** A moment in the reader's own zone and manner; in full when pointed at, and on paper. */
export function MomentTime({ iso }: { iso: string }) {
  const moment = new Date(iso);
  return (
    <time dateTime={iso} title={FULL.format(moment)}>
      <span class="screen-only">{SHORT.format(moment)}</span>
      <span class="print-only">{FULL.format(moment)}</span>
    </time>
  );
}
