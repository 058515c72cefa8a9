import type { Store } from "../store.ts";
import type { Access } from "./access.ts";
import type { Fault } from "./faults.ts";

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
