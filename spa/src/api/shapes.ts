/**
 * What the API answers with. Written by hand until docs/openapi.json has these schemas; then each is
 * `components["schemas"][...]` of contract.gen.ts and nothing else here changes.
 */

export interface Notice {
  code: string;
  detail: string;
}

export interface Hidden {
  zero: number;
  dust: number;
}

export interface Holding {
  connection_id: string;
  account_id: string;
  currency: string;
  balance: string;
  available: string;
  hold: string;
}

/** What one connection brought to the figures. */
export interface Source {
  connection_id: string;
  exchange: string;
  label: string;
  /** null: it has neither a reading nor an answer, and nothing of it is in the figures. */
  as_of: string | null;
  expires_at: string | null;
  stale: boolean;
  warning: Notice | null;
  /** What the figures cover; "" where there is nothing to say. */
  scope: string;
  account_count: number;
  hidden: Hidden;
}

export interface Snapshot {
  as_of: string;
  expires_at: string;
  stale: boolean;
  warnings: Notice[];
  sources: Source[];
  account_count: number;
  hidden: Hidden;
  holdings: Holding[];
}

export interface Connection {
  id: string;
  exchange: string;
  label: string;
  status: "active" | "paused" | "rejected";
  shared: boolean;
  /** null where the exchange does not say what its key may do. */
  rights: string[] | null;
  /** The last four characters of the key's name. */
  key_hint: string;
  created_at: string;
  last_read_at: string | null;
  last_error: Notice | null;
  version: number;
}

export interface Profile {
  email: string | null;
  currency: string;
  time_zone: string;
  insights: boolean;
  version: number;
}
