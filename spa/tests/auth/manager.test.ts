import { expect, it } from "vitest";
import { userManager } from "../../src/auth/manager.ts";

const CONFIG = {
  issuer: "https://issuer.example/pool",
  clientId: "client",
  hostedUiUrl: "https://login.example",
  scope: "holdings/read",
};

const KEY = "oidc.user:https://issuer.example/pool:client";

it("keeps the user in this tab alone, and no ID token", async () => {
  const { settings } = userManager(CONFIG, "https://page.example");
  await settings.userStore.set("user:x", JSON.stringify({ access_token: "a", id_token: "i" }));
  expect([sessionStorage.length, sessionStorage.getItem("oidc.user:x")]).toEqual([
    1,
    '{"access_token":"a"}',
  ]);
  expect(localStorage.length).toBe(0);
});

const KEPT = {
  access_token: "a",
  refresh_token: "r",
  token_type: "Bearer",
  expires_at: 4_102_444_800,
  profile: { sub: "s", iss: CONFIG.issuer, aud: "client", email: "viewer@example.com" },
};

it("finds the user that it kept", async () => {
  const manager = userManager(CONFIG, "https://page.example");
  sessionStorage.setItem(KEY, JSON.stringify(KEPT));
  expect((await manager.getUser())?.profile.email).toBe("viewer@example.com");
});

it.each([
  ...["", "{", "null", "[]", "{}", "7", '"a"', "undefined"],
  ...[
    { ...KEPT, access_token: undefined },
    { ...KEPT, access_token: "two words\n" },
    { ...KEPT, refresh_token: 5 },
    { ...KEPT, expires_at: "soon" },
    { ...KEPT, profile: null },
    { ...KEPT, profile: {} },
    { ...KEPT, profile: { sub: "s", email: {} } },
  ].map((user) => JSON.stringify(user)),
])("takes what is no user for none, and puts it away: %s", async (text) => {
  const manager = userManager(CONFIG, "https://page.example");
  sessionStorage.setItem(KEY, text);
  expect(await manager.getUser()).toBeNull();
  expect(sessionStorage.getItem(KEY)).toBeNull();
});

it.each([
  ["holdings/read  holdings/write", "openid email holdings/read holdings/write"],
  ["", "openid email"],
])("asks for each scope that the deployment names: %j", (scope, asked) => {
  expect(userManager({ ...CONFIG, scope }, "https://page.example").settings.scope).toBe(asked);
});

it("asks for the API's scope, by PKCE, and comes back to the page's root", () => {
  const { settings } = userManager(CONFIG, "https://page.example");
  expect(settings).toMatchObject({
    redirect_uri: "https://page.example/",
    response_type: "code",
    scope: "openid email holdings/read",
    disablePKCE: false,
    automaticSilentRenew: false,
  });
});
