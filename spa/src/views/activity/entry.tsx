import type { Entry } from "../../api/history.ts";
import { Figure, type Manner } from "../../shell/figure.tsx";
import { MomentTime } from "../../shell/notice.tsx";
import { fieldWords, shownCode } from "../../words.ts";

interface EntryLineProps extends Manner {
  entry: Entry;
  /** Of its connection; null where there is one. */
  label: string | null;
}

/** An entry in a line, which opens to all that is known of it. */
export function EntryLine({ entry, label, ...manner }: EntryLineProps) {
  const { id, at, kind, currency, amount, balance, details } = entry;
  const money = { currency, ...manner };
  const facts = Object.entries(details).map(([name, value]) => [name, factOf(value)] as const);
  return (
    <details class="entry">
      <summary>
        <span class="entry-at">
          <MomentTime iso={at} />
        </span>{" "}
        <span>
          <b>{fieldWords(kind)}</b>
          {label !== null && <span class="small"> {label}</span>}
        </span>{" "}
        <span class="entry-amount">
          {!manner.isHidden && !amount.startsWith("-") && "+"}
          <Figure amount={amount} {...money} /> <b>{shownCode(currency)}</b>
        </span>{" "}
        <span class="entry-balance small">
          Balance <Figure amount={balance} {...money} />
        </span>
      </summary>
      <dl class="facts small">
        <Fact name="At" value={at} />
        {facts.map(([name, value]) => (
          <Fact key={name} name={fieldWords(name)} value={value} />
        ))}
        <Fact name="Entry" value={id} />
      </dl>
    </details>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{shownCode(value)}</dd>
    </div>
  );
}

/** Whatever an exchange has sent, as text. */
function factOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
