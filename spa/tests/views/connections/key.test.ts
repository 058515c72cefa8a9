import { expect, it } from "vitest";
import {
  EXCHANGES,
  findExchange,
  findKey,
  keyHint,
  rightsRefused,
  rightsWords,
} from "../../../src/views/connections/key.ts";
import { takeKey } from "../../../src/views/connections/key-entry.tsx";

const ADVANCED = { name: "organizations/o/apiKeys/k1234", privateKey: "-----BEGIN\nx\n-----END" };
const EXCHANGE = { api_key: "id5678", passphrase: "p q", api_secret: "c2VjcmV0" };
const [advanced] = EXCHANGES;
const found = (key: object) => findKey(JSON.stringify(key));

it("finds a key in each form in which it is given out", () => {
  expect(found(ADVANCED)).toEqual({ exchange: advanced, credential: ADVANCED });
  expect(found({ id: "k", privateKey: "abc" })?.credential).toEqual({
    name: "k",
    privateKey: "abc",
  });
  expect(found(EXCHANGE)?.credential).toEqual(EXCHANGE);
  expect(found({ exchange: "coinbase_exchange", credential: EXCHANGE })?.exchange.code).toBe(
    "coinbase_exchange",
  );
});

it("takes the fields of a key alone, without what surrounds their texts", () => {
  expect(found({ ...ADVANCED, name: " a \n", nickname: "mine", __proto__: 1 })?.credential).toEqual(
    {
      ...ADVANCED,
      name: "a",
    },
  );
  expect(findKey(`\uFEFF${JSON.stringify(ADVANCED)}`)?.credential).toEqual(ADVANCED);
});

it.each([
  ...["", "null", "7", "[]", '"text"', "{", "-----BEGIN EC PRIVATE KEY-----"],
  ...[
    {},
    { name: "a" },
    { name: "a", privateKey: "" },
    { name: "a", privateKey: 7 },
    { ...EXCHANGE, passphrase: null },
    { credential: null },
    { credential: "text" },
  ].map((key) => JSON.stringify(key)),
])("finds none where there is no whole one: %s", (text) => {
  expect(findKey(text)).toBeNull();
});

it("tells of a key the end of its public part, and nothing of a secret", () => {
  expect([ADVANCED, EXCHANGE].map((key) => keyHint(found(key) ?? never()))).toEqual([
    "1234",
    "5678",
  ]);
});

function inputs(texts: Record<string, string>) {
  return new Map(
    Object.entries(texts).map(([name, value]) => {
      const input = document.createElement("textarea");
      input.value = value;
      return [name, input] as const;
    }),
  );
}

it("takes what is entered out of the fields", () => {
  const entered = inputs({ ...ADVANCED, name: ` ${ADVANCED.name} ` });
  expect(takeKey(advanced, entered)).toEqual({
    key: { exchange: advanced, credential: ADVANCED },
  });
  expect([...entered.values()].map(({ value }) => value)).toEqual(["", ""]);
});

it("takes a whole file that was put into one field", () => {
  const entered = inputs({ name: "", privateKey: JSON.stringify(EXCHANGE) });
  expect(takeKey(advanced, entered)).toEqual({
    key: { exchange: findExchange("coinbase_exchange"), credential: EXCHANGE },
  });
  expect([...entered.values()].map(({ value }) => value)).toEqual(["", ""]);
});

it("leaves what is entered where some of it is missing, and names that", () => {
  const entered = inputs({ name: " ", privateKey: "x" });
  expect(takeKey(advanced, entered)).toEqual({
    errors: { "credential.name": ["Key name: this is missing."] },
  });
  expect(entered.get("privateKey")?.value).toBe("x");
});

it("says what a key may do, that it is not known, and what would be safer", () => {
  expect(rightsWords(["view"], "Coinbase")).toBe("This key may view, and nothing else.");
  expect(rightsWords(["view", "trade", "transfer"], "Coinbase")).toBe(
    "This key may view, trade and transfer money. Only viewing is needed here: a key that may no more is safer.",
  );
  expect(rightsWords(["fly"], "Coinbase")).toContain("This key may fly.");
  expect(rightsWords(null, "Kraken")).toContain("Kraken does not report what a key may do.");
});

it("reads from a refusal which rights it is for, and takes all for those where it names none", () => {
  expect(rightsRefused("The key may view, Trade.")).toEqual(["trade"]);
  expect(rightsRefused("transfer and trade")).toEqual(["trade", "transfer"]);
  expect(rightsRefused("traded")).toEqual(["trade", "transfer"]);
});

function never(): never {
  throw new Error("there is a key");
}
