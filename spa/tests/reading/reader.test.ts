import { describe, expect, it } from "vitest";
import type { Answer, Failure } from "../../src/api/client.ts";
import { type Access, SessionEnded, Unreachable } from "../../src/auth/session.ts";
import { figures } from "../../src/freshness.ts";
import { Reader } from "../../src/reading/reader.ts";
import { delayAfterFigures, delayAfterFailure } from "../../src/reading/schedule.ts";
import { TestClock, failing, reported, snapshot, source } from "../samples.ts";

const GOOD: Answer = { kind: "figures", snapshot: snapshot(), provenance: reported() };
const problem = (code: string, status: number, retryAfter: number | null = null): Failure => ({
  kind: "problem",
  code,
  status,
  detail: "",
  requestId: "r",
  retryAfter,
  errors: {},
});

function readerOf(answers: Answer[], access: Partial<Access> = {}) {
  const clock = new TestClock();
  const asked: { accessToken: string | null; refresh: boolean }[] = [];
  const ended: string[] = [];
  const reader = new Reader({
    clock: clock.read,
    access: {
      token: () => Promise.resolve("token"),
      renewed: () => Promise.resolve("renewed"),
      end: () => ended.push("ended"),
      ...access,
    },
    ask: (question) => {
      asked.push(question);
      return Promise.resolve(answers.shift() ?? GOOD);
    },
  });
  return { reader, clock, asked, ended };
}

describe("reading", () => {
  it("keeps the last good figures through every failure", async () => {
    const { reader } = readerOf([GOOD, { kind: "timeout" }]);
    await reader.read("read");
    expect(await reader.read("read")).toBe("failure");
    expect(reader.reading.value.figures?.snapshot).toEqual(snapshot());
    expect(reader.reading.value.failure).toEqual({ kind: "timeout" });
  });

  it("makes what it holds fresh again when nothing has changed", async () => {
    const { reader } = readerOf([
      GOOD,
      { kind: "unchanged", provenance: reported({ age: 3, maxAge: 180 }) },
    ]);
    await reader.read("read");
    await reader.read("read");
    expect(reader.reading.value.figures).toMatchObject({
      snapshot: snapshot(),
      age: 3,
      freshFor: 177,
    });
  });

  it("renews a token that is refused once, and never in a loop", async () => {
    const refused = problem("unauthenticated", 401);
    const { reader, asked, ended } = readerOf([refused, refused, GOOD]);
    await reader.read("read");
    expect(asked.map(({ accessToken }) => accessToken)).toEqual(["token", "renewed"]);
    expect(ended).toEqual(["ended"]);
  });

  it("stops by itself when the session has ended", async () => {
    const { reader, asked } = readerOf([GOOD], { token: () => Promise.reject(new SessionEnded()) });
    expect(await reader.read("read")).toBe("ended");
    reader.tick();
    expect([asked, reader.reading.value.next]).toEqual([[], null]);
  });

  it("takes a renewal that cannot be asked for as the network's failure", async () => {
    const { reader } = readerOf([], { token: () => Promise.reject(new Unreachable()) });
    await reader.read("read");
    expect(reader.reading.value.failure).toEqual({ kind: "network" });
  });

  it("drops what comes after somebody has signed out", async () => {
    const { reader } = readerOf([GOOD]);
    const under = reader.read("read");
    reader.forget();
    expect(await under).toBe("dropped");
    expect(reader.reading.value.figures).toBeNull();
  });
});

