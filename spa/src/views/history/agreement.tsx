import type { Difference, ReadPast } from "../../api/history.ts";
import { Figure, type Manner } from "../../shell/figure.tsx";
import { MomentTime } from "../../shell/notice.tsx";
import { count, shownCode } from "../../words.ts";

interface AgreementProps extends Manner {
  connections: readonly ReadPast[];
  /** How many assets were compared; null where that is not known. */
  assets: number | null;
}

/** Whether what was read of the past leads to the balances of today, and where it does not. */
export function Agreement({ connections, assets, ...manner }: AgreementProps) {
  const withLedger = connections.filter(({ ledger }) => ledger);
  const moments = withLedger.map(({ reconciled_at: at }) => at);
  const isAll = withLedger.every(({ reconciled, reconciled_at: at }) => reconciled && at !== null);
  const oldest = moments.filter((at) => at !== null).sort()[0];
  return (
    <section class="panel" aria-labelledby="agreement">
      <h2 id="agreement">Ledger and balances</h2>
      {isAll && oldest !== undefined ? (
        <p>
          The ledger and the balances agree for{" "}
          {assets === null ? "all assets" : `all ${count(assets, "asset")}`} as of{" "}
          <MomentTime iso={oldest} />.
        </p>
      ) : (
        <ul class="reads">
          {withLedger.map((read) => (
            <li key={read.connection_id}>
              <One read={read} isNamed={connections.length > 1} {...manner} />
            </li>
          ))}
        </ul>
      )}
      {connections
        .filter(({ ledger }) => !ledger)
        .map(({ connection_id: id, label }) => (
          <p key={id}>
            {label}: this exchange has no ledger. Its days are known by readings, since it was
            connected.
          </p>
        ))}
    </section>
  );
}

function One({ read, isNamed, ...manner }: Manner & { read: ReadPast; isNamed: boolean }) {
  const { label, reconciled, reconciled_at: at, differences } = read;
  const name = isNamed ? `${label}: ` : "";
  if (reconciled === null || at === null) {
    return <p>{name}The ledger has not been compared with the balances yet.</p>;
  }
  if (reconciled) {
    return (
      <p>
        {name}The ledger and the balances agree as of <MomentTime iso={at} />.
      </p>
    );
  }
  return (
    <>
      <p>
        {name}The ledger and the balances differ in {count(differences.length, "place")} as of{" "}
        <MomentTime iso={at} />.
      </p>
      <ul>
        {differences.map((difference) => (
          <li key={`${difference.currency} ${difference.reason} ${difference.since ?? ""}`}>
            <DifferenceWords difference={difference} {...manner} />
          </li>
        ))}
      </ul>
    </>
  );
}

function DifferenceWords({ difference, ...manner }: Manner & { difference: Difference }) {
  const { currency, reason, ledger, reading, difference: by, since } = difference;
  const money = { currency, ...manner };
  const [says, is] = {
    balance: ["the ledger says", "the balance is"],
    gap: ["entries are missing: one ends at", "the next begins at"],
    beginning: ["the ledger should begin at", "it begins at"],
  }[reason];
  return (
    <>
      <b>{shownCode(currency)}</b>: {says} <Figure amount={ledger} {...money} />, {is}{" "}
      <Figure amount={reading} {...money} />, a difference of <Figure amount={by} {...money} />
      {since !== null && (
        <>
          {" "}
          since <MomentTime iso={since} />
        </>
      )}
      .
    </>
  );
}
