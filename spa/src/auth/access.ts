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
