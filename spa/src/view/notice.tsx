import type { ComponentChildren } from "preact";

interface NoticeProps {
  tone: "old" | "bad" | "info";
  title: string;
  /** Its name among the page's regions; without one it is none. */
  label?: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
}

export function Notice({ tone, title, label, children, actions }: NoticeProps) {
  return (
    <section class="notice" data-tone={tone} aria-label={label}>
      <div class="notice-text">
        <h2>{title}</h2>
        {children}
      </div>
      {actions !== undefined && <div class="notice-actions">{actions}</div>}
    </section>
  );
}
