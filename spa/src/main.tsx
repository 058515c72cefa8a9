import { render } from "preact";
import { type Send, askHoldings, call } from "./api/client.ts";
import { openSession } from "./auth/open.ts";
import { SessionEnded } from "./auth/session.ts";
import { readConfig } from "./config.ts";
import { machineClock } from "./freshness.ts";
import { asViewer } from "./reading/as-viewer.ts";
import { Reader } from "./reading/reader.ts";
import { App, type Parts } from "./shell/app.tsx";
import { takeAddress } from "./shell/route.ts";

/** Every part is made here, once, in the order in which it is needed. */
async function open(): Promise<Parts> {
  const { apiUrl, signIn } = await readConfig();
  let reader: Reader | null = null;
  const session = await openSession(signIn, () => {
    reader?.forget();
    takeAddress();
  });
  takeAddress();
  reader = new Reader({
    ask: (question) => askHoldings({ apiUrl, ...question }),
    access: session,
    clock: machineClock,
  });
  const send: Send = async (request) => {
    try {
      return await asViewer(session, (accessToken) => call({ apiUrl, accessToken }, request));
    } catch (error) {
      if (error instanceof SessionEnded) return { kind: "ended" };
      throw error;
    }
  };
  return { session, reader, send };
}

const root = document.getElementById("page");
if (!root) throw new Error("index.html has no #page");
// In place of the sentence for a script that does not come.
root.replaceChildren();
render(<App open={open} />, root);
