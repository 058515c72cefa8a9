import { WebStorageStateStore } from "oidc-client-ts";

/**
 * Keeps the user for as long as the tab lives, without the ID token: its claims are in the
 * profile, nothing reads it again, and what is not kept cannot be stolen. What is found there and
 * is no user counts as none: the way on is then a plain sign-in.
 */
export class UserStore extends WebStorageStateStore {
  override set(key: string, value: string): Promise<void> {
    const user = JSON.parse(value) as Record<string, unknown>;
    delete user["id_token"];
    return super.set(key, JSON.stringify(user));
  }

  override async get(key: string): Promise<string | null> {
    const value = await super.get(key);
    if (value === null || isUser(value)) return value;
    await this.remove(key);
    return null;
  }
}

/** Whether a text is a user as oidc-client-ts writes one, in all that is read of it. */
export function isUser(text: string): boolean {
  let user: unknown;
  try {
    user = JSON.parse(text);
  } catch {
    return false;
  }
  if (!isObject(user)) return false;
  const { access_token: access, refresh_token: refresh, expires_at: end, profile } = user;
  return (
    isToken(access) &&
    (refresh === undefined || isToken(refresh)) &&
    (end === undefined || Number.isFinite(end)) &&
    isObject(profile) &&
    typeof profile["sub"] === "string" &&
    (profile["email"] === undefined || typeof profile["email"] === "string")
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What may stand in a header. */
function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}
