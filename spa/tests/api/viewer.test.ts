import { expect, it } from "vitest";
import type { Call, Failure, Reply } from "../../src/api/client.ts";
import {
  changeConnection,
  changeProfile,
  connect,
  listConnections,
  readProfile,
  removeConnection,
} from "../../src/api/viewer.ts";
import { connection } from "../samples.ts";

function api(...answers: (Reply | { kind: "ended" })[]) {
  const calls: Call[] = [];
  const send = (call: Call) => {
    calls.push(call);
    return Promise.resolve(answers.shift() ?? { kind: "network" as const });
  };
  return { send, calls };
}

const reply = (document: unknown): Reply => ({ kind: "reply", document });
const problem = (code: string, status: number): Failure => ({
  kind: "problem",
  code,
  status,
  detail: "",
  requestId: null,
  retryAfter: null,
  errors: {},
});
const PROFILE = {
  email: "viewer@example.com",
  currency: "EUR",
  time_zone: "Europe/Paris",
  insights: false,
  created_at: "2026-11-20T18:00:00Z",
  version: 2,
};

it("reads a list to its last page", async () => {
  const { send, calls } = api(
    reply({ connections: [connection({ id: "a" })], next: "c=1&d" }),
    reply({ connections: [connection({ id: "b" })], next: null }),
  );
  expect(await listConnections(send)).toEqual({
    kind: "done",
    value: [connection({ id: "a" }), connection({ id: "b" })],
  });
  expect(calls.map(({ path }) => path)).toEqual(["/connections", "/connections?cursor=c%3D1%26d"]);
});

it("does not follow a list that has no end", async () => {
  const endless = Array.from({ length: 30 }, () => reply({ connections: [], next: "again" }));
  const { send, calls } = api(...endless);
  expect(await listConnections(send)).toEqual({ kind: "done", value: [] });
  expect(calls.length).toBe(10);
});

it("gives up the whole list where a page of it fails", async () => {
  const { send } = api(reply({ connections: [connection()], next: "c" }), { kind: "timeout" });
  expect(await listConnections(send)).toEqual({ kind: "timeout" });
});

it.each([
  ["id", 7],
  ["status", "asleep"],
  ["rights", "view"],
  ["created_at", "yesterday"],
  ["version", "1"],
  ["shared", "no"],
  ["last_error", { code: 7 }],
])("refuses a connection whose %s is %j", async (name, value) => {
  const { send } = api(reply({ ...connection(), [name]: value }));
  const answer = await connect(send, { exchange: "e", label: "l", credential: {} }, "k");
  expect(answer.kind).toBe("unreadable");
});

it("says what it changes: the path by the id, and the version that was seen", async () => {
  const { send, calls } = api(reply(connection({ version: 4 })), reply(null));
  const odd = connection({ id: "../me", version: 3 });
  expect(await changeConnection(send, odd, { label: "x" })).toEqual({
    kind: "done",
    value: connection({ version: 4 }),
  });
  expect(await removeConnection(send, odd)).toEqual({ kind: "done", value: null });
  expect(calls).toEqual([
    { method: "PATCH", path: "/connections/..%2Fme", body: { label: "x" }, version: 3 },
    { method: "DELETE", path: "/connections/..%2Fme", version: 3 },
  ]);
});

it("takes a profile that is not there for one that says nothing yet", async () => {
  const { send } = api(problem("not_found", 404), reply(PROFILE), problem("not_found", 503));
  expect(await readProfile(send)).toEqual({ kind: "done", value: null });
  expect(await readProfile(send)).toEqual({ kind: "done", value: PROFILE });
  expect(await readProfile(send)).toMatchObject({ kind: "problem", status: 503 });
});

it("changes a first profile without a version to compare", async () => {
  const { send, calls } = api(reply(PROFILE), reply(PROFILE));
  await changeProfile(send, null, { currency: "EUR" });
  await changeProfile(send, PROFILE, { currency: "USD" });
  expect(calls).toEqual([
    { method: "PATCH", path: "/me", body: { currency: "EUR" } },
    { method: "PATCH", path: "/me", body: { currency: "USD" }, version: 2 },
  ]);
});
