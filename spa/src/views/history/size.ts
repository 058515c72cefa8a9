import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Size {
  /** In pixels of CSS. */
  width: number;
  height: number;
}

/** How large an element is, before it is painted first and whenever that changes. */
export function useSize<T extends HTMLElement>(): [RefObject<T>, Size] {
  const element = useRef<T>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const take = () => {
      setSize((before) => {
        const { clientWidth: width, clientHeight: height } = current;
        return before.width === width && before.height === height ? before : { width, height };
      });
    };
    take();
    const observer = new ResizeObserver(take);
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, []);
  return [element, size];
}
