import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig, readConfig } from "../src/config.ts";

const WHOLE = {
  api_url: "https://api.example/",
  hosted_ui_url: "https://login.example",
  issuer: "https://issuer.example/pool",
  client_id: "client",
  scope: "holdings/read",
};
const parse = (fields: unknown) => parseConfig(JSON.stringify(fields));

describe("config.json", () => {
  it("names the API and the sign-in", () => {
    expect(parse({ ...WHOLE, something: "new" })).toEqual({
      apiUrl: "https://api.example",
      signIn: {
        issuer: "https://issuer.example/pool",
        clientId: "client",
        hostedUiUrl: "https://login.example",
        scope: "holdings/read",
      },
    });
  });

  it.each([
    ["/api/v1", "/api/v1"],
    ["/api/v1/", "/api/v1"],
  ])("may name an API beside the page: %j", (given, apiUrl) => {
    expect(parse({ api_url: given }).apiUrl).toBe(apiUrl);
  });

  it.each(["//evil.example", "/\\evil.example", "/a?b", "/a b", "/@evil.example"])(
    "takes %j for no path of its own",
    (api_url) => {
      expect(() => parse({ api_url })).toThrow(ConfigError);
    },
  );

  it("may leave the scope empty", () => {
    expect(parse({ ...WHOLE, scope: "" }).signIn?.scope).toBe("");
  });

  it("without issuer and client means a page without sign-in", () => {
    expect(parse({ api_url: "http://127.0.0.1:8000" })).toEqual({
      apiUrl: "http://127.0.0.1:8000",
      signIn: null,
    });
  });

  it.each(["api_url", "hosted_ui_url", "issuer", "client_id"])(
    "that lacks only %s is broken, and says so",
    (name) => {
      expect(() => parse({ ...WHOLE, [name]: "" })).toThrow(new RegExp(`no ${name}`));
    },
  );

  it.each([
    "javascript:alert(1)",
    "//evil.example",
    "data:text/html,x",
    "https://user:pw@evil.example",
    "nonsense",
  ])("never makes %j an address to go to", (url) => {
    expect(() => parse({ ...WHOLE, hosted_ui_url: url })).toThrow(ConfigError);
  });

  it.each(["", "<html>", "[]", "null", '"text"'])(
    "that is %j is broken, and says the remedy",
    (text) => {
      expect(() => parseConfig(text)).toThrow(/deploy it again, or to correct that file/);
    },
  );

  it("that is missing or out of reach gives a sentence, not a stack", async () => {
    await expect(
      readConfig(() => Promise.resolve(new Response("", { status: 404 }))),
    ).rejects.toThrow(/is missing \(status 404\)/);
    await expect(readConfig(() => Promise.reject(new TypeError("x")))).rejects.toThrow(
      /Check your connection/,
    );
  });
});
