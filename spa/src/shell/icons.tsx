import type { ComponentChildren } from "preact";

/** Beside a name, never instead of one: hidden from screen readers. */
function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 20 20"
      width="18"
      height="18"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export function EyeIcon({ isOpen }: { isOpen: boolean }) {
  return (
    <Icon>
      <path d="M1.8 10S4.6 4.6 10 4.6 18.2 10 18.2 10 15.4 15.4 10 15.4 1.8 10 1.8 10Z" />
      <circle cx="10" cy="10" r="2.5" />
      {!isOpen && <path d="M3.5 16.5l13-13" />}
    </Icon>
  );
}

export function RefreshIcon() {
  return (
    <Icon>
      <path d="M16.2 10a6.2 6.2 0 1 1-1.9-4.5" />
      <path d="M16.6 2.6v3.6H13" />
    </Icon>
  );
}

export function SearchIcon() {
  return (
    <Icon>
      <circle cx="9" cy="9" r="5.2" />
      <path d="M13 13l4 4" />
    </Icon>
  );
}

export function DownloadIcon() {
  return (
    <Icon>
      <path d="M10 3v9.2M6.2 8.8 10 12.6l3.8-3.8M3.5 16.5h13" />
    </Icon>
  );
}

export function SortIcon({ direction }: { direction: "up" | "down" | "none" }) {
  return (
    <svg
      class="sort"
      data-direction={direction}
      viewBox="0 0 10 12"
      width="10"
      height="12"
      aria-hidden="true"
    >
      <path class="sort-up" d="M2 5l3-3.4L8 5" />
      <path class="sort-down" d="M2 7l3 3.4L8 7" />
    </svg>
  );
}
