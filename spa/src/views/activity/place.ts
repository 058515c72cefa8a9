import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { Send } from "../../api/client.ts";
import { readActivity } from "../../api/read-history.ts";
import { kept } from "../../kept.ts";
import { useQuery } from "../../shell/query.ts";
import { Feed } from "./feed.ts";
import { ALL, type Filter, filterQuery, readFilter } from "./filter.ts";

const TYPING_MS = 300;

/** The last feed that was looked at. */
function last(): { feed: Feed | null } {
  return kept("activity", () => ({ feed: null }));
}

/** The filter in the address; without one, that of the last visit. */
export function useFilter(): [Filter, (filter: Filter) => void] {
  return useQuery(readOrLast, filterQuery);
}

function readOrLast(search: string): Filter {
  return search === "" ? (last().feed?.filter ?? ALL) : readFilter(search);
}

/** What matches a filter: with what was listed before, where somebody comes back to the same. */
export function feedOf(filter: Filter, send: Send): Feed {
  const before = last();
  if (before.feed?.isOf(filter)) return before.feed;
  before.feed = new Feed(filter, (question) => readActivity(send, question));
  return before.feed;
}

/** A value as soon as it has not changed for a moment, or at once by what is returned with it. */
export function useSettled<T>(value: T): [T, () => void] {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSettled(value);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [value]);
  const settle = () => {
    setSettled(value);
  };
  return [settled, settle];
}

/** Comes back to where somebody was in the feed, and notes where they are. */
export function useKeptScroll(feed: Feed): void {
  useLayoutEffect(() => {
    if (feed.scrolled > 0) scrollTo(0, feed.scrolled);
    const here = location.pathname;
    const note = () => {
      // Whoever goes elsewhere is brought to its top before this view is gone.
      if (location.pathname === here) feed.scrolled = scrollY;
    };
    addEventListener("scroll", note, { passive: true });
    return () => {
      removeEventListener("scroll", note);
    };
  }, [feed]);
}
