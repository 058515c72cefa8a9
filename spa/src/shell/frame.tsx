import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Send } from "../api/client.ts";
import type { Session, SessionState } from "../auth/session.ts";
import type { Reader } from "../reading/reader.ts";
import { Link } from "./link.tsx";
import { useTitle } from "./route.ts";

/** What each view is given. */
export interface ViewProps {
  session: Session;
  state: SessionState;
  reader: Reader;
  send: Send;
  /** "/connections/new" */
  path: string;
  /** Whether amounts are hidden from people who look over a shoulder. */
  isHidden: boolean;
  /** Say in passing what a button did. */
  say: (text: string) => void;
}

/** What every state of the page has around it, in the same place. */
export function Frame({
  path,
  tools,
  toast,
  children,
}: {
  /** Where one is, for whoever may go elsewhere; without it there are no ways to go. */
  path?: string | undefined;
  tools?: ComponentChildren;
  /** Lies over everything: not in the content, whose container would hold it. */
  toast?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="masthead">
        <div class="masthead-row">
          <span class="brand">
            <img src="/icon.svg" alt="" width="24" height="24" />
            Holdings
          </span>
          {path !== undefined && <Ways path={path} />}
          <div class="tools">{tools}</div>
        </div>
      </header>
      <main id="main" class="main" tabIndex={-1}>
        <div class="content">{children}</div>
      </main>
      {toast}
    </>
  );
}

const WAYS = [
  ["/", "Holdings"],
  ["/history", "History"],
  ["/activity", "Activity"],
  ["/insights", "Insights"],
  ["/alerts", "Alerts"],
  ["/connections", "Connections"],
  ["/profile", "Profile"],
] as const;

function Ways({ path }: { path: string }) {
  const at = WAYS.find(([to]) => to !== "/" && isWithin(path, to)) ?? WAYS[0];
  return (
    <nav class="ways" aria-label="Views">
      {WAYS.map((way) => (
        <Link key={way[0]} to={way[0]} isCurrent={way === at}>
          {way[1]}
        </Link>
      ))}
    </nav>
  );
}

export function isWithin(path: string, way: string): boolean {
  return path === way || path.startsWith(`${way}/`);
}

interface LandingProps {
  title: string;
  remedy: string;
  isFault?: boolean;
  children: ComponentChildren;
}

/** One calm card: there is one thing to read and one thing to do. */
export function Landing({ title, remedy, isFault = false, children }: LandingProps) {
  useTitle("");
  return (
    <Frame>
      <section class="landing" aria-labelledby="landing-title">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <h1 id="landing-title">{title}</h1>
        <p role={isFault ? "alert" : undefined}>{remedy}</p>
        {children}
      </section>
    </Frame>
  );
}

/** A new object each time, so that the same words can be said twice. */
export interface Said {
  text: string;
}

const SHOWN_MS = 4000;

/** What a button did, for eyes and screen readers alike. Lies over the page and moves nothing. */
export function Toast({ said }: { said: Said | null }) {
  const [shown, setShown] = useState<Said | null>(null);
  useEffect(() => {
    setShown(said);
    const timer = setTimeout(() => {
      setShown(null);
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [said]);
  return (
    <div class="toast" role="status" data-shown={shown !== null && shown.text !== ""}>
      {shown?.text}
    </div>
  );
}
