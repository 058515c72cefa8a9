import { useEffect, useState } from "preact/hooks";
import { type Instant, machineClock } from "../freshness/instant.ts";
import type { Store } from "../store.ts";

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
