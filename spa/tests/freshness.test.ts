import { describe, expect, it } from "vitest";
import { ageOf, agoWords, figures, inWords, secondsBetween, shortWords } from "../src/freshness.ts";
import { TestClock, snapshot, reported } from "./samples.ts";

describe("the age of figures", () => {
  it("comes from the server's count, however wrong the viewer's clock is", () => {
    const clock = new TestClock();
    clock.now.wall = Date.parse("2031-01-01T00:00:00Z");
    const read = figures(snapshot(), reported({ age: 40, maxAge: 180 }), clock.read());
    clock.pass(20);
    expect(ageOf(read, clock.read())).toBe(60);
    expect(read.freshFor).toBe(140);
  });

  it("goes on while the machine sleeps and its steady clock stands still", () => {
    const clock = new TestClock();
    const read = figures(snapshot(), reported(), clock.read());
    clock.now = { ...clock.now, wall: clock.now.wall + 3_600_000 };
    expect(ageOf(read, clock.read())).toBe(3640);
  });

  it("falls back on the document's moments where a proxy took the headers away", () => {
    const clock = new TestClock();
    const read = figures(snapshot(), reported({ age: null, maxAge: null }), clock.read());
    expect([read.age, read.freshFor]).toEqual([40, 140]);
  });

  it.each([
    ["the whole time of freshness", 40, 180, 140],
    ["a stored answer, whose Age a cache has counted on", 170, 180, 10],
    ["one that a cache kept for longer than that", 400, 180, 0],
    ["what is left, from an API that still counts so", 40, 140, 140],
    ["more than the document says, from a cache in between", 40, 600, 560],
  ])("takes from max-age what Age has used up: %s", (_, age, maxAge, left) => {
    expect(figures(snapshot(), reported({ age, maxAge }), new TestClock().read()).freshFor).toBe(
      left,
    );
  });

  it("leaves stale figures no freshness, whatever a header says", () => {
    expect(figures(snapshot({ stale: true }), reported(), new TestClock().read()).freshFor).toBe(0);
  });

  it("never runs backwards", () => {
    expect(secondsBetween({ steady: 10, wall: 9_000_000 }, { steady: 10, wall: 0 })).toBe(0);
  });
});

describe("the words for it", () => {
  it.each([
    [0.4, "just now"],
    [40.9, "40 s ago"],
    [59.9, "59 s ago"],
    [60, "1 min ago"],
    [3599, "59 min ago"],
    [3960, "1 h 6 min ago"],
    [86_400, "a day ago"],
    [200_000, "2 days ago"],
  ])("%d seconds are %j", (seconds, words) => {
    expect(agoWords(seconds)).toBe(words);
  });

  it.each([
    [0, "0 s"],
    [9.1, "10 s"],
    [99, "99 s"],
    [101, "2 min"],
    [3600, "60 min"],
  ])("a wait of %d seconds is %j in a button", (seconds, words) => {
    expect(shortWords(seconds)).toBe(words);
  });

  it.each([
    [-5, "now"],
    [0.2, "in 1 s"],
    [60, "in 60 s"],
    [121, "in 2 min"],
    [181, "in 3 min"],
    [7200, "in 2 h"],
  ])("a wait of %d seconds is %j", (seconds, words) => {
    expect(inWords(seconds)).toBe(words);
  });
});
