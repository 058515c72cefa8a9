import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure, Send } from "../../api/client.ts";
import type { Connection } from "../../api/shapes.ts";
import type { Done } from "../../api/done.ts";
import { changeConnection, removeConnection, replaceKey } from "../../api/viewer.ts";
import { exchangeName } from "../../exchanges.ts";
import type { Figures } from "../../freshness.ts";
import { ChangeFailed, ChangeMade } from "../../shell/outcome.tsx";
import { type FieldErrors, useFocusOnErrors } from "../../shell/field.tsx";
import { Link, ViewTitle } from "../../shell/link.tsx";
import { MomentTime } from "../../shell/notice.tsx";
import { useNow } from "../../store.ts";
import { findExchange, rightsWords } from "./key.ts";
import { LabelField, checkLabel } from "./new.tsx";
import { SendKey } from "./send-key.tsx";
import { statusOf } from "./status.ts";

interface ManageViewProps {
  connection: Connection;
  figures: Figures | null;
  /** Its key has just been tested. */
  isTested: boolean;
  send: Send;
  tested: (connection: Connection) => void;
  changed: (connection: Connection) => void;
  removed: (connection: Connection) => void;
  /** It may be another by now, or gone. */
  reload: () => void;
  say: (text: string) => void;
}

/** One connection: what is known of it, and all that can be done with it. */
export function ManageView(props: ManageViewProps) {
  const { connection, figures, isTested, changed, removed, send, say, reload } = props;
  const { label, status } = connection;
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isBusy, setBusy] = useState(false);

  /** One change at a time; whoever asked for it is told what became of it. */
  const make = async <T,>(change: () => Promise<Done<T>>, done: (value: T) => void) => {
    if (isBusy) return {};
    setBusy(true);
    const answer = await change();
    setBusy(false);
    if (answer.kind === "done") {
      setFailure(null);
      done(answer.value);
      return {};
    }
    if (answer.kind === "ended") return {};
    const errors = answer.kind === "problem" ? answer.errors : {};
    setFailure(errors["label"] ? null : answer);
    if (answer.kind === "problem" && /^(conflict|not_found)$/.test(answer.code)) reload();
    return errors;
  };
  const pause = () =>
    make(
      () =>
        changeConnection(send, connection, { status: status === "paused" ? "active" : "paused" }),
      (next) => {
        changed(next);
        say(next.status === "paused" ? "Paused." : "It is read again.");
      },
    );

  return (
    <>
      <p class="back">
        <Link to="/connections">Connections</Link>
      </p>
      <ViewTitle title={label} tab={label} />
      {isTested && (
        <ChangeMade key={connection.version} title="The key was tested, and works">
          <p>{rightsWords(connection.rights, exchangeName(connection.exchange))}</p>
        </ChangeMade>
      )}
      {failure && <ChangeFailed failure={failure} say={say} />}
      <Facts connection={connection} figures={figures} />
      <Rename
        connection={connection}
        isBusy={isBusy}
        rename={(to) =>
          make(
            () => changeConnection(send, connection, { label: to }),
            (next) => {
              changed(next);
              say("Renamed.");
            },
          )
        }
      />
      <ReplaceKey {...props} />
      <section class="panel" aria-labelledby="reading">
        <h2 id="reading">{status === "paused" ? "Paused" : "Pause"}</h2>
        <p>
          {status === "paused"
            ? "It is not read, and nothing of it is in your figures."
            : "It is then not read, and nothing of it is in your figures. Its key is kept."}
        </p>
        <p class="row">
          <button
            type="button"
            class="button"
            aria-disabled={isBusy}
            onClick={() => {
              void pause();
            }}
          >
            {status === "paused" ? "Go on reading it" : "Pause it"}
          </button>
        </p>
      </section>
      <Remove
        connection={connection}
        isBusy={isBusy}
        remove={() => {
          void make(
            () => removeConnection(send, connection),
            () => {
              removed(connection);
            },
          );
        }}
      />
    </>
  );
}

