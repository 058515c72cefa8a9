import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { SignInConfig } from "../config.ts";

/**
 * The code flow with PKCE is oidc-client-ts's job. Everything is kept in sessionStorage: it ends
 * with the tab, and no other tab or later visit finds a token.
 */
export function userManager(config: SignInConfig, origin: string): UserManager {
  const { hostedUiUrl, issuer } = config;
  return new UserManager({
    authority: issuer,
    client_id: config.clientId,
    redirect_uri: `${origin}/`,
    response_type: "code",
    scope: ["openid", "email", ...config.scope.split(/\s+/)].join(" ").trim(),
    // Given, not discovered: one request less, and the issuer need not allow our origin.
    metadata: {
      issuer,
      authorization_endpoint: `${hostedUiUrl}/oauth2/authorize`,
      token_endpoint: `${hostedUiUrl}/oauth2/token`,
      revocation_endpoint: `${hostedUiUrl}/oauth2/revoke`,
    },
    userStore: new UserStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    // Renewed when a token is needed; a timer would renew for nobody.
    automaticSilentRenew: false,
    revokeTokenTypes: ["refresh_token"],
    requestTimeoutInSeconds: 15,
  });
}

/** Cognito's own end of a session; it has no end_session_endpoint. */
export function logoutUrl(config: SignInConfig, origin: string): string {
  const query = new URLSearchParams({ client_id: config.clientId, logout_uri: `${origin}/` });
  return `${config.hostedUiUrl}/logout?${query.toString()}`;
}

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
