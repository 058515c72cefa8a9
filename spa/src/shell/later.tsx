import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ViewProps } from "./frame.tsx";
import { Notice } from "./notice.tsx";

interface LaterProps {
  load: () => Promise<{ default: ComponentType<ViewProps> }>;
  view: ViewProps;
}

/** A view whose code comes when it is opened. */
export function Later({ load, view }: LaterProps) {
  const [loaded, setLoaded] = useState<{ load: unknown; View: ComponentType<ViewProps> } | null>(
    null,
  );
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    let isWanted = true;
    load().then(
      ({ default: View }) => {
        if (isWanted) setLoaded({ load, View });
      },
      () => {
        if (isWanted) setLost(true);
      },
    );
    return () => {
      isWanted = false;
      setLost(false);
    };
  }, [load]);
  if (loaded?.load === load) return <loaded.View {...view} />;
  if (!isLost) return <p role="status">Opening…</p>;
  return (
    <div role="alert">
      <Notice
        tone="bad"
        title="This part of the page has not arrived"
        actions={
          <button
            type="button"
            class="button"
            onClick={() => {
              location.reload();
            }}
          >
            Load the page again
          </button>
        }
      >
        <p>The line was lost, or a newer version has just taken its place.</p>
      </Notice>
    </div>
  );
}
