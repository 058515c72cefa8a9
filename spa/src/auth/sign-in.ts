import { ErrorResponse, type UserManager } from "oidc-client-ts";

/** Why a sign-in brought nobody in. */
export type Fault =
  "cancelled" | "refused" | "stray" | "used" | "unreachable" | "insecure" | "left";

export interface FaultSentence {
  title: string;
  remedy: string;
}

/** Nothing of the address is shown: whoever writes a link could write into it. */
export const FAULTS: Record<Fault, FaultSentence> = {
  cancelled: {
    title: "Sign-in was cancelled",
    remedy: "Nothing was changed. Sign in whenever you like.",
  },
  refused: {
    title: "The sign-in page refused",
    remedy: "Try again. If it stays, ask whoever runs this page whether you may sign in.",
  },
  stray: {
    title: "That sign-in was not started here",
    remedy: "It came from an older visit or from another tab. Sign in once more.",
  },
  used: {
    title: "That sign-in has been used already",
    remedy: "Each works once, also after a reload or a step back. Sign in once more.",
  },
  unreachable: {
    title: "The sign-in could not be completed",
    remedy: "The sign-in page cannot be reached. Check your connection and try again.",
  },
  insecure: {
    title: "Signing in needs a secure connection",
    remedy: "Open this page by https.",
  },
  left: {
    title: "You are signed out",
    remedy: "Nothing of your holdings is kept in this browser tab.",
  },
};

export function faultOf(error: unknown): Fault {
  if (error instanceof ErrorResponse) {
    if (error.error === "access_denied") return "cancelled";
    return error.error === "invalid_grant" ? "used" : "refused";
  }
  // What is kept of the sign-in under way may be anything: a SyntaxError is no JSON.
  if (error instanceof SyntaxError) return "stray";
  if (error instanceof Error && /state|authority mismatch/i.test(error.message)) return "stray";
  return isUnreachable(error) ? "unreachable" : "refused";
}

/** Whether asking again may help: the network, a time-out, a server that is down. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof ErrorResponse) return false;
  if (error instanceof TypeError) return true;
  return (
    error instanceof Error && (error.name === "ErrorTimeout" || /\(5\d\d\)/.test(error.message))
  );
}

const OURS = ["code", "state", "error", "error_description", "error_uri", "iss", "session_state"];

/** Whether this address is the hosted UI sending somebody back. */
export function isCallback(address: URL): boolean {
  const { searchParams } = address;
  return searchParams.has("code") || searchParams.has("error");
}

/** The address without anything of the sign-in: no code stays in the history. */
export function withoutCallback(address: URL): URL {
  const clean = new URL(address);
  for (const name of OURS) clean.searchParams.delete(name);
  return clean;
}

/** Complete the sign-in. Null when it worked, also when somebody is signed in from before. */
export async function completeSignIn(
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
