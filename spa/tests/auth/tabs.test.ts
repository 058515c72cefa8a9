import { ErrorResponse, User } from "oidc-client-ts";
import { describe, expect, it } from "vitest";
import { OidcSession } from "../../src/auth/oidc-session.ts";
import { SessionEnded } from "../../src/auth/session.ts";
import { Tabs } from "../../src/auth/tabs.ts";

interface Given {
  refresh: string;
  access?: string;
  lasts?: number;
}

function user({ refresh, access = `access of ${refresh}`, lasts = 3600 }: Given): User {
  return new User({
    access_token: access.replaceAll(" ", "-"),
    refresh_token: refresh,
    token_type: "Bearer",
    expires_at: Math.floor(Date.now() / 1000) + lasts,
    profile: { sub: "s", iss: "i", aud: "a", exp: 1, iat: 1 },
  });
}

/** A pool whose refresh tokens are good for one use, or for ever. */
class Pool {
  readonly spent: string[] = [];
  #number = 1;

  constructor(private readonly rotates: boolean) {}

  async renew(refresh: string): Promise<User> {
    await new Promise((done) => setTimeout(done, 20));
    if (this.rotates && this.spent.includes(refresh)) {
      throw new ErrorResponse({ error: "invalid_grant" });
    }
    this.spent.push(refresh);
    this.#number++;
    return user({
      refresh: this.rotates ? `r${this.#number}` : refresh,
      access: `a${this.#number}`,
    });
  }
}

/** Tabs of one browser: each has its own storage, all hear each other and share the locks. */
class Browser {
  readonly #channels: Pick<BroadcastChannel, "postMessage" | "onmessage">[] = [];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly pool: Pool) {}

  open(kept: User) {
    let held: User | null = kept;
    const tabs = new Tabs(this.#channel(), { request: this.#request as LockManager["request"] });
    const session = new OidcSession({
      tabs,
      manager: {
        getUser: () => Promise.resolve(held),
        storeUser: (user) => {
          held = user;
          return Promise.resolve();
        },
        removeUser: () => {
          held = null;
          return Promise.resolve();
        },
        signinRedirect: () => Promise.resolve(),
        signinSilent: async () => {
          held = await this.pool.renew(held?.refresh_token ?? "none");
          return held;
        },
        revokeTokens: () => Promise.resolve(),
      },
      user: held,
      fault: null,
      logoutUrl: "",
      go: () => undefined,
      beforeSignIn: () => undefined,
      beforeSignOut: () => undefined,
      afterSignOut: () => {
        tabs.signedOut();
      },
    });
    tabs.handlers = {
      signedOut: () => void session.endElsewhere(),
      renewed: (spent, text) => session.adopt(spent, text),
    };
    return {
      session,
      held: () => held,
      /** As a tab that slept through what the others said. */
      put: (user: User) => {
        held = user;
      },
    };
  }

  #channel(): Pick<BroadcastChannel, "postMessage" | "onmessage"> {
    const channel: Pick<BroadcastChannel, "postMessage" | "onmessage"> = {
      onmessage: null,
      postMessage: (data: unknown) => {
        for (const other of this.#channels) {
          if (other === channel) continue;
          setTimeout(() => {
            const event = new MessageEvent("message", { data: structuredClone(data) });
            other.onmessage?.call(other as BroadcastChannel, event);
          });
        }
      },
    };
    this.#channels.push(channel);
    return channel;
  }

  readonly #request = (_: string, __: LockOptions, held: () => Promise<void>): Promise<void> => {
    const turn = this.#queue.then(held);
    this.#queue = turn;
    return turn;
  };
}

const OLD = user({ refresh: "r1", access: "a1", lasts: -5 });

describe("a tab and its duplicate", () => {
  it.each([true, false])(
    "renew once for both at one moment (refresh tokens rotate: %s)",
    async (rotates) => {
      const pool = new Pool(rotates);
      const browser = new Browser(pool);
      const tabs = [browser.open(OLD), browser.open(OLD), browser.open(OLD)];
      expect(await Promise.all(tabs.map(({ session }) => session.token()))).toEqual([
        "a2",
        "a2",
        "a2",
      ]);
      expect(pool.spent).toEqual(["r1"]);
    },
  );

  it("renew once for both, one after the other", async () => {
    const pool = new Pool(true);
    const browser = new Browser(pool);
    const [one, other] = [browser.open(OLD), browser.open(OLD)];
    expect(await one.session.token()).toBe("a2");
    expect(await other.session.token()).toBe("a2");
    expect(pool.spent).toEqual(["r1"]);
  });

  it("keep the session when one of them slept through several renewals", async () => {
    const pool = new Pool(true);
    const browser = new Browser(pool);
    const [one, other] = [browser.open(OLD), browser.open(OLD)];
    await one.session.token();
    await one.session.renewed();
    await new Promise((done) => setTimeout(done, 10));
    other.put(OLD);
    expect(await other.session.token()).toBe("a3");
    expect(pool.spent).toEqual(["r1", "r2"]);
  });

  it("both take another token when the API refuses the one they have", async () => {
    const pool = new Pool(true);
    const browser = new Browser(pool);
    const fresh = user({ refresh: "r1", access: "refused" });
    const tabs = [browser.open(fresh), browser.open(fresh)];
    for (const { session } of tabs) await session.token();
    expect(await Promise.all(tabs.map(({ session }) => session.renewed()))).toEqual(["a2", "a2"]);
    expect(pool.spent).toEqual(["r1"]);
  });

  it("end together", async () => {
    const browser = new Browser(new Pool(true));
    const [one, other] = [browser.open(OLD), browser.open(OLD)];
    await one.session.token();
    await one.session.signOut();
    await new Promise((done) => setTimeout(done, 10));
    expect([one.held(), other.held()]).toEqual([null, null]);
  });
});

it("leaves a session alone that has another refresh token", async () => {
  const pool = new Pool(true);
  const browser = new Browser(pool);
  const mine = user({ refresh: "mine", access: "own", lasts: -5 });
  const [one, other] = [browser.open(OLD), browser.open(mine)];
  await one.session.token();
  expect(other.held()).toBe(mine);
  expect(await other.session.token()).toBe("a3");
  expect(pool.spent).toEqual(["r1", "mine"]);
});

it("does not wait for ever for a tab that hangs, nor where there are no locks", async () => {
  const deaf = { postMessage: () => undefined, onmessage: null };
  const work = () => Promise.resolve("done");
  expect(await new Tabs(deaf, undefined).alone(work)).toBe("done");
  const request = () => Promise.reject(new DOMException("", "TimeoutError"));
  expect(await new Tabs(deaf, { request }).alone(work)).toBe("done");
});

it("lets go of the lock when a renewal fails", async () => {
  const browser = new Browser(new Pool(true));
  const tab = browser.open(user({ refresh: "r1", lasts: -5 }));
  const dead = browser.open(user({ refresh: "", lasts: -5 }));
  await expect(dead.session.token()).rejects.toThrow(SessionEnded);
  expect(await tab.session.token()).toBe("a2");
});
