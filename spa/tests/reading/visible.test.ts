import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { machineClock } from "../../src/freshness.ts";
import { Reader } from "../../src/reading/reader.ts";
import { readWhileVisible } from "../../src/reading/visible.ts";
import { snapshot, reported } from "../samples.ts";

let end: () => void;
let asked: number;
let reader: Reader;

function become(state: DocumentVisibilityState) {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

async function pass(seconds: number): Promise<number> {
  const before = asked;
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  return asked - before;
}

/** Until long after the figures are out of date and long before the page reads by itself. */
async function leaveAlone() {
  await pass(3600);
  while ((await pass(1)) === 0);
  expect(await pass(600)).toBe(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  reader = new Reader({
    clock: machineClock,
    access: {
      token: () => Promise.resolve(null),
      renewed: () => Promise.resolve(null),
      end: () => undefined,
    },
    ask: () => {
      asked++;
      const provenance = reported({ age: 0, maxAge: 180 });
      return Promise.resolve({ kind: "figures", snapshot: snapshot(), provenance });
    },
  });
  end = readWhileVisible(reader);
});

afterEach(() => {
  end();
  vi.useRealTimers();
});

it("reads nothing while the page is hidden, and at once when it is seen again", async () => {
  await pass(10);
  expect(asked).toBe(1);
  become("hidden");
  expect(await pass(8 * 3600)).toBe(0);
  become("visible");
  expect(await pass(1)).toBe(1);
});

it("reads nothing when a hidden page comes back online", async () => {
  await pass(1);
  reader.reading.set({ ...reader.reading.value, failure: { kind: "offline" } });
  become("hidden");
  globalThis.dispatchEvent(new Event("online"));
  expect(await pass(60)).toBe(0);
});

it("asks 20 times an hour while somebody is there, and 4 times while nobody is", async () => {
  for (let minute = 0; minute < 60; minute++) {
    globalThis.dispatchEvent(new KeyboardEvent("keydown", { key: "Shift" }));
    await pass(60);
  }
  expect(asked).toBe(20);
  await pass(3600);
  expect(await pass(3600)).toBe(4);
});

it.each(["keydown", "pointerdown", "wheel", "touchmove", "focus"])(
  "takes %s for somebody who is there, and reads at once",
  async (sign) => {
    await leaveAlone();
    globalThis.dispatchEvent(new Event(sign));
    expect(await pass(1)).toBe(1);
  },
);

it("takes a pointer for a person only when it moves by itself", async () => {
  await leaveAlone();
  globalThis.dispatchEvent(new PointerEvent("pointermove", { movementX: 0, movementY: 0 }));
  expect(await pass(1)).toBe(0);
  globalThis.dispatchEvent(new PointerEvent("pointermove", { movementX: 3, movementY: 0 }));
  expect(await pass(1)).toBe(1);
});
