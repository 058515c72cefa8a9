import { expect, it } from "vitest";
import type { Call, Reply, Send } from "../../src/api/client.ts";
import { readActivity, readHistory, readStatement } from "../../src/api/read-history.ts";
import { entry, history, point, readPast, statement } from "../samples.ts";

function answering(document: unknown): { send: Send; calls: Call[] } {
  const calls: Call[] = [];
  const send: Send = (call) => {
    calls.push(call);
    return Promise.resolve<Reply>({ kind: "reply", document });
  };
  return { send, calls };
}

it("asks for what is given and leaves out what is not", async () => {
  const { send, calls } = answering(history());
  await readHistory(send, { from: "2026-11-01", by: "asset", currency: null });
  await readHistory(send, { currency: "EUR" });
  expect(calls.map(({ path }) => path)).toEqual([
    "/history?from=2026-11-01&by=asset",
    "/history?currency=EUR",
  ]);
});

it("takes a history as the contract has it, days that are not known too", async () => {
  const whole = history({ points: [point(), point({ date: "2026-11-25", value: null })] });
  const answer = await readHistory(answering(whole).send, { currency: null });
  expect(answer).toEqual({ kind: "done", value: whole });
});

it.each([
  ["a number for an amount", { points: [{ ...point(), value: 1 }] }],
  ["an amount that is none", { points: [{ ...point(), value: "1e9" }] }],
  ["a day that is none", { points: [{ ...point(), date: "2026-02-30" }] }],
  ["a state that nobody knows", { connections: [{ ...readPast(), state: "half" }] }],
])("refuses the whole for %s", async (_, fields) => {
  const { send } = answering({ ...history(), ...fields });
  expect(await readHistory(send, { currency: null })).toMatchObject({ kind: "unreadable" });
});

it("reads a page of entries, of a kind that this page does not know too", async () => {
  const page = { entries: [entry({ kind: "airdrop" })], next: "more" };
  const { send, calls } = answering(page);
  expect(await readActivity(send, { search: "a&b", cursor: "c" })).toEqual({
    kind: "done",
    value: page,
  });
  expect(calls[0]?.path).toBe("/activity?search=a%26b&cursor=c");
});

it("reads a statement", async () => {
  const { send, calls } = answering(statement());
  expect(await readStatement(send, "2026-11-25", "EUR")).toEqual({
    kind: "done",
    value: statement(),
  });
  expect(calls[0]?.path).toBe("/statements/2026-11-25?currency=EUR");
});
