import { ShapeError } from "./check.ts";
import type { Snapshot } from "./shapes.ts";
import { parseSnapshot } from "./snapshot.ts";

/** What the headers of an answer tell; null where one is missing or senseless. */
export interface Provenance {
  /** Seconds since Coinbase was read. */
  age: number | null;
  /** Seconds for which the figures are fresh, counted from their reading; null for a stale answer. */
  maxAge: number | null;
  /** HIT, MISS, REFRESH or STALE. */
  cache: string | null;
  requestId: string | null;
}

/** Why there are no new figures. */
export type Failure =
  | {
      kind: "problem";
      /** Known codes have a sentence of ours; a newer API may send others. */
      code: string;
      status: number;
      detail: string;
      requestId: string | null;
      /** Seconds. */
      retryAfter: number | null;
      /** By field ("credential.api_secret"), what is wrong with it. */
      errors: Record<string, string[]>;
    }
  | { kind: "unreadable"; why: string; requestId: string | null }
  | { kind: "timeout" }
  | { kind: "network" }
  | { kind: "offline" };

export type Answer =
  | { kind: "figures"; snapshot: Snapshot; provenance: Provenance }
  | { kind: "unchanged"; provenance: Provenance }
  | Failure;

/** The API gives Coinbase 10 seconds; a cold start and a slow line come on top. */
const TIMEOUT_MS = 30_000;

/** The way to the API. */
export interface Line {
  apiUrl: string;
  /** Null when the API asks for no sign-in. */
  accessToken: string | null;
  fetch?: typeof globalThis.fetch;
  isOnline?: () => boolean;
  timeoutMs?: number;
}

/** Ask for the holdings. Never throws: whatever happens is an answer. */
export function askHoldings({
  refresh,
  currency = null,
  ...line
}: Line & { refresh: boolean; currency?: string | null }): Promise<Answer> {
  const query = new URLSearchParams();
  if (refresh) query.set("refresh", "true");
  if (currency !== null) query.set("currency", currency);
  const asked = query.size > 0 ? `?${query.toString()}` : "";
  // The browser keeps the last answer and asks with its ETag: a header of our own would need the
  // permission of the API's CORS settings.
  const init: RequestInit = { cache: "no-cache" };
  return exchange<Answer>(line, `/holdings${asked}`, init, (response) =>
    response.status === 304
      ? { kind: "unchanged", provenance: provenance(response.headers) }
      : figures(response),
  );
}

/** A request for something else than the holdings. */
export interface Call {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  body?: unknown;
  /** Of what is changed, as it was last seen: a change made elsewhere meanwhile is a conflict. */
  version?: number;
  /** The same for the same request, however often it is sent. */
  idempotencyKey?: string;
}

/** `document` is what was answered, not checked; null where there was no content. */
export type Reply = { kind: "reply"; document: unknown } | Failure;

/** Ask in the name of whoever is signed in; "ended" when nobody is any more. */
export type Send = (call: Call) => Promise<Reply | { kind: "ended" }>;

/** Never throws, and leaves nothing in the browser's cache. */
export function call(line: Line, { method, path, body, version, idempotencyKey }: Call) {
  const headers: Record<string, string> = {
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...(version !== undefined && { "If-Match": `"${version}"` }),
    ...(idempotencyKey !== undefined && { "Idempotency-Key": idempotencyKey }),
  };
  const init: RequestInit = {
    method,
    headers,
    cache: "no-store",
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  return exchange<Reply>(line, path, init, async (response) => {
    const text = await response.text();
    try {
      return { kind: "reply", document: text === "" ? null : (JSON.parse(text) as unknown) };
    } catch {
      const requestId = response.headers.get("X-Request-Id");
      return { kind: "unreadable", why: "it is not JSON", requestId };
    }
  });
}

async function exchange<T>(
  line: Line,
  path: string,
  init: RequestInit,
  take: (response: Response) => T | Promise<T>,
): Promise<T | Failure> {
  const { apiUrl, accessToken, fetch = globalThis.fetch.bind(globalThis) } = line;
  const { isOnline = () => navigator.onLine, timeoutMs = TIMEOUT_MS } = line;
  const bearer = accessToken === null ? {} : { Authorization: `Bearer ${accessToken}` };
  try {
    const response = await fetch(`${apiUrl}${path}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string> | undefined), ...bearer },
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const isAnswer = response.ok || response.status === 304;
    return await (isAnswer ? take(response) : problem(response));
  } catch (error) {
    if (error instanceof DOMException && /^(Timeout|Abort)Error$/.test(error.name)) {
      return { kind: "timeout" };
    }
    return { kind: isOnline() ? "network" : "offline" };
  }
}

async function figures(response: Response): Promise<Answer> {
  const reported = provenance(response.headers);
  const text = await response.text();
  try {
    return { kind: "figures", snapshot: parseSnapshot(JSON.parse(text)), provenance: reported };
  } catch (error) {
    const why = error instanceof ShapeError ? error.message : "it is not JSON";
    return { kind: "unreadable", why, requestId: reported.requestId };
  }
}

/** Also for answers that never reached the API: a gateway's `{"message": ...}`, a proxy's page. */
async function problem(response: Response): Promise<Failure> {
  const reported = provenance(response.headers);
  const fields = await document(response);
  const { code, detail, request_id: requestId } = fields;
  return {
    kind: "problem",
    code: typeof code === "string" ? code : codeOf(response.status),
    status: response.status,
    detail: typeof detail === "string" ? detail : "",
    requestId: typeof requestId === "string" ? requestId : reported.requestId,
    retryAfter: retryAfter(response.headers),
    errors: fieldErrors(fields["errors"]),
  };
}

function fieldErrors(errors: unknown): Record<string, string[]> {
  if (typeof errors !== "object" || errors === null) return {};
  const known = Object.entries(errors).map(([field, messages]: [string, unknown]) => {
    const texts: unknown[] = Array.isArray(messages) ? messages : [messages];
    return [field, texts.filter((text) => typeof text === "string")] as const;
  });
  return Object.fromEntries(known.filter(([, texts]) => texts.length > 0));
}

async function document(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function codeOf(status: number): string {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  return `http_${status}`;
}

const MOST_SECONDS = 10 * 365 * 86_400;

export function provenance(headers: Headers): Provenance {
  return {
    age: seconds(headers.get("Age")),
    maxAge: seconds(/(?:^|[\s,])max-age=(\d+)/i.exec(headers.get("Cache-Control") ?? "")?.[1]),
    cache: headers.get("X-Cache"),
    requestId: headers.get("X-Request-Id"),
  };
}

/** RFC 9110 also allows a date here; the API sends seconds, and a date needs a right clock. */
export function retryAfter(headers: Headers): number | null {
  return seconds(headers.get("Retry-After"));
}

function seconds(value: string | null | undefined): number | null {
  if (!value || !/^\d{1,12}$/.test(value)) return null;
  return Math.min(Number(value), MOST_SECONDS);
}
