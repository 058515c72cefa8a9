import { useEffect, useState } from "preact/hooks";

/** A new object each time, so that the same words can be said twice. */
export interface Said {
  text: string;
}

const SHOWN_MS = 4000;

/** What a button did, for eyes and screen readers alike. Lies over the page and moves nothing. */
export function Toast({ said }: { said: Said | null }) {
  const [shown, setShown] = useState<Said | null>(null);
  useEffect(() => {
    setShown(said);
    const timer = setTimeout(() => {
      setShown(null);
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [said]);
  return (
    <div class="toast" role="status" data-shown={shown !== null && shown.text !== ""}>
      {shown?.text}
    </div>
  );
}
