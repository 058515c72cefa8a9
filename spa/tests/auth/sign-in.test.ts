import { ErrorResponse, User } from "oidc-client-ts";
import { describe, expect, it } from "vitest";
import { completeSignIn, isCallback, withoutCallback } from "../../src/auth/sign-in.ts";

const HOME = "https://page.example/";
const user = new User({
  access_token: "t",
  token_type: "Bearer",
  profile: { sub: "s", iss: "i", aud: "a", exp: 1, iat: 1 },
});

function arriving(query: string, error: Error | null, signedIn: User | null = null) {
  const manager = {
    signinRedirectCallback: () => (error === null ? Promise.resolve(user) : Promise.reject(error)),
    getUser: () => Promise.resolve(signedIn),
  };
  return completeSignIn(manager, new URL(HOME + query));
}

describe("coming back from the sign-in page", () => {
  it("is reported from any other visit", () => {
    expect(isCallback(new URL(`${HOME}?code=c&state=s`))).toBe(true);
    expect(isCallback(new URL(`${HOME}?error=access_denied`))).toBe(true);
    expect(isCallback(new URL(`${HOME}?q=btc`))).toBe(false);
  });

  it("leaves nothing of itself in the address, and the rest alone", () => {
    const clean = withoutCallback(
      new URL(`${HOME}?code=c&q=b&state=s&error=e&error_description=d`),
    );
    expect(clean.href).toBe(`${HOME}?q=b`);
  });

  it("signs in", async () => {
    expect(await arriving("?code=c&state=s", null)).toBeNull();
  });

  it("cancelled says so, whatever else the address claims", async () => {
    expect(await arriving("?error=access_denied", new Error("No state in response"))).toBe(
      "cancelled",
    );
  });

  it("with a state that this tab does not know is a stray", async () => {
    expect(await arriving("?code=c&state=x", new Error("No matching state found in storage"))).toBe(
      "stray",
    );
  });

  it("with a code that was used is reported as such", async () => {
    expect(await arriving("?code=c&state=s", new ErrorResponse({ error: "invalid_grant" }))).toBe(
      "used",
    );
  });

  it("while the sign-in page is down is reported as such", async () => {
    expect(await arriving("?code=c&state=s", new TypeError("failed to fetch"))).toBe("unreachable");
  });

  it("refused is refused", async () => {
    expect(
      await arriving("?error=invalid_scope&state=s", new ErrorResponse({ error: "invalid_scope" })),
    ).toBe("refused");
  });

  it("a second time, by reload or back, changes nothing for who is signed in", async () => {
    expect(
      await arriving("?code=c&state=s", new Error("No matching state found in storage"), user),
    ).toBeNull();
  });
});
