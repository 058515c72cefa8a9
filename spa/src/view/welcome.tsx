import { REFUSED } from "../api/sentences.ts";
import { FAULTS } from "../auth/faults.ts";
import type { Session, SessionState } from "../auth/session.ts";
import { Landing } from "./landing.tsx";

const WELCOME = {
  title: "See what you hold",
  mend: "Every balance of your exchange account, how old each figure is and how far to trust it.",
};
const ENDED = {
  title: "Your session has ended",
  mend: "Sign in again; your place on this page is kept.",
};

export function Welcome({ session, state }: { session: Session; state: SessionState }) {
  const fault = state.phase === "signed-out" ? state.fault : null;
  const isLeaving = state.phase === "leaving";
  const ended = state.phase === "expired" ? (state.isRefused ? REFUSED : ENDED) : null;
  const { title, mend } = fault ? FAULTS[fault] : (ended ?? WELCOME);
  return (
    <Landing title={title} mend={mend} isFault={fault !== null && fault !== "left"}>
      <button
        type="button"
        class="button button-main"
        aria-disabled={isLeaving}
        onClick={() => {
          if (!isLeaving) void session.signIn();
        }}
      >
        {fault === null || fault === "left" ? "Sign in" : "Sign in again"}
      </button>
      <p class="small">You are taken to the sign-in page and back.</p>
    </Landing>
  );
}
