import { WebStorageStateStore } from "oidc-client-ts";

/**
 * Keeps the user for as long as the tab lives, without the ID token: its claims are in the
 * profile, nothing reads it again, and what is not kept cannot be stolen.
 */
export class UserStore extends WebStorageStateStore {
  override set(key: string, value: string): Promise<void> {
    const user = JSON.parse(value) as Record<string, unknown>;
    delete user["id_token"];
    return super.set(key, JSON.stringify(user));
  }
}
