import { describe, expect, it } from "vitest";
import { type Call, askHoldings, call } from "../../src/api/client.ts";
import { holding, snapshot, source } from "../samples.ts";

interface Asked {
  url: string;
  init: RequestInit;
}

function ask(
  answer: () => Response | Promise<Response>,
  more: { refresh?: boolean; token?: string | null; online?: boolean } = {},
) {
  const calls: Asked[] = [];
  const result = askHoldings({
    apiUrl: "https://api.example",
    accessToken: more.token === undefined ? "token" : more.token,
    refresh: more.refresh ?? false,
    isOnline: () => more.online ?? true,
    timeoutMs: 50,
    fetch: async (url, init) => {
      calls.push({ url: url as string, init: init ?? {} });
      return await answer();
    },
  });
  return { result, calls };
}

const json = (body: unknown, init: ResponseInit = {}) => new Response(JSON.stringify(body), init);

describe("asking", () => {
  it("sends the token to the API alone, without cookies and without following elsewhere", async () => {
    const { result, calls } = ask(() => json(snapshot()), { refresh: true });
    await result;
    expect(calls[0]?.url).toBe("https://api.example/holdings?refresh=true");
    expect(calls[0]?.init).toMatchObject({
      headers: { Authorization: "Bearer token" },
      credentials: "omit",
      redirect: "error",
      cache: "no-cache",
    });
  });

  it("sends no token where the API asks for none", async () => {
    const { result, calls } = ask(() => json(snapshot()), { token: null });
    await result;
    expect(calls[0]?.init.headers).toEqual({});
  });
});

describe("an answer", () => {
  it("brings the figures with what its headers tell", async () => {
    const headers = {
      Age: "40",
      "Cache-Control": "private, max-age=180",
      "X-Cache": "HIT",
      "X-Request-Id": "r",
    };
    const { result } = ask(() => json(snapshot(), { headers }));
    expect(await result).toEqual({
      kind: "figures",
      snapshot: snapshot(),
      provenance: { age: 40, maxAge: 180, cache: "HIT", requestId: "r" },
    });
  });

  it("ignores headers that make no sense", async () => {
    const { result } = ask(() =>
      json(snapshot(), { headers: { Age: "-4", "Cache-Control": "no-store" } }),
    );
    expect(await result).toMatchObject({ provenance: { age: null, maxAge: null } });
  });

  it.each([
    [
      "an amount that is a number",
      { holdings: [{ account_id: "a", currency: "B", balance: 1.5, available: "1", hold: "0" }] },
    ],
    [
      "an amount with an exponent",
      { holdings: [{ account_id: "a", currency: "B", balance: "1e5", available: "1", hold: "0" }] },
    ],
    ["a moment that is none", { as_of: "soon" }],
    ["a count below zero", { hidden: { zero: -1, dust: 0 } }],
    ["a list that is none", { holdings: {} }],
    ["stale that is a word", { stale: "no" }],
  ])("is refused whole for %s", async (_, fields) => {
    const { result } = ask(() => json({ ...snapshot(), ...fields }));
    expect((await result).kind).toBe("unreadable");
  });

  it("that is a proxy's page is refused", async () => {
    const { result } = ask(() => new Response("<html>"));
    expect(await result).toEqual({ kind: "unreadable", why: "it is not JSON", requestId: null });
  });

  it("that is a problem keeps its code, its words, its id and when to come back", async () => {
    const body = { code: "exchange_rate_limited", detail: "Wait.", request_id: "r-1", status: 503 };
    const { result } = ask(() => json(body, { status: 503, headers: { "Retry-After": "7" } }));
    expect(await result).toEqual({
      kind: "problem",
      code: "exchange_rate_limited",
      status: 503,
      detail: "Wait.",
      requestId: "r-1",
      retryAfter: 7,
      errors: {},
    });
  });

  it.each([
    [
      { label: ["Too long."], exchange: "Unknown." },
      { label: ["Too long."], exchange: ["Unknown."] },
    ],
    [{ label: [7, null], constructor: { a: 1 } }, {}],
    ["label", {}],
    [null, {}],
  ])("keeps of the errors of fields what is text: %j", async (errors, kept) => {
    const body = { code: "invalid_request", detail: "", errors };
    const { result } = ask(() => json(body, { status: 422 }));
    expect(await result).toMatchObject({ kind: "problem", errors: kept });
  });

  it("names each source, and one that never was read", async () => {
    const list = snapshot({
      sources: [
        source({ scope: "No vault." }),
        source({ connection_id: "b", as_of: null, expires_at: null }),
      ],
      holdings: [holding({ connection_id: "b" })],
    });
    expect(await ask(() => json(list)).result).toMatchObject({ snapshot: list });
  });

  it.each(["", "soon", 7])("whose source has %j for a moment is refused", async (as_of) => {
    const list = { ...snapshot(), sources: [{ ...source(), as_of }] };
    expect(await ask(() => json(list)).result).toMatchObject({ kind: "unreadable" });
  });

  it.each([
    [401, "unauthenticated"],
    [403, "forbidden"],
    [429, "http_429"],
    [503, "http_503"],
  ])("%d of a gateway, which knows no codes, is %s", async (status, code) => {
    const { result } = ask(() => json({ message: "no" }, { status }));
    expect(await result).toMatchObject({ kind: "problem", code, detail: "", requestId: null });
  });

  it("that does not come is a time-out, a network failure or being offline", async () => {
    const hangs = () => Promise.reject(new DOMException("", "TimeoutError"));
    const fails = () => Promise.reject(new TypeError("failed to fetch"));
    expect(await ask(hangs).result).toEqual({ kind: "timeout" });
    expect(await ask(fails).result).toEqual({ kind: "network" });
    expect(await ask(fails, { online: false }).result).toEqual({ kind: "offline" });
  });
});

