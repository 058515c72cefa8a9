import type { Credential } from "../../api/viewer.ts";

export interface KeyField {
  /** The exchange's own name of it. */
  name: string;
  label: string;
  hint?: string;
  /** Whether it may have several lines, as a PEM has. */
  isLong?: boolean;
}

export interface Exchange {
  code: string;
  name: string;
  who: string;
  steps: readonly string[];
  fields: readonly KeyField[];
  /** What its key says of itself in public: the field's name. */
  publicField: string;
}

/** In the order in which they are offered: most people have the first. */
export const EXCHANGES: readonly [Exchange, ...Exchange[]] = [
  {
    code: "coinbase_advanced",
    name: "Coinbase",
    who: "You use coinbase.com or the Coinbase app.",
    steps: [
      "Sign in at portal.cdp.coinbase.com with your Coinbase account, and open API keys.",
      "Create a secret API key, and name it so that you know it again, such as Holdings.",
      "Among its permissions leave View alone switched on: neither Trade nor Transfer.",
      "Leave the list of allowed addresses empty, unless whoever runs this page gave you theirs.",
      "Create it and download the key file. Coinbase shows it this once.",
      "Bring the file here, and delete it from your downloads afterwards.",
    ],
    fields: [
      { name: "name", label: "Key name", hint: "Starts with organizations/, or is an id." },
      {
        name: "privateKey",
        label: "Private key",
        hint: "Whole, with its first and its last line if it has such.",
        isLong: true,
      },
    ],
    publicField: "name",
  },
  {
    code: "coinbase_exchange",
    name: "Coinbase Exchange",
    who: "You trade at exchange.coinbase.com.",
    steps: [
      "Sign in at exchange.coinbase.com, and open API in the menu of your profile.",
      "Create a new API key for the portfolio that you want to see here: a key sees that one only.",
      "Among its permissions choose View alone: neither Trade nor Transfer.",
      "Choose a passphrase of your own, for this key alone.",
      "Leave the list of allowed addresses empty, unless whoever runs this page gave you theirs.",
      "Create it and bring key, secret and passphrase here. The secret is shown this once.",
    ],
    fields: [
      { name: "api_key", label: "API key" },
      { name: "passphrase", label: "Passphrase of the key" },
      { name: "api_secret", label: "API secret" },
    ],
    publicField: "api_key",
  },
];

export function findExchange(code: string | null): Exchange | null {
  return EXCHANGES.find((exchange) => exchange.code === code) ?? null;
}

export interface FoundKey {
  exchange: Exchange;
  credential: Credential;
}

/** Of the name of a field in a key file, what the API calls it. */
const ALSO_CALLED: Readonly<Record<string, string>> = { id: "name", key: "api_key" };

/**
 * The key in the text of a key file, null where there is none: Coinbase's own file, the fields of
 * an Exchange key by their names, or either as `credential` beside an `exchange`.
 */
export function findKey(text: string): FoundKey | null {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return null;
  }
  if (typeof document !== "object" || document === null) return null;
  const { credential = document } = document as { credential?: unknown };
  if (typeof credential !== "object" || credential === null) return null;
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(credential) as [string, unknown][]) {
    if (typeof value === "string") texts.set(name, value.trim());
  }
  for (const [other, name] of Object.entries(ALSO_CALLED)) {
    const value = texts.get(other);
    if (value !== undefined && !texts.has(name)) texts.set(name, value);
  }
  const exchange = EXCHANGES.find(({ fields }) => fields.every(({ name }) => texts.get(name)));
  if (!exchange) return null;
  return {
    exchange,
    credential: Object.fromEntries(
      exchange.fields.map(({ name }) => [name, texts.get(name) ?? ""]),
    ),
  };
}

/** The last four characters of what the key says of itself in public. */
export function keyHint({ exchange, credential }: FoundKey): string {
  return (credential[exchange.publicField] ?? "").slice(-4);
}

const RIGHTS: Readonly<Record<string, string>> = {
  view: "view",
  trade: "trade",
  transfer: "transfer money",
};

/** "view and trade" */
export function rightsList(rights: readonly string[]): string {
  const words = rights.map((right) => RIGHTS[right] ?? right);
  const last = words.pop() ?? "nothing";
  return words.length > 0 ? `${words.join(", ")} and ${last}` : last;
}

/** What was found that a key may do, and what to think of it. */
export function rightsWords(rights: readonly string[] | null, exchange: string): string {
  if (rights === null) {
    return `${exchange} does not report what a key may do. Make sure there that this one may only view.`;
  }
  return rights.some((right) => right !== "view")
    ? `This key may ${rightsList(rights)}. Only viewing is needed here: a key that may no more is safer.`
    : "This key may view, and nothing else.";
}

/** The rights beyond viewing that a refusal names; all that there are where it names none. */
export function rightsRefused(text: string): string[] {
  const beyond = ["trade", "transfer"];
  const named = beyond.filter((right) => new RegExp(`\\b${right}\\b`, "i").test(text));
  return named.length > 0 ? named : beyond;
}