function Facts({ connection, figures }: { connection: Connection; figures: Figures | null }) {
  const exchange = exchangeName(connection.exchange);
  const source = figures?.snapshot.sources.find(({ connection_id: id }) => id === connection.id);
  return (
    <section class="panel" aria-label="What is known of it">
      <dl class="facts">
        <Fact name="Status">
          <StatusText connection={connection} figures={figures} />
        </Fact>
        <Fact name="Exchange">{exchange}</Fact>
        {connection.key_hint !== "" && (
          <Fact name="Key">
            ends in <code>{connection.key_hint}</code>
          </Fact>
        )}
        <Fact name="Rights">{rightsWords(connection.rights, exchange)}</Fact>
        {source !== undefined && source.scope !== "" && <Fact name="Covers">{source.scope}</Fact>}
        {connection.created_at !== null && (
          <Fact name="Connected">
            <MomentTime iso={connection.created_at} />
          </Fact>
        )}
        {connection.status !== "active" && connection.last_error && (
          <Fact name="Last error">{connection.last_error.detail}</Fact>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function StatusText({
  connection,
  figures,
}: {
  connection: Connection;
  figures: Figures | null;
}) {
  const { tone, text } = statusOf(connection, figures, useNow());
  return (
    <span class="state" data-tone={tone}>
      <span class="dot" aria-hidden="true" />
      {text}
    </span>
  );
}

interface RenameProps {
  connection: Connection;
  isBusy: boolean;
  rename: (label: string) => Promise<FieldErrors>;
}

function Rename({ connection, isBusy, rename }: RenameProps) {
  const [label, setLabel] = useState(connection.label);
  const [known, setKnown] = useState(connection.label);
  const [errors, setErrors] = useState<FieldErrors | null>(null);
  const form = useFocusOnErrors<HTMLFormElement>(errors);
  // While rendering, not in an effect: that also runs after the first paint, over what was typed.
  if (known !== connection.label) {
    setKnown(connection.label);
    setLabel(connection.label);
  }
  const save = async () => {
    const amiss = checkLabel(label);
    const told = Object.keys(amiss).length > 0 ? amiss : await rename(label.trim());
    setErrors(Object.keys(told).length > 0 ? told : null);
  };
  return (
    <section class="panel" aria-labelledby="rename">
      <h2 id="rename">Rename</h2>
      <form
        ref={form}
        autoComplete="off"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <LabelField label={label} setLabel={setLabel} errors={errors ?? {}} />
        <p class="row">
          <button type="submit" class="button" aria-disabled={isBusy}>
            Save the name
          </button>
        </p>
      </form>
    </section>
  );
}

function ReplaceKey({ connection, send, tested, say, reload }: ManageViewProps) {
  const [isOpened, setOpened] = useState(connection.status === "rejected");
  const entry = useRef<HTMLDivElement>(null);
  const exchange = findExchange(connection.exchange);
  if (!exchange) return null;
  return (
    <section class="panel" aria-labelledby="replace">
      <h2 id="replace">Replace the key</h2>
      <p>
        By another key of the same account, tested before it takes the old one’s place. The old key
        is forgotten here; delete it at {exchange.name} too.
      </p>
      <div ref={entry}>
        {isOpened ? (
          <SendKey
            exchange={exchange}
            check={() => ({})}
            send={async ({ credential, accept_rights: accepted }) => {
              const answer = await replaceKey(send, connection, {
                credential,
                ...(accepted && { accept_rights: accepted }),
              });
              if (answer.kind === "problem" && answer.code === "conflict") reload();
              return answer;
            }}
            done={(next) => {
              setOpened(false);
              tested(next);
            }}
            submit="Test and replace"
            say={say}
          />
        ) : (
          <p class="row">
            <button
              type="button"
              class="button"
              onClick={() => {
                setOpened(true);
                // When the button is gone and the fields are there.
                setTimeout(() => entry.current?.querySelector("input")?.focus());
              }}
            >
              Enter another key
            </button>
          </p>
        )}
      </div>
    </section>
  );
}

interface RemoveProps {
  connection: Connection;
  isBusy: boolean;
  remove: () => void;
}

function Remove({ connection, isBusy, remove }: RemoveProps) {
  const [isAsked, setAsked] = useState(false);
  const question = useRef<HTMLParagraphElement>(null);
  const start = useRef<HTMLButtonElement>(null);
  const wasAsked = useRef(false);
  useEffect(() => {
    if (isAsked) question.current?.focus();
    else if (wasAsked.current) start.current?.focus();
    wasAsked.current = isAsked;
  }, [isAsked]);
  const exchange = exchangeName(connection.exchange);
  return (
    <section class="panel" aria-labelledby="remove">
      <h2 id="remove">Remove</h2>
      {!isAsked && (
        <p class="row">
          <button
            type="button"
            class="button"
            ref={start}
            onClick={() => {
              setAsked(true);
            }}
          >
            Remove it…
          </button>
        </p>
      )}
      {isAsked && (
        <>
          <p tabIndex={-1} ref={question}>
            This forgets at once, and for good: the key, the name, the last figures read, and all
            that is kept of this connection’s past. Nothing changes at {exchange}: the key stays
            valid there until you delete it there.
          </p>
          <p class="row">
            <button type="button" class="button button-bad" aria-disabled={isBusy} onClick={remove}>
              Remove {connection.label}
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                setAsked(false);
              }}
            >
              Keep it
            </button>
          </p>
        </>
      )}
    </section>
  );
}
