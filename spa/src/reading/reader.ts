import type { Answer, Provenance, Failure } from "../api/client.ts";
import type { Snapshot } from "../api/shapes.ts";
import { type Access, SessionEnded } from "../auth/session.ts";
import { type Clock, type Figures, type Instant, figures, secondsBetween } from "../freshness.ts";
import {
  AT_MOST,
  type Delay,
  delayAfterFigures,
  delayAfterFailure,
  delayWhileIdle,
} from "./schedule.ts";
import { asViewer } from "./as-viewer.ts";
import { forgetKept } from "../kept.ts";
import { Store } from "../store.ts";

/** What is known of the holdings, and what is being done about it. */
export interface Reading {
  /** The last good ones: a failure never takes them away. */
  figures: Figures | null;
  /** Why the last attempt brought none. */
  failure: Failure | null;
  asking: "no" | "read" | "refresh";
  isSlow: boolean;
  /** When the last attempt ended, and the seconds after it that the next one waits at least. */
  asked: Instant | null;
  next: Delay;
  /** What is held back for so many seconds: a refresh by its cool-down, anything by Retry-After. */
  hold: { what: "refresh" | "anything"; since: Instant; seconds: number } | null;
}

/** "dropped": another attempt, or a sign-out, came in between. */
export type Outcome = "read" | "cached" | "stale" | "failure" | "ended" | "dropped";

interface Question {
  accessToken: string | null;
  refresh: boolean;
  /** What values are asked for in; null for what the viewer's profile says. */
  currency: string | null;
}

/**
 * Figures that were made ready while nobody looked may be older. They are shown at once, and then
 * read anew, no oftener than this.
 */
const READY_SECONDS = 180;
/** The API honours one refresh in so many seconds. */
const COOL_DOWN = 10;
const SLOW_AFTER_MS = 3000;

const IDLE = { asking: "no", isSlow: false } as const;

const NOTHING: Reading = {
  ...IDLE,
  figures: null,
  failure: null,
  asked: null,
  next: 0,
  hold: null,
};

/** "Not modified", and there is nothing here that it could mean. */
const NOTHING_HELD: Failure = {
  kind: "unreadable",
  why: "it refers to figures that are not here",
  requestId: null,
};

export class Reader {
  readonly reading = new Store<Reading>(NOTHING);
  /** What somebody has chosen to see values in, and the API has given; null for their profile's. */
  readonly currency = new Store<string | null>(null);
  #failures = 0;
  #currency: string | null = null;
  /** Of the attempt under way: what an older one brings is dropped. */
  #attempt = 0;
  /** Whether the figures at hand were made ready, and are to be read anew at the next tick. */
  #isReady = false;
  #renewed: Instant | null = null;
  /** When somebody last touched the page. */
  #touched: Instant;

  constructor(
    private readonly parts: {
      ask: (question: Question) => Promise<Answer>;
      access: Access;
      clock: Clock;
    },
  ) {
    this.#touched = parts.clock();
  }

  /** Ask when it is time. Called every second while the page is visible. */
  tick(): void {
    if (this.reading.value.asking !== "no" || this.dueIn() !== 0) return;
    const how = this.#isReady ? "refresh" : "read";
    this.#isReady = false;
    if (how === "refresh") this.#renewed = this.parts.clock();
    void this.read(how);
  }

  /** Somebody is at the page. */
  touched(): void {
    this.#touched = this.parts.clock();
  }

