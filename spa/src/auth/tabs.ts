/**
 * The tabs of this browser that show this page. They sign out together; and a tab that was
 * duplicated has the other's refresh token, of which one that rotates is good for one use: one tab
 * spends it, and the others take what it got. A token goes from tab to tab of this origin, and is
 * kept nowhere else.
 */

/** How long another tab may take to say what has become of a refresh token. */
const ANSWER_MS = 300;
/** A renewal takes 15 seconds at most: a tab that holds the lock for longer hangs. */
const LOCK_MS = 20_000;

type Message =
  | { kind: "signed out" }
  /** The refresh token `spent` has brought `user`, as oidc-client-ts writes one. */
  | { kind: "renewed"; spent: string; user: string }
  | { kind: "is it spent"; token: string };

export interface Handlers {
  /** Somebody signed out in another tab. */
  signedOut(): void;
  /** Another tab spent this refresh token. True when it was this tab's too, and `user` was taken. */
  renewed(spent: string, user: string): Promise<boolean>;
}

export class Tabs {
  handlers: Handlers | null = null;
  /** The refresh tokens that led to this tab's user, and that user. */
  readonly #spent = new Set<string>();
  #user: string | null = null;
  readonly #waiting = new Map<string, () => void>();

  constructor(
    private readonly channel: Pick<BroadcastChannel, "postMessage" | "onmessage">,
    /** Browsers have none outside a secure context. */
    private readonly locks: Pick<LockManager, "request"> | undefined,
  ) {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      void this.#take(data);
    };
  }

  /** Do `work` while no other tab does its own. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.#lock();
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Asks the other tabs whether a refresh token is spent; what came of it is taken by then. */
  async catchUp(token: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ANSWER_MS);
      this.#waiting.set(token, () => {
        clearTimeout(timer);
        resolve();
      });
      this.#post({ kind: "is it spent", token });
    });
    this.#waiting.delete(token);
  }

  /** This tab has spent a refresh token. */
  renewed(spent: string, user: string): void {
    this.#remember(spent, user);
    this.#post({ kind: "renewed", spent, user });
  }

  /** Somebody signed out in this tab. */
  signedOut(): void {
    this.#forget();
    this.#post({ kind: "signed out" });
  }

  async #take(message: Message): Promise<void> {
    switch (message.kind) {
      case "signed out":
        this.#forget();
        this.handlers?.signedOut();
        break;
      case "renewed": {
        const { spent, user } = message;
        if (await this.handlers?.renewed(spent, user)) this.#remember(spent, user);
        this.#waiting.get(spent)?.();
        break;
      }
      case "is it spent":
        if (this.#user !== null && this.#spent.has(message.token)) {
          this.#post({ kind: "renewed", spent: message.token, user: this.#user });
        }
        break;
    }
  }

  /** Returns what releases the lock. A tab that hangs with it is not waited for. */
  #lock(): Promise<() => void> {
    const { locks } = this;
    const nothing = () => undefined;
    if (!locks) return Promise.resolve(nothing);
    return new Promise((resolve) => {
      const held = () =>
        new Promise<void>((release) => {
          resolve(release);
        });
      locks
        .request("holdings.renewal", { signal: AbortSignal.timeout(LOCK_MS) }, held)
        .catch(() => {
          resolve(nothing);
        });
    });
  }

  #remember(spent: string, user: string): void {
    this.#spent.add(spent);
    this.#user = user;
  }

  #forget(): void {
    this.#spent.clear();
    this.#user = null;
  }

  #post(message: Message): void {
    this.channel.postMessage(message);
  }
}
