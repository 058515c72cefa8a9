import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { go, hasMoved, useTitle } from "./route.ts";

interface LinkProps {
  to: string;
  class?: string;
  /** Whether it leads to where one is. */
  isCurrent?: boolean;
  children: ComponentChildren;
}

/** A link within the page. With a modifier, or another button, it is the browser's own. */
export function Link({ to, class: className, isCurrent = false, children }: LinkProps) {
  return (
    <a
      href={to}
      class={className}
      aria-current={isCurrent ? "page" : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey)
          return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}

interface ViewTitleProps {
  title: string;
  /** In the title of the tab; without it the page's own name stands there alone. */
  tab?: string;
  children?: ComponentChildren;
}

/** A view's name. Whoever came by a link or a step back starts to read here. */
export function ViewTitle({ title, tab, children }: ViewTitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(tab ?? "");
  useEffect(() => {
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 class="title" tabIndex={-1} ref={heading}>
      {title}
      {children}
    </h1>
  );
}
