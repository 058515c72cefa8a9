import type { Fault } from "./sign-in.ts";
import { Store } from "../store.ts";

export type SessionState =
  /** The API asks for no sign-in. */
  | { phase: "open" }
  | { phase: "signed-out"; fault: Fault | null }
  /** On the way to the hosted UI. */
  | { phase: "leaving" }
  | { phase: "signed-in"; name: string | null }
  /**
   * It ended by itself: what is on the page stays, and waits for the next sign-in. `isRefused`: the
   * API takes not even a new token.
   */
  | { phase: "expired"; isRefused: boolean };

export interface Session extends Access {
  readonly state: Store<SessionState>;
  signIn(): Promise<void>;
  signOut(): Promise<void>;
}

/** What reading the holdings needs of a session. */
export interface Access {
  /** A token that is good for a while, or null when the API asks for none. */
  token(): Promise<string | null>;
  /** A new token in place of one that was refused. */
  renewed(): Promise<string | null>;
  /** The API refuses even a new token: nothing helps but signing in. */
  end(): void;
}

/** There is no token any more; the session has said so to whoever watches it. */
export class SessionEnded extends Error {}

/** Whether the session goes on could not be asked. */
export class Unreachable extends Error {}

/** The API asks for no sign-in, as in its demo mode. */
export class OpenSession implements Session {
  readonly state = new Store<SessionState>({ phase: "open" });

  token(): Promise<null> {
    return Promise.resolve(null);
  }

  renewed(): Promise<null> {
    return Promise.resolve(null);
  }

  end(): void {
    // There is nothing to end.
  }

  signIn(): Promise<void> {
    return Promise.resolve();
  }

  signOut(): Promise<void> {
    return Promise.resolve();
  }
}

/** Whether the API may be asked. */
export function hasSession({ phase }: SessionState): boolean {
  return phase === "open" || phase === "signed-in";
}
