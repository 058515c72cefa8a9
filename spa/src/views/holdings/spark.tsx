import type { Send } from "../../api/client.ts";
import { useEffect, useState } from "preact/hooks";
import type { Trend } from "./trend.ts";

/** A small picture of the price over 30 days; in words what it comes to. */
export function Spark({ trend: { paths, words } }: { trend: Trend }) {
  return (
    <>
      <svg class="spark" viewBox="-1 -1 74 18" width="74" height="18" aria-hidden="true">
        <path d={paths.solid} />
        <path class="spark-carried" d={paths.dashed} />
      </svg>
      <span class="visually-hidden"> {words}.</span>
    </>
  );
}

const NONE: ReadonlyMap<string, Trend> = new Map();

interface TrendsAsked {
  send: Send;
  /** null as long as there are no figures. */
  today: string | null;
  /** What values are in; null where none are known. */
  currency: string | null;
  isOpen: boolean;
}

/** By currency; asked for when the figures have been shown, and none where that fails. */
export function useTrends({ send, today, currency, isOpen }: TrendsAsked) {
  const [trends, setTrends] = useState(NONE);
  useEffect(() => {
    if (today === null || currency === null || !isOpen) return;
    let isWanted = true;
    const read = async () => {
      const { readTrends } = await import("./trend.ts");
      const found = await readTrends(send, { today, currency });
      if (isWanted) setTrends(found);
    };
    const timer = setTimeout(() => {
      // What only adorns may fail, also to be loaded.
      read().catch(() => undefined);
    }, AFTER_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
      setTrends(NONE);
    };
  }, [send, today, currency, isOpen]);
  return trends;
}

/** The first view is painted by then. */
const AFTER_MS = 300;
