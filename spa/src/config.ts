/** What the page must know of its stack, read from /config.json at start: one build serves all. */

export interface SignInConfig {
  issuer: string;
  clientId: string;
  hostedUiUrl: string;
  scope: string;
}

export interface PageConfig {
  /** A path at the page's own address or, of an API elsewhere, all of its; no slash at its end. */
  apiUrl: string;
  /** null: the API asks for no sign-in, as in its demo mode. */
  signIn: SignInConfig | null;
}

/** The message is a sentence for whoever looks at the page, and says the remedy. */
export class ConfigError extends Error {}

const REMEDY = "Whoever runs this page has to deploy it again, or to correct that file.";

/** Raises ConfigError. */
export async function readConfig(
  fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis),
): Promise<PageConfig> {
  let text: string;
  try {
    const answer = await fetch("/config.json", {
      cache: "no-cache",
      signal: AbortSignal.timeout(15_000),
    });
    if (!answer.ok) {
      throw new ConfigError(`/config.json is missing (status ${answer.status}). ${REMEDY}`);
    }
    text = await answer.text();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError("/config.json could not be loaded. Check your connection and try again.");
  }
  return parseConfig(text);
}

/** Raises ConfigError. */
export function parseConfig(text: string): PageConfig {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new ConfigError(`/config.json is not JSON. ${REMEDY}`);
  }
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw new ConfigError(`/config.json must hold an object. ${REMEDY}`);
  }
  const fields = document as Record<string, unknown>;
  return { apiUrl: besideUs(fields, "api_url"), signIn: signIn(fields) };
}

function signIn(fields: Record<string, unknown>): SignInConfig | null {
  if (isAbsent(fields["issuer"]) && isAbsent(fields["client_id"])) return null;
  return {
    issuer: url(fields, "issuer"),
    clientId: text(fields, "client_id"),
    hostedUiUrl: url(fields, "hosted_ui_url"),
    scope: isAbsent(fields["scope"]) ? "" : text(fields, "scope"),
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value.trim() === "") {
    throw new ConfigError(`/config.json has no ${name}. ${REMEDY}`);
  }
  return value.trim();
}

/** A path at this address, or a web address. Two slashes would begin another host's. */
function besideUs(fields: Record<string, unknown>, name: string): string {
  const value = text(fields, name);
  return /^\/(?![/\\])[\w./-]*$/.test(value) ? value.replace(/\/+$/, "") : url(fields, name);
}

/** Only http and https: an address such as `javascript:` must never become one that we go to. */
function url(fields: Record<string, unknown>, name: string): string {
  const value = text(fields, name);
  const parsed = URL.canParse(value) ? new URL(value) : null;
  const usable = parsed && (parsed.protocol === "https:" || parsed.protocol === "http:");
  if (!usable || parsed.username || parsed.password) {
    throw new ConfigError(`The ${name} in /config.json is no web address. ${REMEDY}`);
  }
  return value.replace(/\/+$/, "");
}
