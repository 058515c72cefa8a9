import type { Provenance } from "../src/api/client.ts";
import type {
  AssetPoint,
  Entry,
  HeldThen,
  History,
  Point,
  ReadPast,
  Statement,
} from "../src/api/history.ts";
import type { Connection, Holding, Snapshot, Source } from "../src/api/shapes.ts";
import type { Instant } from "../src/freshness.ts";

export function holding(fields: Partial<Holding> = {}): Holding {
  return {
    connection_id: "shared",
    account_id: "71452118-efc7-4cc4-8780-a5e22d4baa53",
    currency: "BTC",
    balance: "1.234567890123",
    available: "1.2",
    hold: "0.034567890123",
    name: null,
    value: null,
    change_24h: null,
    price: null,
    ...fields,
  };
}

export function source(fields: Partial<Source> = {}): Source {
  return {
    connection_id: "shared",
    exchange: "coinbase_exchange",
    label: "Coinbase",
    status: "active",
    as_of: "2026-11-21T09:30:00Z",
    expires_at: "2026-11-21T09:33:00Z",
    stale: false,
    warning: null,
    scope: "",
    account_count: 204,
    hidden: { zero: 190, dust: 1 },
    hidden_currencies: null,
    ...fields,
  };
}

export function snapshot(fields: Partial<Snapshot> = {}): Snapshot {
  return {
    as_of: "2026-11-21T09:30:00Z",
    expires_at: "2026-11-21T09:33:00Z",
    stale: false,
    warnings: [],
    sources: [source()],
    account_count: 204,
    hidden: { zero: 190, dust: 1 },
    value: null,
    holdings: [holding()],
    ...fields,
  };
}

/** Figures of one connection that has failed with this code. */
export function failing(code: string, detail = ""): Snapshot {
  const warning = { code, detail };
  return snapshot({
    stale: true,
    warnings: [warning],
    sources: [source({ stale: true, warning })],
  });
}

export function connection(fields: Partial<Connection> = {}): Connection {
  return {
    id: "0123456789abcdef0123456789abcdef",
    exchange: "coinbase_advanced",
    label: "Home",
    status: "active",
    shared: false,
    rights: ["view"],
    key_hint: "4baa",
    created_at: "2026-11-20T18:00:00Z",
    last_read_at: "2026-11-21T09:30:00Z",
    last_error: null,
    version: 3,
    history: { state: "done", reached_back_to: "2023-11-26", entries: 162 },
    ...fields,
  };
}

export function reported(fields: Partial<Provenance> = {}): Provenance {
  return { age: 40, maxAge: 180, cache: "HIT", requestId: "request-1", ...fields };
}

export function point(fields: Partial<Point> = {}): Point {
  return {
    date: "2026-11-24",
    value: "100",
    complete: true,
    carried: false,
    deposits: "0",
    withdrawals: "0",
    assets: null,
    ...fields,
  };
}

export function assetPoint(fields: Partial<AssetPoint> = {}): AssetPoint {
  return {
    currency: "BTC",
    balance: "1",
    value: "60000",
    known: "ledger",
    close: "60000",
    close_date: "2026-11-24",
    reason: null,
    ...fields,
  };
}

export function readPast(fields: Partial<ReadPast> = {}): ReadPast {
  return {
    connection_id: "shared",
    label: "Coinbase",
    exchange: "coinbase_exchange",
    ledger: true,
    state: "done",
    since: "2024-03-01",
    reached_back_to: "2024-03-01",
    entries: 1234,
    accounts: 204,
    accounts_done: 204,
    read_at: "2026-11-25T20:00:00Z",
    last_error: null,
    reconciled: true,
    reconciled_at: "2026-11-25T20:00:00Z",
    differences: [],
    ...fields,
  };
}

export function history(fields: Partial<History> = {}): History {
  return {
    currency: "USD",
    interval: "day",
    from: "2026-11-24",
    to: "2026-11-25",
    warnings: [],
    points: [point(), point({ date: "2026-11-25", value: "110" })],
    connections: [readPast()],
    ...fields,
  };
}

export function entry(fields: Partial<Entry> = {}): Entry {
  return {
    id: "1",
    connection_id: "shared",
    at: "2026-11-25T10:11:12.123456Z",
    currency: "BTC",
    kind: "trade",
    amount: "-0.5",
    balance: "1.5",
    details: { order_id: "o-1", product_id: "BTC-USD" },
    ...fields,
  };
}

export function heldThen(fields: Partial<HeldThen> = {}): HeldThen {
  return {
    connection_id: "shared",
    currency: "BTC",
    balance: "1.5",
    known: "ledger",
    value: "90000",
    close: {
      amount: "60000",
      date: "2026-11-25",
      status: "close",
      route: ["BTC-USD"],
      reason: null,
    },
    ...fields,
  };
}

export function statement(fields: Partial<Statement> = {}): Statement {
  return {
    date: "2026-11-25",
    currency: "USD",
    value: "90000",
    complete: true,
    excluded: [],
    warnings: [],
    holdings: [heldThen()],
    connections: [readPast()],
    ...fields,
  };
}

/** A clock that a test moves; both of its clocks agree unless told otherwise. */
export class TestClock {
  now: Instant = { steady: 1000, wall: Date.parse("2026-11-21T09:30:40Z") };

  readonly read = (): Instant => this.now;

  pass(seconds: number): void {
    this.now = { steady: this.now.steady + seconds * 1000, wall: this.now.wall + seconds * 1000 };
  }
}
