const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** A moment in the reader's own zone and manner; in full when pointed at, and on paper. */
export function MomentTime({ iso }: { iso: string }) {
  const moment = new Date(iso);
  return (
    <time dateTime={iso} title={FULL.format(moment)}>
      <span class="screen-only">{SHORT.format(moment)}</span>
      <span class="paper-only">{FULL.format(moment)}</span>
    </time>
  );
}
