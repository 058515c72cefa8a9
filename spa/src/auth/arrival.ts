import type { UserManager } from "oidc-client-ts";
import { type Fault, faultOf } from "./faults.ts";

const OURS = ["code", "state", "error", "error_description", "error_uri", "iss", "session_state"];

/** Whether this address is the hosted UI sending somebody back. */
export function isArrival(address: URL): boolean {
  const { searchParams } = address;
  return searchParams.has("code") || searchParams.has("error");
}

/** The address without anything of the sign-in: no code stays in the history. */
export function withoutArrival(address: URL): URL {
  const clean = new URL(address);
  for (const name of OURS) clean.searchParams.delete(name);
  return clean;
}

/** Complete the sign-in. Null when it worked, also when somebody is signed in from before. */
export async function arrive(
  manager: Pick<UserManager, "signinRedirectCallback" | "getUser">,
  address: URL,
): Promise<Fault | null> {
  try {
    await manager.signinRedirectCallback(address.href);
    return null;
  } catch (error) {
    // A reload or a step back repeats an address that has done its work.
    if (await manager.getUser()) return null;
    if (address.searchParams.get("error") === "access_denied") return "cancelled";
    return faultOf(error);
  }
}
