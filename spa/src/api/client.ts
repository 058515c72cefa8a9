import { ShapeError, type Snapshot, parseSnapshot } from "./snapshot.ts";

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

export interface Question {
  apiUrl: string;
  /** Null when the API asks for no sign-in. */
  accessToken: string | null;
  refresh: boolean;
  fetch?: typeof globalThis.fetch;
  isOnline?: () => boolean;
  timeoutMs?: number;
}

/** Ask for the holdings. Never throws: whatever happens is an answer. */
export async function askHoldings(question: Question): Promise<Answer> {
  const { apiUrl, accessToken, refresh, fetch = globalThis.fetch.bind(globalThis) } = question;
  const { isOnline = () => navigator.onLine, timeoutMs = TIMEOUT_MS } = question;
  try {
    const response = await fetch(`${apiUrl}/holdings${refresh ? "?refresh=true" : ""}`, {
      headers: accessToken === null ? {} : { Authorization: `Bearer ${accessToken}` },
      // The browser keeps the last answer and asks with its ETag: a header of our own would need
      // the permission of the API's CORS settings.
      cache: "no-cache",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 304)
      return { kind: "unchanged", provenance: provenance(response.headers) };
    return response.ok ? await figures(response) : await problem(response);
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
  };
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