  /** Seconds until the page asks by itself; null for never. */
  dueIn(now: Instant = this.parts.clock()): Delay {
    const { asked, next } = this.reading.value;
    if (next === null || asked === null) return next;
    const delay = Math.max(next, delayWhileIdle(secondsBetween(this.#touched, asked)));
    return Math.max(0, delay - secondsBetween(asked, now));
  }

  /** Seconds until a person may ask for it; 0 when they may. */
  heldFor(how: "read" | "refresh", now: Instant = this.parts.clock()): number {
    const { hold } = this.reading.value;
    if (!hold || (how === "read" && hold.what === "refresh")) return 0;
    return Math.max(0, hold.seconds - secondsBetween(hold.since, now));
  }

  /** Never throws; tells what came of it. */
  async read(how: "read" | "refresh"): Promise<Outcome> {
    if (this.reading.value.asking !== "no") return "dropped";
    const attempt = ++this.#attempt;
    const since = this.parts.clock();
    this.#change({
      asking: how,
      isSlow: false,
      ...(how === "refresh" && { hold: { what: "refresh", since, seconds: COOL_DOWN } }),
    });
    const slow = setTimeout(() => {
      if (attempt === this.#attempt) this.#change({ isSlow: true });
    }, SLOW_AFTER_MS);
    try {
      const answer = await this.#answer(how === "refresh");
      return attempt === this.#attempt ? this.#take(answer) : "dropped";
    } catch (error) {
      const isEnd = error instanceof SessionEnded;
      // What nobody thought of is for the console, and must not keep the page from asking again.
      const next = isEnd ? null : AT_MOST;
      if (attempt === this.#attempt) this.#change({ ...IDLE, asked: this.parts.clock(), next });
      if (isEnd) return "ended";
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }

  /** Read values in another currency; "refused" where the API knows of no price that leads to it. */
  async value(currency: string): Promise<Outcome | "refused"> {
    const before = this.#currency;
    this.#attempt++;
    this.#change({ ...IDLE });
    this.#currency = currency;
    const outcome = await this.read("read");
    const { failure } = this.reading.value;
    if (outcome === "read" || outcome === "cached" || outcome === "stale") {
      this.currency.set(currency);
    }
    if (outcome !== "failure") return outcome;
    this.#currency = before;
    const isRefused = failure?.kind === "problem" && failure.errors["currency"] !== undefined;
    // The figures at hand are as good as they were.
    if (isRefused) this.#change({ failure: null, next: 0 });
    return isRefused ? "refused" : "failure";
  }

  /** What there is to read has changed: read at the next tick, and drop what is on its way. */
  changed(): void {
    this.#startAnew();
    this.#change({ ...IDLE, asked: null, next: 0, hold: null });
  }

  /** Leave nothing on the page: somebody else may sit down at it. */
  forget(): void {
    this.#startAnew();
    this.reading.set({ ...NOTHING, next: null });
  }

  #startAnew(): void {
    this.#attempt++;
    this.#failures = 0;
    this.#isReady = false;
    this.#renewed = null;
    this.#currency = null;
    this.currency.set(null);
    forgetKept();
  }

  #answer(refresh: boolean): Promise<Answer> {
    const { access, ask } = this.parts;
    const currency = this.#currency;
    return asViewer<Answer>(access, (accessToken) => ask({ accessToken, refresh, currency }));
  }

  #take(answer: Answer): Outcome {
    if (answer.kind === "figures") {
      return this.#takeFigures(answer.snapshot, answer.provenance);
    }
    const held = this.reading.value.figures;
    if (answer.kind === "unchanged" && held) {
      return this.#takeFigures(held.snapshot, answer.provenance);
    }
    return this.#takeFailure(answer.kind === "unchanged" ? NOTHING_HELD : answer);
  }

  #takeFigures(snapshot: Snapshot, reported: Provenance): Outcome {
    const asked = this.parts.clock();
    const taken = figures(snapshot, reported, asked);
    this.#failures = 0;
    const isNew = this.#renewed !== null && secondsBetween(this.#renewed, asked) < READY_SECONDS;
    this.#isReady =
      reported.cache === "HIT" && taken.age > READY_SECONDS && !snapshot.stale && !isNew;
    const next = this.#isReady ? 0 : delayAfterFigures(taken);
    this.#change({ ...IDLE, asked, figures: taken, failure: null, next });
    if (snapshot.stale) return "stale";
    return reported.cache === "HIT" ? "cached" : "read";
  }

  #takeFailure(failure: Failure): Outcome {
    const asked = this.parts.clock();
    this.#failures++;
    const wait = failure.kind === "problem" ? failure.retryAfter : null;
    this.#change({
      ...IDLE,
      asked,
      failure,
      next: delayAfterFailure(failure, this.#failures),
      ...(wait !== null && {
        hold: { what: "anything", since: asked, seconds: Math.min(AT_MOST, wait) },
      }),
    });
    return "failure";
  }

  #change(change: Partial<Reading>): void {
    this.reading.set({ ...this.reading.value, ...change });
  }
}
