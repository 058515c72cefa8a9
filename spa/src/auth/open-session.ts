import { Store } from "../store.ts";
import type { Session, SessionState } from "./session.ts";

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
