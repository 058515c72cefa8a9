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
      {(state.phase === "signed-in" || state.phase === "leaving") && (
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
