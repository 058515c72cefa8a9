import { logoutUrl, userManager } from "./manager.ts";
import { OidcSession } from "./oidc-session.ts";
import { OpenSession, type Session } from "./session.ts";
import { type Fault, completeSignIn, isCallback, withoutCallback } from "./sign-in.ts";
import { Tabs } from "./tabs.ts";
import type { SignInConfig } from "../config.ts";

const PLACE = "holdings.place";
const LEFT = "holdings.left";

/**
 * The session of this tab: from before, from the sign-in that has just come back, or none.
 * `forget` puts away what the page shows, before a sign-out.
 */
export async function openSession(
  config: SignInConfig | null,
  forget: () => void,
): Promise<Session> {
  if (!config) return new OpenSession();
  const manager = userManager(config, location.origin);
  let fault: Fault | null = take(LEFT) ? "left" : null;
  const address = new URL(location.href);
  if (isCallback(address)) {
    // Before anything is awaited: the code must not stay in the address while we work.
    history.replaceState(null, "", placeAfter(address));
    fault = await completeSignIn(manager, address);
  }
  void manager.clearStaleState();
  // Browsers have no locks outside a secure context, whatever the types say.
  const { locks } = navigator as { locks?: LockManager };
  const tabs = new Tabs(new BroadcastChannel("holdings.session"), locks);
  const putAway = () => {
    history.replaceState(null, "", "/");
    forget();
  };
  const session: OidcSession = new OidcSession({
    manager,
    tabs,
    user: await manager.getUser(),
    fault,
    logoutUrl: logoutUrl(config, location.origin),
    go: (to) => {
      location.assign(to);
    },
    beforeSignIn: () => {
      sessionStorage.setItem(PLACE, `${location.pathname}${location.search}`);
    },
    beforeSignOut: putAway,
    afterSignOut: () => {
      sessionStorage.setItem(LEFT, "1");
      tabs.signedOut();
    },
  });
  tabs.handlers = {
    signedOut: () => {
      void session.endElsewhere();
    },
    renewed: (spent, user) => session.adopt(spent, user),
  };
  // A step back from the hosted UI may bring this very page back, frozen on its way out.
  globalThis.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  return session;
}

/** Whether a session is likely: then the page's place is shown while that is found out. */
export function isComingBack(): boolean {
  try {
    return (
      isCallback(new URL(location.href)) ||
      Object.keys(sessionStorage).some((key) => key.startsWith("oidc.user:"))
    );
  } catch {
    return false;
  }
}

/** Where the person was when they left to sign in. */
function placeAfter(address: URL): string {
  const place = take(PLACE);
  const clean = withoutCallback(address);
  // Of this page alone: "//host" would be somebody else's.
  return place && /^\/(?![/\\])/.test(place) ? place : `${clean.pathname}${clean.search}`;
}

function take(key: string): string | null {
  const value = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  return value;
}
