import { ErrorResponse, User } from "oidc-client-ts";
import { describe, expect, it } from "vitest";
import { type Manager, OidcSession } from "../../src/auth/oidc-session.ts";
import { SessionEnded, Unreachable } from "../../src/auth/session.ts";

function user(
  secondsLeft: number,
  fields: { token?: string; refreshToken?: string | null } = {},
): User {
  const { token = "old", refreshToken = "refresh" } = fields;
  return new User({
    access_token: token,
    token_type: "Bearer",
    expires_at: Math.floor(Date.now() / 1000) + secondsLeft,
    profile: { sub: "s", iss: "i", aud: "a", exp: 1, iat: 1, email: "viewer@example.com" },
    ...(refreshToken !== null && { refresh_token: refreshToken }),
  });
}

function sessionOf(
  held: User | null,
  renew: () => Promise<User | null> = () => Promise.resolve(user(3600, { token: "new" })),
) {
  const log: string[] = [];
  const manager: Manager = {
    getUser: () => Promise.resolve(held),
    storeUser: () => Promise.resolve(),
    removeUser: () => Promise.resolve(void log.push("removed")),
    signinRedirect: () => Promise.resolve(void log.push("to sign-in")),
    signinSilent: () => {
      log.push("renewed");
      return renew();
    },
    revokeTokens: () => Promise.reject(new Error("no revocation here")),
  };
  const session = new OidcSession({
    manager,
    tabs: { alone: (work) => work(), catchUp: () => Promise.resolve(), renewed: () => undefined },
    user: held,
    fault: null,
    logoutUrl: "https://login.example/logout?x",
    go: (address) => log.push(`go ${address}`),
    beforeSignIn: () => log.push("place kept"),
    beforeSignOut: () => log.push("figures forgotten"),
    afterSignOut: () => log.push("other tabs told"),
  });
  return { session, log };
}

describe("the token", () => {
  it("is used as long as it lasts", async () => {
    const { session, log } = sessionOf(user(600));
    expect([await session.token(), log]).toEqual(["old", []]);
  });

  it("is renewed shortly before its end, once for all who wait", async () => {
    const { session, log } = sessionOf(user(30));
    expect(await Promise.all([session.token(), session.token()])).toEqual(["new", "new"]);
    expect(log).toEqual(["renewed"]);
  });

  it("that cannot be renewed for the network's sake is used until it ends", async () => {
    const fails = () => Promise.reject(new TypeError("failed to fetch"));
    expect(await sessionOf(user(30), fails).session.token()).toBe("old");
    const { session } = sessionOf(user(-5), fails);
    await expect(session.token()).rejects.toThrow(Unreachable);
    expect(session.state.value.phase).toBe("signed-in");
  });

  it.each([
    [
      "the server refuses to renew",
      user(-5),
      () => Promise.reject(new ErrorResponse({ error: "invalid_grant" })),
    ],
    ["there is nothing to renew with", user(-5, { refreshToken: null }), undefined],
  ])("ends the session when %s", async (_, held, renew) => {
    const { session, log } = sessionOf(held, renew);
    await expect(session.token()).rejects.toThrow(SessionEnded);
    expect(session.state.value).toEqual({ phase: "expired", isRefused: false });
    expect(log.at(-1)).toBe("removed");
  });
});

it("keeps the place before it goes to sign in", async () => {
  const { session, log } = sessionOf(null);
  await session.signIn();
  expect(log).toEqual(["place kept", "to sign-in"]);
});

it("signs out of both, also when the tokens cannot be revoked", async () => {
  const { session, log } = sessionOf(user(600));
  await session.signOut();
  expect(log).toEqual([
    "figures forgotten",
    "removed",
    "other tabs told",
    "go https://login.example/logout?x",
  ]);
});

it("leaves nothing here when somebody signs out in another tab", async () => {
  const { session, log } = sessionOf(user(600));
  await session.endElsewhere();
  expect(log).toEqual(["figures forgotten", "removed"]);
  expect(session.state.value).toEqual({ phase: "signed-out", fault: "left" });
});
