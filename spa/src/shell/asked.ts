import { useCallback, useEffect, useState } from "preact/hooks";
import type { Failure } from "../api/client.ts";
import type { Done } from "../api/done.ts";

/** What is known of something that the API was asked for. */
export interface Asked<T> {
  /** The last that came: it stays while the next is on its way. */
  value: T | null;
  failure: Failure | null;
  isAsking: boolean;
  again: () => void;
}

/** Asks as soon as somebody is signed in, and anew whenever `ask` is another one. */
export function useAsked<T>(isOpen: boolean, ask: () => Promise<Done<T>>): Asked<T> {
  const [value, setValue] = useState<T | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [times, setTimes] = useState(0);
  useEffect(() => {
    if (!isOpen) return;
    let isWanted = true;
    setAsking(true);
    setFailure(null);
    void ask().then((answer) => {
      if (!isWanted) return;
      setAsking(false);
      if (answer.kind === "done") setValue(answer.value);
      else if (answer.kind !== "ended") setFailure(answer);
    });
    return () => {
      isWanted = false;
    };
  }, [isOpen, ask, times]);
  const again = useCallback(() => {
    setTimes((before) => before + 1);
  }, []);
  return { value, failure, isAsking, again };
}
