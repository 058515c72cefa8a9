import type { Failure } from "../api/client.ts";
import { type Access, Unreachable } from "../auth/session.ts";

/**
 * Ask in the name of whoever is signed in. A token that looked good here and is refused there is
 * renewed once, never in a loop. Raises SessionEnded.
 */
export async function asViewer<Answer extends { kind: string }>(
  access: Access,
  ask: (accessToken: string | null) => Promise<Answer | Failure>,
): Promise<Answer | Failure> {
  try {
    const answer = await ask(await access.token());
    if (!isRefused(answer)) return answer;
    const second = await ask(await access.renewed());
    if (isRefused(second)) access.end();
    return second;
  } catch (error) {
    if (error instanceof Unreachable) return { kind: navigator.onLine ? "network" : "offline" };
    throw error;
  }
}

function isRefused(answer: { kind: string; status?: number }): boolean {
  return answer.kind === "problem" && answer.status === 401;
}
