import type { User, UserManager } from "oidc-client-ts";
import { Store } from "../store.ts";
import { SessionEnded, Unreachable } from "./access.ts";
import { type Fault, isUnreachable } from "./faults.ts";
import type { Session, SessionState } from "./session.ts";

/** Renew a token that has less than this left, so that it lasts for the request. */
const RENEW_BEFORE_SECONDS = 60;

export type Manager = Pick<
  UserManager,
  "getUser" | "removeUser" | "signinRedirect" | "signinSilent" | "revokeTokens"
>;

export class OidcSession implements Session {
  readonly state: Store<SessionState>;
  #renewal: Promise<string> | null = null;

  /** `go` leaves the page for an address; the others are told of it, to put things away. */
  constructor(
    private readonly parts: {
      manager: Manager;
      user: User | null;
      fault: Fault | null;
      logoutUrl: string;
      go: (address: string) => void;
      beforeSignIn: () => void;
      beforeSignOut: () => void;
      afterSignOut: () => void;
    },
  ) {
    const { user, fault } = parts;
    this.state = new Store<SessionState>(
      user ? { phase: "signed-in", name: nameOf(user) } : { phase: "signed-out", fault },
    );
  }

  async token(): Promise<string> {
    const user = await this.parts.manager.getUser();
    if (!user) return this.#ended();
    if ((user.expires_in ?? 0) > RENEW_BEFORE_SECONDS) return user.access_token;
    try {
      return await this.renewed();
    } catch (error) {
      if (error instanceof Unreachable && !user.expired) return user.access_token;
      throw error;
    }
  }

  /** One renewal at a time: a second use of a refresh token that rotates would end the session. */
  renewed(): Promise<string> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  end(): void {
    this.#expire(true);
  }

  /** Somebody signed out in another tab: nothing may stay in this one either. */
  async endElsewhere(): Promise<void> {
    this.parts.beforeSignOut();
    await this.parts.manager.removeUser();
    this.state.set({ phase: "signed-out", fault: "left" });
  }

  async signIn(): Promise<void> {
    const before = this.state.value;
    this.parts.beforeSignIn();
    this.state.set({ phase: "leaving" });
    try {
      await this.parts.manager.signinRedirect();
    } catch {
      const fault = globalThis.isSecureContext ? "unreachable" : "insecure";
      this.state.set(before.phase === "expired" ? before : { phase: "signed-out", fault });
    }
  }

  async signOut(): Promise<void> {
    const { manager, beforeSignOut, afterSignOut, go, logoutUrl } = this.parts;
    beforeSignOut();
    this.state.set({ phase: "leaving" });
    // Best effort: the hosted UI's own session ends below in any case.
    await within(2000, manager.revokeTokens(["refresh_token"])).catch(() => undefined);
    await manager.removeUser();
    afterSignOut();
    go(logoutUrl);
  }

  async #renew(): Promise<string> {
    const { manager } = this.parts;
    const user = await manager.getUser();
    // Without a refresh token the library would try a hidden frame, which our policy forbids.
    if (!user?.refresh_token) return this.#ended();
    try {
      const renewed = await manager.signinSilent();
      if (renewed) return renewed.access_token;
    } catch (error) {
      if (isUnreachable(error)) throw new Unreachable();
    }
    return this.#ended();
  }

  #expire(isRefused: boolean): void {
    this.state.set({ phase: "expired", isRefused });
    void this.parts.manager.removeUser();
  }

  #ended(): never {
    this.#expire(false);
    throw new SessionEnded();
  }
}

function nameOf(user: User): string | null {
  return user.profile.email ?? null;
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  await Promise.race([work, limit]);
}
