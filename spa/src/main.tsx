import { render } from "preact";
import { askHoldings } from "./api/client.ts";
import { openSession } from "./auth/open.ts";
import { readConfig } from "./config.ts";
import { machineClock } from "./freshness.ts";
import { Reader } from "./reading/reader.ts";
import { App, type Parts } from "./shell/app.tsx";

/** Every part is made here, once, in the order in which it is needed. */
async function open(): Promise<Parts> {
  const { apiUrl, signIn } = await readConfig();
  let reader: Reader | null = null;
  const session = await openSession(signIn, () => reader?.forget());
  reader = new Reader({
    ask: (question) => askHoldings({ apiUrl, ...question }),
    access: session,
    clock: machineClock,
  });
  return { session, reader };
}

const root = document.getElementById("page");
if (!root) throw new Error("index.html has no #page");
// In place of the sentence for a script that does not come.
root.replaceChildren();
render(<App open={open} />, root);
