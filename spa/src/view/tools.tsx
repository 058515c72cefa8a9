import type { Session, SessionState } from "../auth/session.ts";
import { EyeIcon } from "./icons.tsx";

interface ToolsProps {
  session: Session;
  state: SessionState;
  isHidden: boolean;
  setHidden: (hidden: boolean) => void;
}

/** The right end of the masthead. */
export function Tools({ session, state, isHidden, setHidden }: ToolsProps) {
  // Also when the session has ended: what is on the page must be put away before somebody else sits down.
  const canLeave =
    state.phase === "signed-in" || state.phase === "leaving" || state.phase === "expired";
  return (
    <>
      {state.phase === "signed-in" && state.name !== null && (
        <span class="who" title={state.name}>
          {state.name}
        </span>
      )}
      <button
        type="button"
        class="button button-plain"
        aria-pressed={isHidden}
        aria-label="Hide amounts"
        title={isHidden ? "Show amounts" : "Hide amounts"}
        onClick={() => {
          setHidden(!isHidden);
        }}
      >
        <EyeIcon isOpen={!isHidden} />
      </button>
      {canLeave && (
        <button
          type="button"
          class="button button-plain"
          onClick={() => {
            void session.signOut();
          }}
        >
          Sign out
        </button>
      )}
    </>
  );
}
