import type { Failure } from "./client.ts";
import type { components } from "./contract.gen.ts";

type ProblemCode = components["schemas"]["Problem"]["code"];

/** What a person reads: what happened, and what to do about it. */
export interface Sentence {
  title: string;
  remedy: string;
  /** Whether the same request may succeed in a moment, so that asking again by itself is fair. */
  passes: boolean;
}

/** Complete by its type: a code that docs/openapi.json gains breaks the build until it is here. */
const PROBLEMS: Record<ProblemCode, Sentence> = {
  unauthenticated: {
    title: "You are not signed in any more",
    remedy: "Sign in again; your place on this page is kept.",
    passes: false,
  },
  forbidden: {
    title: "Your sign-in does not allow reading the holdings",
    remedy: "Sign out and in again. If it stays, ask whoever runs this page for access.",
    passes: false,
  },
  not_found: {
    title: "The API is not at the address that this page knows",
    remedy: "Whoever runs this page has to correct api_url in config.json.",
    passes: false,
  },
  method_not_allowed: {
    title: "The API does not take this kind of request",
    remedy: "Reload the page to get its newest version.",
    passes: false,
  },
  invalid_request: {
    title: "The API does not understand this page's request",
    remedy: "Reload the page to get its newest version.",
    passes: false,
  },
  conflict: {
    title: "Something was changed meanwhile",
    remedy:
      "What is shown now is read anew: look at it, and repeat the change if it is still wanted.",
    passes: false,
  },
  too_many_connections: {
    title: "There can be no more connections",
    remedy: "Remove one that is not needed any more, then add the new one.",
    passes: false,
  },
  records_unavailable: {
    title: "Your connections cannot be reached right now",
    remedy: "Nothing was changed. Try again in a moment.",
    passes: true,
  },
  exchange_credentials_rejected: {
    title: "Coinbase rejects the stored API key",
    remedy:
      "A valid key of this environment has to be stored: a sandbox key does not open production.",
    passes: false,
  },
  exchange_permission_denied: {
    title: "The API key may not read accounts",
    remedy:
      "Grant the key the View permission at Coinbase, and check its list of allowed addresses.",
    passes: false,
  },
  exchange_invalid_response: {
    title: "Coinbase's answer could not be used",
    remedy: "It was not a whole account list, so none of it is shown. Try again in a minute.",
    passes: true,
  },
  exchange_rate_limited: {
    title: "Coinbase is being asked too often",
    remedy: "Wait a moment. If it stays, another program is using the same key.",
    passes: true,
  },
  exchange_unavailable: {
    title: "Coinbase is not available right now",
    remedy: "Nothing is wrong with your account. Try again in a few minutes.",
    passes: true,
  },
  exchange_timeout: {
    title: "Coinbase did not answer in time",
    remedy: "Nothing is wrong with your account. Try again in a minute.",
    passes: true,
  },
  secret_invalid: {
    title: "The stored Coinbase key cannot be used",
    remedy: "The key has to be stored again, whole: api_key, api_secret and passphrase.",
    passes: false,
  },
  secret_unavailable: {
    title: "The stored Coinbase key cannot be read right now",
    remedy:
      "The store of keys does not answer. Nothing is wrong with your account. Try again in a minute.",
    passes: true,
  },
  misconfigured: {
    title: "The API is not set up completely",
    remedy: "Whoever runs it has to add what is missing.",
    passes: false,
  },
  internal_error: {
    title: "Something failed that should not have",
    remedy: "Try again. If it stays, quote the request id to whoever runs this page.",
    passes: true,
  },
};

/** The API refuses a token that has just been given. */
export const REFUSED: Sentence = {
  title: "The API does not accept your sign-in",
  remedy:
    "Sign in once more. If it stays, whoever runs this page has to look at the API's sign-in settings.",
  passes: false,
};

/** The API wants a token, and config.json says nowhere to get one. */
export const SIGN_IN_UNKNOWN: Sentence = {
  title: "The API asks for a sign-in that this page does not know",
  remedy: "Whoever runs this page has to name issuer, client_id and hosted_ui_url in config.json.",
  passes: false,
};

export function isKnownCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

/** An unknown code falls back to what the API itself says. */
export function problemSentence(code: string, detail: string, status?: number): Sentence {
  if (isKnownCode(code)) return PROBLEMS[code];
  const busy = status === 429 || (status !== undefined && status >= 500);
  return {
    title: status === 429 ? "Too many requests" : "The holdings could not be read",
    remedy: detail || (busy ? "Try again in a moment." : "Reload the page, and try again."),
    passes: busy,
  };
}

export function failureSentence(failure: Failure): Sentence {
  switch (failure.kind) {
    case "problem":
      return problemSentence(failure.code, failure.detail, failure.status);
    case "unreadable":
      return {
        title: "The API's answer could not be used",
        remedy:
          "It is not what this page expects, so none of it is shown. Reload the page to get its newest version.",
        // A proxy's page passes; a newer API does not, and back-off soon makes that seldom.
        passes: true,
      };
    case "timeout":
      return {
        title: "The API did not answer in time",
        remedy: "The network or the API is slow. Try again.",
        passes: true,
      };
    case "network":
      return {
        title: "The API cannot be reached",
        remedy: "Check your connection and try again.",
        passes: true,
      };
    case "offline":
      return {
        title: "You are offline",
        remedy: "The figures are read again as soon as you are back online.",
        passes: true,
      };
  }
}
