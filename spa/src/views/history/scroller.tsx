import type { ComponentChildren } from "preact";

/** A table that may be wider than the page: it moves in its own place, by keys too. */
export function Scroller({ caption, children }: { caption: string; children: ComponentChildren }) {
  return (
    /* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- without it no key scrolls */
    <div class="scroller" role="region" aria-labelledby={caption} tabIndex={0}>
      {children}
    </div>
  );
}
