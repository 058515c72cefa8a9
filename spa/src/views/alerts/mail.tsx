import type { Alerts } from "../../api/alerts.ts";
import type { Change } from "./change.ts";
import { STOPPED, momentWords } from "./words.ts";

interface MailChoiceProps {
  mail: Alerts["mail"];
  change: (made: Change, done: string) => void;
}

/** Whether alerts are mailed, and whether the mails have figures in them. */
export function MailChoice({ mail, change }: MailChoiceProps) {
  const { enabled, figures, stopped, available } = mail;
  return (
    <section class="panel" aria-labelledby="mail">
      <h2 id="mail">Mail</h2>
      {!available && <p>No mail is sent here: whoever runs this has set no sender.</p>}
      {stopped && (
        <p>
          {STOPPED[stopped.code]} Since {momentWords(stopped.at)}; switched on, they start again.
        </p>
      )}
      <p class="check">
        <label>
          <input
            type="checkbox"
            checked={enabled}
            onChange={(event) => {
              const on = event.currentTarget.checked;
              change({ mail: { enabled: on, figures } }, on ? "Mail is on." : "Mail is off.");
            }}
          />{" "}
          Mail me when an alert fires, to the address that I sign in with
        </label>
      </p>
      <p class="check">
        <label>
          <input
            type="checkbox"
            checked={figures}
            onChange={(event) => {
              const shown = event.currentTarget.checked;
              change(
                { mail: { enabled, figures: shown } },
                shown ? "Mails say what happened." : "Mails say only that something changed.",
              );
            }}
          />{" "}
          Say in the mail what happened, with its figures
        </label>
      </p>
      <p class="small">
        Without figures a mail says only that something changed, and to look here.
      </p>
    </section>
  );
}
