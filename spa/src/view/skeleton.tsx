const ROWS = Array.from({ length: 12 }, (_, index) => index);

/** The place of what is coming, so that nothing jumps when it comes. */
export function Skeleton({ part = "page" }: { part?: "page" | "table" }) {
  return (
    <>
      {part === "page" && (
        <>
          <h1 class="title">Your holdings</h1>
          <div class="status" data-tone="busy">
            <span class="dot" aria-hidden="true" />
            <div class="status-text">
              <p class="status-line">Opening…</p>
              <p class="status-more" />
            </div>
          </div>
        </>
      )}
      <div class="sheet skeleton" aria-hidden="true">
        <div class="toolbar">
          <span class="bone bone-wide" />
        </div>
        {ROWS.map((row) => (
          <div key={row} class="bones">
            <span class="bone" />
            <span class="bone" />
            <span class="bone" />
            <span class="bone" />
          </div>
        ))}
      </div>
    </>
  );
}
