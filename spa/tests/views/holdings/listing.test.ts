import { expect, it } from "vitest";
import {
  accountMarks,
  hiddenWords,
  listedWords,
  matching,
  narrowedTo,
  sorted,
} from "../../../src/views/holdings/listing.ts";
import { placeQuery, readPlace, sortedBy } from "../../../src/views/holdings/place.ts";
import { shownCode } from "../../../src/words.ts";
import { holding, snapshot, source } from "../../samples.ts";

const codes = (list: { currency: string }[]) => list.map(({ currency }) => currency);

it("sorts amounts by their exact value, not as text and not as floats", () => {
  const list = [
    holding({ currency: "A", balance: "10" }),
    holding({ currency: "B", balance: "9.000000000001" }),
    holding({ currency: "C", balance: "100000000000000000.000000000002" }),
    holding({ currency: "D", balance: "100000000000000000.000000000001" }),
  ];
  expect(codes(sorted(list, { column: "balance", descending: false }))).toEqual([
    "B",
    "A",
    "D",
    "C",
  ]);
  expect(codes(sorted(list, { column: "balance", descending: true }))).toEqual([
    "C",
    "D",
    "A",
    "B",
  ]);
});

it("keeps equal amounts in one order, whichever way it sorts", () => {
  const list = [holding({ currency: "Z" }), holding({ currency: "A" })];
  expect(codes(sorted(list, { column: "hold", descending: true }))).toEqual(["A", "Z"]);
  expect(codes(list)).toEqual(["Z", "A"]);
});

it("filters by a part of the code, in any case, and takes the filter as text", () => {
  const list = [
    holding({ currency: "USDC" }),
    holding({ currency: "BTC" }),
    holding({ currency: "A.C" }),
  ];
  expect(codes(matching(list, { filter: " usd ", connection: "" }))).toEqual(["USDC"]);
  expect(codes(matching(list, { filter: ".", connection: "" }))).toEqual(["A.C"]);
  expect(codes(matching(list, { filter: "", connection: "" }))).toEqual(["USDC", "BTC", "A.C"]);
});

it("tells accounts of one currency apart by as much of the id as that takes", () => {
  const marks = accountMarks([
    holding({ account_id: "aaaa-1" }),
    holding({ account_id: "aaaa-2" }),
    holding({ account_id: "only", currency: "ETH" }),
  ]);
  expect([...marks]).toEqual([
    ["shared aaaa-1", "aaaa-1"],
    ["shared aaaa-2", "aaaa-2"],
  ]);
  expect(
    accountMarks([holding({ account_id: "abcdef" }), holding({ account_id: "xbcdef" })]).get(
      "shared abcdef",
    ),
  ).toBe("abcd…");
});

it("needs no mark where the connection tells them apart", () => {
  expect(
    accountMarks([holding({ account_id: "a" }), holding({ account_id: "b", connection_id: "b" })]),
  ).toEqual(new Map());
});

it("narrows to a connection, and to all where the address names none that there is", () => {
  const list = snapshot({
    sources: [source(), source({ connection_id: "b" })],
    holdings: [holding(), holding({ connection_id: "b", currency: "ETH" })],
  });
  expect(codes(matching(list.holdings, { filter: "", connection: "b" }))).toEqual(["ETH"]);
  expect(narrowedTo(list, readPlace("?connection=b"))).toEqual(source({ connection_id: "b" }));
  expect(narrowedTo(list, readPlace("?connection=__proto__"))).toBeNull();
});

it("shows what cannot be seen, so that no code passes for another", () => {
  expect(shownCode("\u202EEVIL")).toBe("\uFFFDEVIL");
  expect(shownCode("B\u200BTC")).toBe("B\uFFFDTC");
  expect(shownCode("  ")).toBe("(no code)");
});

it("keeps the place in the address and reads nonsense as the start", () => {
  const place = { filter: "a&b", connection: "b7", column: "hold", descending: true } as const;
  expect(readPlace(placeQuery(place))).toEqual(place);
  expect(readPlace("?sort=__proto__&dir=up")).toEqual({
    filter: "",
    connection: "",
    column: "value",
    descending: true,
  });
  expect(placeQuery(readPlace(""))).toBe("");
});

it("starts a column of amounts with the largest, and turns round at the second press", () => {
  const once = sortedBy(readPlace(""), "balance");
  expect([once.descending, sortedBy(once, "balance").descending]).toEqual([true, false]);
});

it("counts what is not shown in a sentence that a person would say", () => {
  expect(hiddenWords({ zero: 190, dust: 1 })).toBe("190 empty and 1 dust account not shown");
  expect(hiddenWords({ zero: 1, dust: 0 })).toBe("1 empty account not shown");
  expect(hiddenWords({ zero: 0, dust: 2 })).toBe("2 dust accounts not shown");
  expect(hiddenWords({ zero: 0, dust: 0 })).toBeNull();
  expect(listedWords(snapshot({ account_count: 1204 }))).toBe("1 holding in 1,204 accounts");
});
