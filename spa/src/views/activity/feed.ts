import type { Failure } from "../../api/client.ts";
import type { Done } from "../../api/done.ts";
import type { ActivityPage, Entry } from "../../api/history.ts";
import type { ActivityQuestion } from "../../api/read-history.ts";
import { Store } from "../../store.ts";
import { type Filter, filterQuery } from "./filter.ts";

/** The entries that are listed so far, the newest first, and whether there are more. */
export interface Listed {
  entries: readonly Entry[];
  hasMore: boolean;
  isAsking: boolean;
  failure: Failure | null;
}

/** A search may go through many pages in which nothing is found. After so many a person decides. */
const EMPTY_AT_MOST = 10;

/** What matches one filter, page by page. */
export class Feed {
  readonly listed = new Store<Listed>({
    entries: [],
    hasMore: true,
    isAsking: false,
    failure: null,
  });
  /** How far somebody had gone down in it, in pixels. */
  scrolled = 0;
  #cursor: string | null = null;
  readonly #seen = new Set<string>();

  constructor(
    readonly filter: Filter,
    private readonly ask: (question: ActivityQuestion) => Promise<Done<ActivityPage>>,
  ) {}

  isOf(filter: Filter): boolean {
    return filterQuery(filter) === filterQuery(this.filter);
  }

  /** List the next entries, however many pages without any come first. Never throws. */
  async more(): Promise<void> {
    const { isAsking, hasMore } = this.listed.value;
    if (isAsking || !hasMore) return;
    this.#change({ isAsking: true, failure: null });
    for (let empty = 0; empty < EMPTY_AT_MOST; empty++) {
      const answer = await this.ask({ ...this.filter, cursor: this.#cursor });
      if (answer.kind === "ended") break;
      if (answer.kind !== "done") {
        this.#change({ failure: answer });
        break;
      }
      const isNew = this.#take(answer.value);
      if (isNew || !this.listed.value.hasMore) break;
    }
    this.#change({ isAsking: false });
  }

  /** After a failure: from the beginning where the way on is not known any more. */
  again(): void {
    const { failure } = this.listed.value;
    const isLost = failure?.kind === "problem" && failure.errors["cursor"] !== undefined;
    if (isLost) {
      this.#cursor = null;
      this.#seen.clear();
      this.#change({ entries: [], hasMore: true });
    }
    void this.more();
  }

  /** Whether any of the page was not listed yet: new ones move what follows to a later page. */
  #take({ entries, next }: ActivityPage): boolean {
    const added = entries.filter((entry) => !this.#seen.has(keyOf(entry)));
    for (const entry of added) this.#seen.add(keyOf(entry));
    this.#cursor = next;
    this.#change({
      hasMore: next !== null,
      ...(added.length > 0 && { entries: [...this.listed.value.entries, ...added] }),
    });
    return added.length > 0;
  }

  #change(change: Partial<Listed>): void {
    this.listed.set({ ...this.listed.value, ...change });
  }
}

/** Two connections may have entries of one id. */
export function keyOf({ connection_id: connection, id }: Entry): string {
  return `${connection} ${id}`;
}
