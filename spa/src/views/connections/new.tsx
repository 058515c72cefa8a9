import { useRef, useState } from "preact/hooks";
import type { Send } from "../../api/client.ts";
import type { Connection } from "../../api/shapes.ts";
import { connect } from "../../api/viewer.ts";
import { Field, type FieldErrors } from "../../shell/field.tsx";
import { Link, ViewTitle } from "../../shell/link.tsx";
import { EXCHANGES, type Exchange, findExchange } from "./key.ts";
import { type KeyToSend, SendKey } from "./send-key.tsx";

export const LONGEST_LABEL = 60;

interface NewViewProps {
  send: Send;
  made: (connection: Connection) => void;
  say: (text: string) => void;
}

/** Connect an account: choose the exchange, make a key there that may only view, bring it here. */
export function NewView({ send, made, say }: NewViewProps) {
  const [exchange, setExchange] = useState<Exchange>(() => {
    const asked = findExchange(new URLSearchParams(location.search).get("exchange"));
    return asked ?? EXCHANGES[0];
  });
  const [label, setLabel] = useState<string | null>(null);
  const name = label ?? exchange.name;
  const once = useRef<{ request: string; key: string } | null>(null);

  const sendKey = async (key: KeyToSend) => {
    const body = { ...key, label: name.trim() };
    // The same request again, as after a time-out, must not become a second connection.
    const request = JSON.stringify(body);
    if (once.current?.request !== request) once.current = { request, key: randomKey() };
    const answer = await connect(send, body, once.current.key);
    if (answer.kind === "done") once.current = null;
    return answer;
  };

  return (
    <>
      <p class="back">
        <Link to="/connections">Connections</Link>
      </p>
      <ViewTitle title="Connect an account" tab="Connect an account" />
      <section class="panel" aria-labelledby="where">
        <h2 id="where">Where is the account?</h2>
        <div class="choices" role="radiogroup" aria-labelledby="where">
          {EXCHANGES.map((each) => (
            <label key={each.code} class="choice">
              <input
                type="radio"
                name="exchange"
                checked={each === exchange}
                onChange={() => {
                  setExchange(each);
                }}
              />
              <span>
                {each.name}
                <span class="small">{each.who}</span>
              </span>
            </label>
          ))}
        </div>
      </section>
      <section class="panel" aria-labelledby="how">
        <h2 id="how">Make a key at {exchange.name} that may only view</h2>
        <ol>
          {exchange.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </section>
      <section class="panel" aria-labelledby="key">
        <h2 id="key">Bring the key here</h2>
        <p class="small">
          It is tried at the exchange, then kept encrypted for you alone. Nobody can read it back,
          you neither.
        </p>
        <SendKey
          exchange={exchange}
          setExchange={setExchange}
          check={() => checkLabel(name)}
          send={sendKey}
          done={made}
          submit="Test and connect"
          say={say}
        >
          {(errors) => <LabelField label={name} setLabel={setLabel} errors={errors} />}
        </SendKey>
      </section>
    </>
  );
}

export function checkLabel(label: string): FieldErrors {
  const { length } = Array.from(label.trim());
  if (length === 0) return { label: ["Give it a name, such as Main."] };
  return length > LONGEST_LABEL
    ? { label: [`That is too long: at most ${LONGEST_LABEL} characters.`] }
    : {};
}

interface LabelFieldProps {
  label: string;
  setLabel: (label: string) => void;
  errors: FieldErrors;
}

export function LabelField({ label, setLabel, errors }: LabelFieldProps) {
  return (
    <Field name="label" label="Name of this connection" hint="Only you see it." errors={errors}>
      {(control) => (
        <input
          {...control}
          type="text"
          autoComplete="off"
          value={label}
          onInput={(event) => {
            setLabel(event.currentTarget.value);
          }}
        />
      )}
    </Field>
  );
}

/** 128 random bits. Not crypto.randomUUID, which only a secure context has. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
