import type { Provenance } from "./answer.ts";

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
