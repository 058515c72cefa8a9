import { useCallback, useEffect, useState } from "preact/hooks";
import { type Place, placeQuery, readPlace } from "../holdings/place.ts";

const HIDDEN = "holdings.amounts-hidden";

/** The place on the page, kept in the address: typing must not fill the history with steps. */
export function usePlace(): [Place, (place: Place) => void] {
  const [place, setPlace] = useState(() => readPlace(location.search));
  useEffect(() => {
    const onPopState = () => {
      setPlace(readPlace(location.search));
    };
    globalThis.addEventListener("popstate", onPopState);
    return () => {
      globalThis.removeEventListener("popstate", onPopState);
    };
  }, []);
  // A moment later: browsers refuse an address that changes with every key of a fast typist.
  useEffect(() => {
    const timer = setTimeout(() => {
      history.replaceState(
        history.state,
        "",
        `${location.pathname}${placeQuery(place)}${location.hash}`,
      );
    }, 150);
    return () => {
      clearTimeout(timer);
    };
  }, [place]);
  return [place, setPlace];
}

/** Remembered beyond the tab: whoever hides amounts does so wherever people look over a shoulder. */
export function useHiddenAmounts(): [boolean, (hidden: boolean) => void] {
  const [isHidden, setHidden] = useState(recalled);
  const remember = useCallback((hidden: boolean) => {
    setHidden(hidden);
    try {
      localStorage.setItem(HIDDEN, hidden ? "1" : "0");
    } catch {
      // A browser that stores nothing still hides, until the next visit.
    }
  }, []);
  return [isHidden, remember];
}

function recalled(): boolean {
  try {
    return localStorage.getItem(HIDDEN) === "1";
  } catch {
    return false;
  }
}
