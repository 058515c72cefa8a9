import { expect, it } from "vitest";
import { userManager } from "../../src/auth/manager.ts";

const CONFIG = {
  issuer: "https://issuer.example/pool",
  clientId: "client",
  hostedUiUrl: "https://login.example",
  scope: "holdings/read",
};

it("keeps the user in this tab alone, and no ID token", async () => {
  const { settings } = userManager(CONFIG, "https://page.example");
  await settings.userStore.set("user:x", JSON.stringify({ access_token: "a", id_token: "i" }));
  expect([sessionStorage.length, sessionStorage.getItem("oidc.user:x")]).toEqual([
    1,
    '{"access_token":"a"}',
  ]);
  expect(localStorage.length).toBe(0);
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
