import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../../api/client.ts";
import type { Connection } from "../../api/shapes.ts";
import type { Done } from "../../api/done.ts";
import type { Credential } from "../../api/viewer.ts";
import { ChangeFailed } from "../../shell/outcome.tsx";
import { type FieldErrors, useFocusOnErrors } from "../../shell/field.tsx";
import { type Exchange, type FoundKey, rightsList, rightsRefused } from "./key.ts";
import { KeyEntry, type KeyInputs, takeKey } from "./key-entry.tsx";

export interface KeyToSend {
  exchange: string;
  credential: Credential;
  accept_rights?: string[];
}

interface SendKeyProps {
  exchange: Exchange;
  /** The key is of another exchange than was chosen; without it only this one's are taken. */
  setExchange?: (exchange: Exchange) => void;
  /** What is wrong beside the key, before anything is sent; by field. */
  check: () => FieldErrors;
  send: (key: KeyToSend) => Promise<Done<Connection>>;
  done: (connection: Connection) => void;
  submit: string;
  /** Further controls, given what is wrong with them. */
  children?: (errors: FieldErrors) => ComponentChildren;
  say: (text: string) => void;
}

interface Wrong {
  errors: FieldErrors;
  failure: Failure | null;
}

const NOTHING_WRONG: Wrong = { errors: {}, failure: null };

/** A key is entered, sent to be tested and kept, and gone from here; or it is said why not. */
export function SendKey(props: SendKeyProps) {
  const { exchange, setExchange, check, send, done, submit, children, say } = props;
  const inputs = useRef<KeyInputs>(new Map());
  const [kept, setHeld] = useState<FoundKey | null>(null);
  const held = kept?.exchange === exchange ? kept : null;
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const [isAccepted, setAccepted] = useState(false);
  const [isSending, setSending] = useState(false);
  const form = useFocusOnErrors<HTMLDivElement>(wrong);
  useEffect(() => {
    setWrong(null);
  }, [exchange]);
  const { errors, failure } = wrong ?? NOTHING_WRONG;
  const refused = errors["accept_rights"] ? refusedRights(errors, failure) : null;

  const hold = (key: FoundKey | null) => {
    if (key && key.exchange !== exchange) {
      if (!setExchange) {
        say(`That is a key of ${key.exchange.name}, and this connection is to ${exchange.name}.`);
        return;
      }
      setExchange(key.exchange);
    }
    setHeld(key);
    setAccepted(false);
    setWrong(null);
  };

  const submitKey = async () => {
    if (isSending) return;
    const taken = held ? { key: held } : takeKey(exchange, inputs.current);
    const amiss = { ...check(), ...("errors" in taken && taken.errors) };
    if ("errors" in taken || Object.keys(amiss).length > 0) {
      if ("key" in taken) setHeld(taken.key);
      setWrong({ errors: amiss, failure: null });
      return;
    }
    const { key } = taken;
    if (!setExchange && key.exchange !== exchange) {
      hold(key);
      return;
    }
    setHeld(key);
    setWrong(null);
    setSending(true);
    const answer = await send({
      exchange: key.exchange.code,
      credential: key.credential,
      ...(refused && isAccepted && { accept_rights: refused }),
    }).finally(() => {
      setSending(false);
    });
    if (answer.kind === "done") {
      setHeld(null);
      done(answer.value);
      return;
    }
    if (answer.kind === "ended") return;
    const told = answer.kind === "problem" ? answer.errors : {};
    // What is wrong with the key is set right in its fields, which come back empty.
    const isOfKey = Object.keys(told).some((name) => name.startsWith("credential"));
    if (isOfKey || isRejected(answer)) setHeld(null);
    setWrong({ errors: told, failure: answer });
  };

  const shown = new Set([
    ...exchange.fields.map(({ name }) => `credential.${name}`),
    "accept_rights",
    "label",
  ]);
  const rest = Object.entries(errors).filter(([name]) => !shown.has(name));
  const isAllAtFields =
    failure?.kind === "problem" &&
    failure.code === "invalid_request" &&
    refused === null &&
    rest.length === 0 &&
    Object.keys(errors).length > 0;
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- Enter belongs to the fields in it
    <div
      class="form"
      ref={form}
      onKeyDown={(event) => {
        const isField = event.target instanceof HTMLInputElement && event.target.type === "text";
        if (isField && event.key === "Enter" && !event.isComposing) void submitKey();
      }}
    >
      {failure && !isAllAtFields && (
        <ChangeFailed failure={failure} rest={rest.map(([, texts]) => texts.join(" "))} say={say} />
      )}
      <KeyEntry
        exchange={exchange}
        held={held}
        hold={hold}
        inputs={inputs}
        errors={errors}
        say={say}
      />
      {children?.(errors)}
      {refused && (
        <label class="accept">
          <input
            type="checkbox"
            checked={isAccepted}
            aria-describedby="accept-why"
            onChange={(event) => {
              setAccepted(event.currentTarget.checked);
            }}
          />
          <span>
            Connect it all the same, though it may {rightsList(refused)}
            <span class="small" id="accept-why">
              Safer: make a key that may only view, and take that one.
            </span>
          </span>
        </label>
      )}
      <p class="row">
        <button
          type="button"
          class="button button-main"
          aria-disabled={isSending}
          onClick={() => {
            void submitKey();
          }}
        >
          {isSending ? "Testing the key…" : submit}
        </button>
        <span class="small" role="status">
          {isSending && "The key is being tried at the exchange. This takes some seconds."}
        </span>
      </p>
    </div>
  );
}

function refusedRights(errors: FieldErrors, failure: Failure | null): string[] {
  const detail = failure?.kind === "problem" ? failure.detail : "";
  return rightsRefused([detail, ...(errors["accept_rights"] ?? [])].join(" "));
}

/** Whether another try with this same key is of no use. */
function isRejected(failure: Failure): boolean {
  return failure.kind === "problem" && failure.code === "exchange_credentials_rejected";
}
