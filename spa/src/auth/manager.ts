import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { SignInConfig } from "../config.ts";
import { UserStore } from "./user-store.ts";

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
    scope: ["openid", "email", config.scope].join(" ").trim(),
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
