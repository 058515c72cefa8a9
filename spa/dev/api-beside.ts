import type { ProxyOptions } from "vite";

/** The API under the page's own address, as CloudFront has it: "/api/" of .../api/v1. */
export function apiBeside(
  apiUrl = process.env["HOLDINGS_API_URL"] ?? "http://127.0.0.1:8000/api/v1",
): Record<string, ProxyOptions> {
  const { origin, pathname } = new URL(apiUrl);
  return { [`/${pathname.split("/")[1] ?? ""}/`]: { target: origin } };
}
