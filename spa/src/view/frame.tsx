import type { ComponentChildren } from "preact";

/** What every state of the page has around it, in the same place. */
export function Frame({
  tools,
  toast,
  children,
}: {
  tools?: ComponentChildren;
  /** Lies over everything: not in the content, whose container would hold it. */
  toast?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="masthead">
        <div class="masthead-row">
          <span class="brand">
            <img src="/icon.svg" alt="" width="24" height="24" />
            Holdings
          </span>
          <div class="tools">{tools}</div>
        </div>
      </header>
      <main id="main" class="main" tabIndex={-1}>
        <div class="content">{children}</div>
      </main>
      {toast}
    </>
  );
}
