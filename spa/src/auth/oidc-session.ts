import { User, type UserManager } from "oidc-client-ts";
import { isUser } from "./manager.ts";
import { type Session, SessionEnded, type SessionState, Unreachable } from "./session.ts";
import { type Fault, isUnreachable } from "./sign-in.ts";
import type { Tabs } from "./tabs.ts";
import { Store } from "../store.ts";

/** Renew a token that has less than this left, so that it lasts for the request. */
const RENEW_BEFORE_SECONDS = 60;

export type Manager = Pick<
  UserManager,
  "getUser" | "storeUser" | "removeUser" | "signinRedirect" | "signinSilent" | "revokeTokens"
>;

export class OidcSession implements Session {
  readonly state: Store<SessionState>;
  #renewal: Promise<string> | null = null;
  /** The access token that was last given out: a renewal is for another one. */
  #given: string | null = null;

  /** `go` leaves the page for an address; the others are told of it, to put things away. */
  constructor(
    private readonly parts: {
      manager: Manager;
      tabs: Pick<Tabs, "alone" | "catchUp" | "renewed">;
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
    this.#given = user.access_token;
    if (lasts(user)) return user.access_token;
    try {
      return await this.renewed();
    } catch (error) {
      if (error instanceof Unreachable && !user.expired) return user.access_token;
      throw error;
    }
  }

  /**
   * One renewal at a time, in all tabs: a second use of a refresh token that rotates would end the
   * session.
   */
  renewed(): Promise<string> {
    this.#renewal ??= this.#renewAlone().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  end(): void {
    this.#expire(true);
  }

  /** Another tab spent a refresh token. False where it is not this tab's. */
  async adopt(spent: string, text: string): Promise<boolean> {
    const { manager } = this.parts;
    const user = await manager.getUser();
    if (user?.refresh_token !== spent || !isUser(text)) return false;
    await manager.storeUser(User.fromStorageString(text));
    return true;
  }

  /** Somebody signed out in another tab: nothing may stay in this one either. */
  async endElsewhere(): Promise<void> {
    this.parts.beforeSignOut();
    await this.parts.manager.removeUser();
    this.state.set({ phase: "signed-out", fault: "left" });
  }

  async signIn(): Promise<void> {
    const before = this.state.value;
    this.state.set({ phase: "leaving" });
    try {
      this.parts.beforeSignIn();
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

  async #renewAlone(): Promise<string> {
    this.#given = await this.parts.tabs.alone(() => this.#renew());
    return this.#given;
  }

  async #renew(): Promise<string> {
    const { manager, tabs } = this.parts;
    const isNew = (user: User) => user.access_token !== this.#given && lasts(user);
    const before = await manager.getUser();
    if (before && isNew(before)) return before.access_token;
    if (before?.refresh_token) await tabs.catchUp(before.refresh_token);
    const user = await manager.getUser();
    // Without a refresh token the library would try a hidden frame, which our policy forbids.
    if (!user?.refresh_token) return this.#ended();
    if (isNew(user)) return user.access_token;
    try {
      const renewed = await manager.signinSilent();
      if (renewed) {
        tabs.renewed(user.refresh_token, renewed.toStorageString());
        return renewed.access_token;
      }
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

function lasts(user: User): boolean {
  return (user.expires_in ?? 0) > RENEW_BEFORE_SECONDS;
}

function nameOf(user: User): string | null {
  return user.profile.email ?? null;
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  await Promise.race([work, limit]);
}