describe("a change", () => {
  async function sent(request: Call, answer: Response = new Response(null, { status: 204 })) {
    const calls: Asked[] = [];
    const reply = await call(
      {
        apiUrl: "https://api.example",
        accessToken: "token",
        fetch: (url, init) => {
          calls.push({ url: url as string, init: init ?? {} });
          return Promise.resolve(answer);
        },
      },
      request,
    );
    return { reply, calls };
  }

  it("goes out with what it was last seen as, under a key of its own, and into no cache", async () => {
    const { reply, calls } = await sent({
      method: "PATCH",
      path: "/connections/a",
      body: { label: "Home" },
      version: 3,
      idempotencyKey: "k",
    });
    expect(reply).toEqual({ kind: "reply", document: null });
    expect(calls).toEqual([
      {
        url: "https://api.example/connections/a",
        init: {
          method: "PATCH",
          body: '{"label":"Home"}',
          headers: {
            Authorization: "Bearer token",
            "Content-Type": "application/json",
            "If-Match": '"3"',
            "Idempotency-Key": "k",
          },
          cache: "no-store",
          credentials: "omit",
          redirect: "error",
          signal: calls[0]?.init.signal,
        },
      },
    ]);
  });

  it("sends nothing of it where nothing is to be changed", async () => {
    const { reply, calls } = await sent({ method: "GET", path: "/me" }, json({ a: 1 }));
    expect(reply).toEqual({ kind: "reply", document: { a: 1 } });
    expect([calls[0]?.init.headers, calls[0]?.init.body]).toEqual([
      { Authorization: "Bearer token" },
      undefined,
    ]);
  });

  it("that a proxy's page answers is said to be unreadable", async () => {
    const { reply } = await sent({ method: "GET", path: "/me" }, new Response("<html>"));
    expect(reply).toEqual({ kind: "unreadable", why: "it is not JSON", requestId: null });
  });
});
