import { useEffect, useState } from "preact/hooks";
import { type AlertEvent, readEvents } from "../../api/alerts.ts";
import type { Failure, Send } from "../../api/client.ts";
import { Masked } from "../../shell/figure.tsx";
import { NotRead } from "../../shell/outcome.tsx";
import { momentWords } from "./words.ts";

interface EventsProps {
  send: Send;
  isOpen: boolean;
  labels: ReadonlyMap<string, string>;
  isHidden: boolean;
  say: (text: string) => void;
}

const MAILED: Record<AlertEvent["mail"], string> = {
  off: "",
  waiting: "The mail is on its way.",
  sent: "Mailed.",
  failed: "The mail could not be delivered.",
  stopped: "Mails are stopped.",
};

/** What fired, the newest first. */
export function Events({ send, isOpen, isHidden, say }: EventsProps) {
  const [events, setEvents] = useState<readonly AlertEvent[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [isKnown, setKnown] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [wants, setWants] = useState(true);
  useEffect(() => {
    if (!wants || !isOpen) return;
    setWants(false);
    void readEvents(send, cursor).then((answer) => {
      if (answer.kind === "ended") return;
      setFailure(answer.kind === "done" ? null : answer);
      if (answer.kind !== "done") return;
      const { events: found, next } = answer.value;
      setEvents((known) => [
        ...known,
        ...found.filter(({ id }) => !known.some((one) => one.id === id)),
      ]);
      setCursor(next);
      setKnown(true);
    });
  }, [wants, isOpen, send, cursor]);
  const more = () => {
    setFailure(null);
    setWants(true);
  };
  return (
    <section class="panel" aria-labelledby="events">
      <h2 id="events">What fired</h2>
      {isKnown && events.length === 0 && <p>Nothing yet.</p>}
      <ol class="events">
        {events.map((event) => (
          <li key={event.id}>
            <p class="small">
              {momentWords(event.at)} {MAILED[event.mail]}
            </p>
            <p>
              <strong>{event.title}.</strong> {isHidden ? <Masked /> : event.detail}
            </p>
          </li>
        ))}
      </ol>
      {failure && <NotRead failure={failure} again={more} say={say} />}
      {failure === null && cursor !== null && (
        <p class="row">
          <button type="button" class="button" onClick={more}>
            Show more
          </button>
        </p>
      )}
    </section>
  );
}
