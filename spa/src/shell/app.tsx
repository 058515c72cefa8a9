import { useCallback, useEffect, useState } from "preact/hooks";
import type { Send } from "../api/client.ts";
import { REFUSED } from "../api/sentences.ts";
import { isComingBack } from "../auth/open.ts";
import { type Session, type SessionState, hasSession } from "../auth/session.ts";
import { FAULTS } from "../auth/sign-in.ts";
import { ConfigError } from "../config.ts";
import type { Reader } from "../reading/reader.ts";
import { readWhileVisible } from "../reading/visible.ts";
import { useStore } from "../store.ts";
import { isDemo } from "../api/snapshot.ts";
import { HoldingsView, Skeleton } from "../views/holdings/view.tsx";
import { useHiddenAmounts } from "./browser.ts";
import { Frame, Landing, type Said, Toast, type ViewProps, isWithin } from "./frame.tsx";
import { EyeIcon } from "./icons.tsx";
import { Later } from "./later.tsx";
import { go, hasMoved, usePath } from "./route.ts";

export interface Parts {
  session: Session;
  reader: Reader;
  send: Send;
}

/** Every state of the page: it starts or cannot, somebody is signed in or is not. */
export function App({ open }: { open: () => Promise<Parts> }) {
  const [parts, setParts] = useState<Parts | null>(null);
  const [broken, setBroken] = useState<string | null>(null);
  const path = usePath();
  useEffect(() => {
    open().then(setParts, (error: unknown) => {
      setBroken(error instanceof ConfigError ? error.message : brokenWords(error));
    });
  }, [open]);
  if (broken !== null) {
    return (
      <Landing title="This page cannot start" remedy={broken} isFault>
        <button type="button" class="button button-main" onClick={startAnew}>
          Try again
        </button>
      </Landing>
    );
  }
  if (parts === null) {
    const isBack = isComingBack();
    return <Frame path={isBack ? path : undefined}>{isBack && path === "/" && <Skeleton />}</Frame>;
  }
  return <Opened {...parts} />;
}

function brokenWords(error: unknown): string {
  return error instanceof DOMException && error.name === "SecurityError"
    ? "This browser keeps the page from starting. Allow it to store data for this site, and reload."
    : "What this tab keeps of an earlier visit is in the way. Try again: it is then put away.";
}

/** Whatever this tab keeps is not worth a page that does not start. */
function startAnew() {
  try {
    sessionStorage.clear();
  } catch {
    // Then there is nothing in it either.
  }
  location.reload();
}

function Opened(parts: Parts) {
  const { session, reader } = parts;
  const state = useStore(session.state);
  const { figures } = useStore(reader.reading);
  const away = state.phase === "signed-out" || (state.phase === "leaving" && !figures);
  // Without figures there is nothing to keep: an ended session is a plain sign-in.
  if (away || (state.phase === "expired" && !figures))
    return <Welcome session={session} state={state} />;
  return <Page {...parts} state={state} />;
}

const WELCOME = {
  title: "See what you hold",
  remedy: "Every balance of your exchange account, how old each figure is and how far to trust it.",
};
const ENDED = {
  title: "Your session has ended",
  remedy: "Sign in again; your place on this page is kept.",
};

function Welcome({ session, state }: { session: Session; state: SessionState }) {
  const fault = state.phase === "signed-out" ? state.fault : null;
  const isLeaving = state.phase === "leaving";
  const ended = state.phase === "expired" ? (state.isRefused ? REFUSED : ENDED) : null;
  const { title, remedy } = fault ? FAULTS[fault] : (ended ?? WELCOME);
  return (
    <Landing title={title} remedy={remedy} isFault={fault !== null && fault !== "left"}>
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

/** What is around every view: the masthead, what is said in passing, and reading on time. */
function Page({ session, state, reader, send }: Parts & { state: SessionState }) {
  const path = usePath();
  const [isHidden, setHidden] = useHiddenAmounts();
  const [said, setSaid] = useState<Said | null>(null);
  const say = useCallback((text: string) => {
    setSaid({ text });
  }, []);
  const isReading = hasSession(state);
  useEffect(() => (isReading ? readWhileVisible(reader) : undefined), [isReading, reader]);
  useLeadToConnections(reader, path);
  return (
    <Frame
      path={state.phase === "open" ? undefined : path}
      tools={<Tools session={session} state={state} isHidden={isHidden} setHidden={setHidden} />}
      toast={<Toast said={said} />}
    >
      <View {...{ session, state, reader, send, path, isHidden, say }} />
    </Frame>
  );
}

const loadConnections = () => import("../views/connections/view.tsx");
const loadHistory = () => import("../views/history/view.tsx");
const loadActivity = () => import("../views/activity/view.tsx");
const loadInsights = () => import("../views/insights/view.tsx");
const loadAlerts = () => import("../views/alerts/view.tsx");
const loadProfile = () => import("../views/profile/view.tsx");

function View(props: ViewProps) {
  const { path } = props;
  if (isWithin(path, "/connections")) return <Later load={loadConnections} view={props} />;
  if (isWithin(path, "/history")) return <Later load={loadHistory} view={props} />;
  if (isWithin(path, "/activity")) return <Later load={loadActivity} view={props} />;
  if (isWithin(path, "/insights")) return <Later load={loadInsights} view={props} />;
  if (isWithin(path, "/alerts")) return <Later load={loadAlerts} view={props} />;
  if (isWithin(path, "/profile")) return <Later load={loadProfile} view={props} />;
  return <HoldingsView {...props} />;
}

/** Whoever comes for the first time has nothing to see yet, but something to connect. */
function useLeadToConnections(reader: Reader, path: string) {
  const { figures } = useStore(reader.reading);
  const hasNothing =
    figures !== null && figures.snapshot.sources.length === 0 && !isDemo(figures.snapshot);
  useEffect(() => {
    if (hasNothing && path === "/" && !hasMoved()) go("/connections", { replace: true });
  }, [hasNothing, path]);
}

interface ToolsProps {
  session: Session;
  state: SessionState;
  isHidden: boolean;
  setHidden: (hidden: boolean) => void;
}

/** The right end of the masthead. */
function Tools({ session, state, isHidden, setHidden }: ToolsProps) {
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
