import { useEffect, useState } from "preact/hooks";
import { type Instant, machineClock } from "./freshness.ts";

/** A value that the view watches. */
export class Store<T> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const tell of [...this.#watchers]) tell();
  }

  /** Returns what ends the watching. */
  watch(tell: () => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    const take = () => {
      setValue(() => store.value);
    };
    take();
    return store.watch(take);
  }, [store]);
  return value;
}

/** Now, every second. Only what calls it is drawn again. */
export function useNow(): Instant {
  const [now, setNow] = useState(machineClock);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(machineClock());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}

const MINUTE_MS = 60_000;

/** Now, every minute: for many rows at once. */
export function useMinute(): Instant {
  const [now, setNow] = useState(machineClock);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(machineClock());
    }, MINUTE_MS);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}
