import { cleanup, render, screen } from "@testing-library/preact";
import { afterEach, expect, it } from "vitest";
import type { Answer } from "../../../src/api/client.ts";
import { OpenSession, type SessionState } from "../../../src/auth/session.ts";
import { machineClock } from "../../../src/freshness.ts";
import { Reader } from "../../../src/reading/reader.ts";
import { Notices } from "../../../src/views/holdings/notices.tsx";
import { failing, reported, snapshot, source } from "../../samples.ts";

afterEach(cleanup);

async function show(answers: Answer[], state: SessionState = { phase: "open" }) {
  const session = new OpenSession();
  const left = [...answers];
  const reader = new Reader({
    clock: machineClock,
    access: session,
    ask: () => Promise.resolve(left.shift() ?? { kind: "network" }),
  });
  while (left.length > 0) await reader.read("read");
  render(
    <Notices
      reader={reader}
      reading={reader.reading.value}
      session={session}
      state={state}
      say={() => undefined}
    />,
  );
  return document.body.textContent;
}

const figures = (fields: Parameters<typeof snapshot>[0] = {}): Answer => ({
  kind: "figures",
  snapshot: snapshot(fields),
  provenance: reported(),
});

it("is silent about figures that are in order", async () => {
  expect(await show([figures()])).toBe("");
});

it("says why figures are stale, in plain words, and of when they are", async () => {
  const text = await show([figures(failing("exchange_credentials_rejected"))]);
  expect(text).toContain("Coinbase rejects the stored API key");
  expect(text).toContain("last good figures");
  expect(document.querySelector("time")?.dateTime).toBe("2026-11-21T09:30:00Z");
});

it("gives a connection that fails its own notice, and casts no doubt on the others", async () => {
  const text = await show([
    figures({
      stale: true,
      sources: [
        source(),
        source({
          connection_id: "b",
          label: "Home",
          as_of: null,
          expires_at: null,
          warning: { code: "exchange_credentials_rejected", detail: "x" },
        }),
      ],
    }),
  ]);
  expect(screen.getAllByRole("region").map((it) => it.getAttribute("aria-label"))).toEqual([
    "Stale figures of Home",
  ]);
  expect(text).toContain("Home: Coinbase rejects the stored API key");
  expect(text).toContain("nothing of it is in the figures below");
});

it("says so where not even the connections could be listed", async () => {
  const warnings = [{ code: "records_unavailable", detail: "x" }];
  const text = await show([figures({ stale: true, warnings })]);
  expect(screen.getAllByRole("region").length).toBe(1);
  expect(text).toContain("Your connections cannot be reached right now");
  expect(text).toContain("These are the last good figures");
});

it("is silent about a connection that is paused", async () => {
  const paused = source({ connection_id: "b", status: "paused", as_of: null, expires_at: null });
  expect(await show([figures({ sources: [source(), paused] })])).toBe("");
});

it("leads to another key for a connection of one's own, and nowhere for the shared one", async () => {
  const rejected = { stale: true, warning: { code: "exchange_credentials_rejected", detail: "" } };
  const sources = [source(rejected), source({ ...rejected, connection_id: "b", label: "Home" })];
  await show([figures({ stale: true, sources })], { phase: "signed-in", name: null });
  expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual([
    "/connections/b",
  ]);
});

it("explains a cache that is down without casting doubt on the figures", async () => {
  const text = await show([figures({ warnings: [{ code: "cache_unavailable", detail: "x" }] })]);
  expect(text).toContain("The figures are right and current");
});

it("shows in the API's words a warning that it does not know", async () => {
  expect(
    await show([figures({ warnings: [{ code: "brand_new", detail: "Look out." }] })]),
  ).toContain("Look out.");
});

it("gives a problem its sentence, its detail and the id to quote", async () => {
  const text = await show([
    {
      kind: "problem",
      code: "secret_invalid",
      status: 500,
      detail: "api_secret is cut",
      requestId: "id-7",
      retryAfter: null,
      errors: {},
    },
  ]);
  expect(text).toContain("The stored Coinbase key cannot be used");
  expect(text).toContain("api_secret is cut");
  expect(text).toContain("id-7");
  expect(screen.getByRole("button", { name: "Copy request id" })).toBeDefined();
  expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
});

it("keeps one voice: while a reading fails, older staleness is not reported too", async () => {
  const stale = figures(failing("exchange_timeout"));
  const text = await show([stale, { kind: "offline" }]);
  expect(text).toContain("You are offline");
  expect(text).not.toContain("did not answer in time");
});

it("asks to sign in again beside the figures, and tells of when they are", async () => {
  const text = await show([figures()], { phase: "expired", isRefused: false });
  expect(text).toContain("These are the figures as of");
  expect(screen.getByRole("button", { name: "Sign in again" })).toBeDefined();
});
