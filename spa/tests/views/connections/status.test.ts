import { expect, it } from "vitest";
import { figures } from "../../../src/freshness.ts";
import { statusOf } from "../../../src/views/connections/status.ts";
import { TestClock, connection, reported, snapshot, source } from "../../samples.ts";

const clock = new TestClock();
const mine = connection();
const timeout = { code: "exchange_timeout", detail: "" };
const read = (fields: Parameters<typeof source>[0]) =>
  figures(
    snapshot({ sources: [source({ connection_id: mine.id, ...fields })] }),
    reported({ age: 40 }),
    clock.now,
  );

it.each([
  [connection(), { tone: "good", text: "Read 40 s ago" }],
  [connection({ last_read_at: null }), { tone: "off", text: "Not read yet" }],
  [
    connection({ last_error: timeout }),
    { tone: "old", text: "Read 40 s ago. Coinbase did not answer in time" },
  ],
  [connection({ status: "paused" }), { tone: "off", text: "Paused, last read 40 s ago" }],
  [
    connection({ status: "paused", last_read_at: null }),
    { tone: "off", text: "Paused, never read" },
  ],
  [
    connection({ status: "rejected" }),
    { tone: "bad", text: "Key rejected since its last reading, 40 s ago" },
  ],
  [
    connection({ status: "rejected", last_read_at: null }),
    { tone: "bad", text: "Key rejected, never read" },
  ],
])("says how a connection stands that is not among the figures: %#", (each, status) => {
  expect(statusOf(each, null, clock.now)).toEqual(status);
});

it("goes by the figures, whatever this machine's clock and the list say", () => {
  const late = connection({ last_read_at: "2020-01-01T00:00:00Z", last_error: timeout });
  expect(statusOf(late, read({}), clock.now)).toEqual({ tone: "good", text: "Read 40 s ago" });
});

it("tells of a failure that the figures know of and the list does not", () => {
  const failed = read({ stale: true, warning: timeout });
  expect(statusOf(mine, failed, clock.now)).toEqual({
    tone: "old",
    text: "Read 40 s ago. Coinbase did not answer in time",
  });
});

it("never tells of a reading in the future", () => {
  const early = connection({ last_read_at: "2030-01-01T00:00:00Z" });
  expect(statusOf(early, null, clock.now).text).toBe("Read just now");
});
