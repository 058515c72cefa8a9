import { useEffect, useState } from "preact/hooks";
import { askHoldings } from "../api/client.ts";
import { isComingBack, openSession } from "../auth/open.ts";
import type { Session } from "../auth/session.ts";
import { ConfigError, readConfig } from "../config.ts";
import { machineClock } from "../freshness/instant.ts";
import { Reader } from "../reading/reader.ts";
import { Frame } from "./frame.tsx";
import { Landing } from "./landing.tsx";
import { Page } from "./page.tsx";
import { Skeleton } from "./skeleton.tsx";
import { useStore } from "./watch.ts";
import { Welcome } from "./welcome.tsx";

interface Parts {
  session: Session;
  reader: Reader;
}

async function open(): Promise<Parts> {
  const config = await readConfig();
  let reader: Reader | null = null;
  const session = await openSession(config.signIn, () => reader?.forget());
  const { apiUrl } = config;
  reader = new Reader({
    ask: (question) => askHoldings({ apiUrl, ...question }),
    access: session,
    clock: machineClock,
  });
  return { session, reader };
}

export function App() {
  const [parts, setParts] = useState<Parts | null>(null);
  const [broken, setBroken] = useState<string | null>(null);
  useEffect(() => {
    open().then(setParts, (error: unknown) => {
      setBroken(error instanceof ConfigError ? error.message : brokenWords(error));
    });
  }, []);
  if (broken !== null) {
    return (
      <Landing title="This page cannot start" mend={broken} isFault>
        <button type="button" class="button button-main" onClick={startAnew}>
          Try again
        </button>
      </Landing>
    );
  }
  if (parts === null) {
    return <Frame>{isComingBack() && <Skeleton />}</Frame>;
  }
  return <Signed {...parts} />;
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

function Signed({ session, reader }: Parts) {
  const state = useStore(session.state);
  const { figures } = useStore(reader.reading);
  const away = state.phase === "signed-out" || (state.phase === "leaving" && !figures);
  // Without figures there is nothing to keep: an ended session is a plain sign-in.
  if (away || (state.phase === "expired" && !figures))
    return <Welcome session={session} state={state} />;
  return <Page session={session} state={state} reader={reader} />;
}
