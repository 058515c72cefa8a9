import type { Answer, Trouble } from "./answer.ts";
import { provenance, retryAfter } from "./headers.ts";
import { ShapeError, parseSnapshot } from "./snapshot.ts";

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
  const told = provenance(response.headers);
  const text = await response.text();
  try {
    return { kind: "figures", snapshot: parseSnapshot(JSON.parse(text)), provenance: told };
  } catch (error) {
    const why = error instanceof ShapeError ? error.message : "it is not JSON";
    return { kind: "unreadable", why, requestId: told.requestId };
  }
}

/** Also for answers that never reached the API: a gateway's `{"message": ...}`, a proxy's page. */
async function problem(response: Response): Promise<Trouble> {
  const told = provenance(response.headers);
  const fields = await document(response);
  const { code, detail, request_id: requestId } = fields;
  return {
    kind: "problem",
    code: typeof code === "string" ? code : codeOf(response.status),
    status: response.status,
    detail: typeof detail === "string" ? detail : "",
    requestId: typeof requestId === "string" ? requestId : told.requestId,
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