describe("asking again", () => {
  it("waits until freshness ends, then asks without being told", async () => {
    const { reader, clock, asked } = readerOf([GOOD, GOOD]);
    await reader.read("read");
    clock.pass(140);
    reader.tick();
    expect(reader.reading.value.asking).toBe("no");
    clock.pass(1);
    reader.tick();
    expect(reader.reading.value.asking).toBe("read");
    await Promise.resolve();
    expect(asked.length).toBe(2);
  });

  it("holds a refresh for its cool-down, and nothing else", async () => {
    const { reader, clock } = readerOf([GOOD]);
    await reader.read("refresh");
    clock.pass(4);
    expect([reader.heldFor("refresh"), reader.heldFor("read")]).toEqual([6, 0]);
  });

  it("holds everything for as long as Retry-After says", async () => {
    const { reader } = readerOf([problem("exchange_rate_limited", 503, 20)]);
    await reader.read("read");
    expect([reader.heldFor("refresh"), reader.heldFor("read")]).toEqual([20, 20]);
  });

  it("grows patient with a failure that stays, and obeys Retry-After", () => {
    const down = problem("exchange_unavailable", 503);
    expect([1, 2, 3, 9].map((failures) => delayAfterFailure(down, failures))).toEqual([
      15, 30, 60, 300,
    ]);
    expect(delayAfterFailure(problem("exchange_rate_limited", 503, 42), 1)).toBe(42);
  });

  it.each<Failure>([
    { kind: "unreadable", why: "it is not JSON", requestId: null },
    { kind: "timeout" },
    { kind: "network" },
    { kind: "offline" },
    problem("forbidden", 403),
    problem("not_found", 404),
    problem("http_418", 418),
    problem("secret_invalid", 500),
    problem("misconfigured", 500),
    problem("brand_new", 599),
  ])("recovers by itself from one answer of whatever kind: %o", async (failure) => {
    const { reader, clock, asked } = readerOf([failure, GOOD]);
    await reader.read("read");
    clock.pass(301);
    reader.tick();
    await Promise.resolve();
    expect(asked.length).toBe(2);
  });

  it("asks seldom for what no retry repairs", () => {
    const failures = [1, 2, 9];
    const delays = (code: string) =>
      failures.map((count) => delayAfterFailure(problem(code, 500), count));
    expect([delays("secret_invalid"), delays("misconfigured")]).toEqual([
      [300, 300, 300],
      [300, 300, 300],
    ]);
  });

  it("lets no Retry-After lock the page for longer than an hour", async () => {
    const { reader } = readerOf([problem("exchange_rate_limited", 503, 315_360_000)]);
    await reader.read("read");
    expect([reader.heldFor("refresh"), reader.heldFor("read"), reader.dueIn()]).toEqual([
      3600, 3600, 3600,
    ]);
  });

  it("goes on asking after a fault that nobody thought of", async () => {
    const fault = new Error("the disk of sessionStorage is full");
    const { reader, clock } = readerOf([], { token: () => Promise.reject(fault) });
    await expect(reader.read("read")).rejects.toThrow(fault);
    expect(reader.reading.value.asking).toBe("no");
    clock.pass(3599);
    expect(reader.dueIn()).toBe(1);
  });

  it("never hammers, even when an answer is out of date at once", () => {
    const read = figures(snapshot(), reported({ age: 180 }), new TestClock().read());
    expect(delayAfterFigures(read)).toBe(5);
  });

  it("asks less often while Coinbase rejects the key than while it is down", () => {
    const delay = (code: string) =>
      delayAfterFigures(figures(failing(code), reported(), new TestClock().read()));
    expect([delay("exchange_unavailable"), delay("exchange_credentials_rejected")]).toEqual([
      60, 300,
    ]);
  });
  it("reads on time what is fresh beside a key that is rejected", () => {
    const rejected = { code: "exchange_credentials_rejected", detail: "" };
    const mixed = snapshot({
      stale: true,
      as_of: "2026-11-21T08:30:00Z",
      sources: [
        source({ as_of: "2026-11-21T08:30:00Z", stale: true, warning: rejected }),
        source({ connection_id: "b" }),
      ],
    });
    expect(
      delayAfterFigures(figures(mixed, reported({ age: 3640, maxAge: null }), new TestClock().now)),
    ).toBe(141);
  });

  it("asks again as for any failure where not even the connections could be listed", () => {
    const delay = (code: string) =>
      delayAfterFigures(
        figures(
          snapshot({ stale: true, warnings: [{ code, detail: "" }] }),
          reported({ age: 900 }),
          new TestClock().now,
        ),
      );
    expect([delay("records_unavailable"), delay("misconfigured")]).toEqual([60, 300]);
  });

  it("does not take a connection that is paused for one that has failed", () => {
    const paused = source({ connection_id: "b", status: "paused", as_of: null, expires_at: null });
    const read = snapshot({ sources: [source(), paused] });
    expect(delayAfterFigures(figures(read, reported(), new TestClock().now))).toBe(141);
  });

  it("reads at once after a change of what there is to read, and drops what was on its way", async () => {
    const { reader, asked } = readerOf([GOOD, GOOD]);
    await reader.read("refresh");
    const under = reader.read("read");
    reader.changed();
    expect(await under).toBe("dropped");
    expect([reader.dueIn(), reader.heldFor("refresh")]).toEqual([0, 0]);
    reader.tick();
    await Promise.resolve();
    expect(asked.length).toBe(3);
    expect(reader.reading.value.figures?.snapshot).toEqual(snapshot());
  });
});

describe("a page that nobody touches", () => {
  /** The seconds at which it reads in so many, when it is looked at as told. */
  async function readings(seconds: number, isTouched: (second: number) => boolean) {
    const { reader, clock } = readerOf([]);
    const at: number[] = [];
    for (let second = 0; second < seconds; second++) {
      if (isTouched(second)) reader.touched();
      if (reader.dueIn() === 0) {
        at.push(second);
        await reader.read("read");
      }
      clock.pass(1);
    }
    return at;
  }

  it("reads at twice the time each, in the end every 15 minutes", async () => {
    expect(await readings(3600, () => false)).toEqual([0, 141, 282, 564, 1128, 2028, 2928]);
    expect((await readings(4 * 3600, () => false)).filter((at) => at >= 3 * 3600).length).toBe(4);
  });

  it("is read whenever freshness ends while somebody is there", async () => {
    expect((await readings(3600, (second) => second % 60 === 0)).length).toBe(26);
  });

  it("is read at once when somebody comes back", async () => {
    expect(await readings(2000, (second) => second === 1500)).toEqual([
      0, 141, 282, 564, 1128, 1500, 1641, 1782,
    ]);
  });
});
