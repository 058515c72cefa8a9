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
  const moments = connections.map(({ reconciled_at: at }) => at);
  const isAll = connections.every(({ reconciled, reconciled_at: at }) => reconciled && at !== null);
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
          {connections.map((read) => (
            <li key={read.connection_id}>
              <One read={read} isNamed={connections.length > 1} {...manner} />
            </li>
          ))}
        </ul>
      )}
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
        {name}The ledger and the balances differ for {count(differences.length, "asset")} as of{" "}
        <MomentTime iso={at} />.
      </p>
      <ul>
        {differences.map((difference) => (
          <li key={difference.currency}>
            <DifferenceWords difference={difference} {...manner} />
          </li>
        ))}
      </ul>
    </>
  );
}

function DifferenceWords({ difference, ...manner }: Manner & { difference: Difference }) {
  const { currency, ledger, reading, difference: by, since } = difference;
  const money = { currency, ...manner };
  return (
    <>
      <b>{shownCode(currency)}</b>: the ledger says <Figure amount={ledger} {...money} />, the
      balance is <Figure amount={reading} {...money} />, a difference of{" "}
      <Figure amount={by} {...money} />
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
