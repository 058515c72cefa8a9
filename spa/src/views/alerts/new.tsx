import { useState } from "preact/hooks";
import { KINDS, type Kind, type WantedRule } from "../../api/alerts.ts";
import type { Failure } from "../../api/client.ts";
import { Field, type FieldErrors, useFocusOnErrors } from "../../shell/field.tsx";
import { ChangeFailed } from "../../shell/outcome.tsx";
import { KIND_NAMES } from "./words.ts";

interface NewRuleProps {
  labels: ReadonlyMap<string, string>;
  /** Codes of what is held, to choose from. */
  held: string[];
  add: (rule: WantedRule) => Promise<Failure | null>;
  /** Where it will stand among the rules: so the API names what is wrong with it. */
  place: number;
  say: (text: string) => void;
}

const EMPTY = { currency: "", by: "amount", amount: "", direction: "below", hours: "6" };

/** One form for every kind of rule. */
export function NewRule({ labels, held, add, place, say }: NewRuleProps) {
  const [kind, setKind] = useState<Kind>("balance_fell");
  const [typed, setTyped] = useState(EMPTY);
  const [connection, setConnection] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const errors = failure?.kind === "problem" ? ofRule(failure.errors, place) : {};
  const form = useFocusOnErrors<HTMLFormElement>(failure);
  const isAtField = Object.keys(errors).length > 0;
  const submit = async () => {
    if (isBusy) return;
    setBusy(true);
    const refused = await add(ruleOf(kind, typed, connection));
    setBusy(false);
    setFailure(refused);
    if (refused === null) setTyped(EMPTY);
  };
  const text = (name: keyof typeof EMPTY) => ({
    value: typed[name],
    onInput: (event: { currentTarget: { value: string } }) => {
      setTyped({ ...typed, [name]: event.currentTarget.value });
    },
  });
  return (
    <section class="panel" aria-labelledby="new-rule">
      <h2 id="new-rule">Set an alert</h2>
      {failure && !isAtField && <ChangeFailed failure={failure} say={say} />}
      <form
        ref={form}
        autoComplete="off"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field name="kind" label="Tell me when" errors={errors}>
          {(control) => (
            <select
              {...control}
              value={kind}
              onChange={(event) => {
                setKind(KINDS.find((one) => one === event.currentTarget.value) ?? kind);
                setFailure(null);
              }}
            >
              {KINDS.map((one) => (
                <option key={one} value={one}>
                  {KIND_NAMES[one].toLowerCase()}
                </option>
              ))}
            </select>
          )}
        </Field>
        {(kind === "balance_fell" || kind === "left_exchange") && (
          <Field name="currency" label="Asset" hint="Its code, such as BTC." errors={errors}>
            {(control) => (
              <>
                <input
                  {...control}
                  {...text("currency")}
                  type="text"
                  list="held"
                  autoCapitalize="characters"
                  spellcheck={false}
                  maxLength={32}
                />
                <datalist id="held">
                  {held.map((code) => (
                    <option key={code} value={code} />
                  ))}
                </datalist>
              </>
            )}
          </Field>
        )}
        {kind === "balance_fell" && (
          <Field name="by" label="By more than" errors={{}}>
            {(control) => (
              <select
                {...control}
                value={typed.by}
                onChange={(event) => {
                  setTyped({ ...typed, by: event.currentTarget.value });
                }}
              >
                <option value="amount">an amount of it</option>
                <option value="percent">a percentage</option>
              </select>
            )}
          </Field>
        )}
        {kind === "value_crossed" && (
          <Field name="direction" label="It goes" errors={errors}>
            {(control) => (
              <select
                {...control}
                value={typed.direction}
                onChange={(event) => {
                  setTyped({ ...typed, direction: event.currentTarget.value });
                }}
              >
                <option value="below">below</option>
                <option value="above">above</option>
              </select>
            )}
          </Field>
        )}
        {(kind === "balance_fell" || kind === "value_crossed") && (
          <Field
            name={errors["ratio"] ? "ratio" : "amount"}
            label={kind === "balance_fell" && typed.by === "percent" ? "Percent" : "Amount"}
            hint={kind === "value_crossed" ? "In the currency of your profile." : undefined}
            errors={errors}
          >
            {(control) => (
              <input {...control} {...text("amount")} type="text" inputMode="decimal" />
            )}
          </Field>
        )}
        {kind === "connection_failed" && (
          <Field
            name="hours"
            label="Not read for so many hours"
            hint="A rejected key is told at once."
            errors={errors}
          >
            {(control) => <input {...control} {...text("hours")} type="text" inputMode="numeric" />}
          </Field>
        )}
        <Field name="connection_id" label="Where" errors={errors}>
          {(control) => (
            <select
              {...control}
              value={connection}
              onChange={(event) => {
                setConnection(event.currentTarget.value);
              }}
            >
              <option value="">in all connections together</option>
              {[...labels].map(([id, label]) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <p class="row">
          <button type="submit" class="button button-main" aria-disabled={isBusy}>
            {isBusy ? "Setting…" : "Set the alert"}
          </button>
        </p>
      </form>
    </section>
  );
}

/** What is sent: only what belongs to the kind. */
export function ruleOf(kind: Kind, typed: typeof EMPTY, connection: string): WantedRule {
  const number = typed.amount.trim().replace(",", ".");
  const where = connection === "" ? {} : { connection_id: connection };
  const currency = { currency: typed.currency.trim().toUpperCase() };
  const rule = { kind, ...where } as WantedRule;
  switch (kind) {
    case "balance_fell":
      return typed.by === "percent"
        ? { ...rule, ...currency, ratio: hundredth(number) }
        : { ...rule, ...currency, amount: number };
    case "left_exchange":
      return { ...rule, ...currency };
    case "value_crossed":
      return {
        ...rule,
        amount: number,
        direction: typed.direction === "above" ? "above" : "below",
      };
    case "connection_failed":
      return { ...rule, hours: /^\d{1,4}$/.test(typed.hours.trim()) ? Number(typed.hours) : -1 };
    case "reconciliation_broke":
      return rule;
  }
}

/** "0.125" of "12.5", in text: no float makes 0.07000000000000001 of it. */
export function hundredth(percent: string): string {
  if (!/^\d{1,12}(\.\d{1,10})?$/.test(percent)) return percent;
  const [whole = "", decimals = ""] = percent.split(".");
  const padded = whole.padStart(3, "0");
  const text = `${padded.slice(0, -2)}.${padded.slice(-2)}${decimals}`;
  return text.replace(/^0+(?=\d)/, "").replace(/\.?0+$/, "") || "0";
}

/** The API's "rules.3.amount" as this form's "amount". */
function ofRule(errors: FieldErrors, place: number): FieldErrors {
  const prefix = `rules.${place}.`;
  const own = Object.entries(errors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, texts]) => [name.slice(prefix.length), texts]));
}
