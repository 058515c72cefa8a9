import { useEffect, useState } from "preact/hooks";

/**
 * What a view keeps in the query of the address, so that a reload and a sign-in keep it: typing must
 * not fill the history with steps. `read` takes a hostile text, `write` gives "" or "?…".
 */
export function useQuery<T>(
  read: (search: string) => T,
  write: (value: T) => string,
): [T, (value: T) => void] {
  const [value, setValue] = useState(() => read(location.search));
  useEffect(() => {
    const onPopState = () => {
      setValue(read(location.search));
    };
    globalThis.addEventListener("popstate", onPopState);
    return () => {
      globalThis.removeEventListener("popstate", onPopState);
    };
  }, [read]);
  // A moment later: browsers refuse an address that changes with every key of a fast typist.
  useEffect(() => {
    const timer = setTimeout(() => {
      history.replaceState(
        history.state,
        "",
        `${location.pathname}${write(value)}${location.hash}`,
      );
    }, 150);
    return () => {
      clearTimeout(timer);
    };
  }, [value, write]);
  return [value, setValue];
}
