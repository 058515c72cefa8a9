import type { Close, Statement } from "../../api/history.ts";
import { dayWords } from "../../days.ts";
import { priceDigits } from "../../digits.ts";
import { Figure, type Manner } from "../../shell/figure.tsx";
import { shownCode } from "../../words.ts";
import { KNOWN_WORDS, WHY_WORDS } from "./known.ts";
import { Scroller } from "./scroller.tsx";

interface HoldingsThenProps extends Manner {
  statement: Statement;
  /** Of the connections, by id. */
  labels: ReadonlyMap<string, string>;
}

export function HoldingsThen({ statement, labels, ...manner }: HoldingsThenProps) {
  const { holdings, currency: valuedIn, date } = statement;
  const isNamed = labels.size > 1;
  return (
    <Scroller caption="holdings-then">
      <table class="plain-table">
        <caption id="holdings-then">
          Balances at the end of {dayWords(date)} (UTC), valued in {shownCode(valuedIn)}
        </caption>
        <thead>
          <tr>
            <th scope="col">Currency</th>
            {isNamed && (
              <th scope="col" class="words">
                Connection
              </th>
            )}
            <th scope="col">Balance</th>
            <th scope="col" class="words">
              Known
            </th>
            <th scope="col">Close</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {holdings.map(({ connection_id: id, currency, balance, known, value, close }) => (
            <tr key={`${id} ${currency}`}>
              <th scope="row">{shownCode(currency)}</th>
              {isNamed && <td class="words">{labels.get(id) ?? ""}</td>}
              <td>
                <Figure amount={balance} currency={currency} {...manner} />
              </td>
              <td class="words">{KNOWN_WORDS[known]}</td>
              <td>
                <CloseCell close={close} date={date} valuedIn={valuedIn} />
              </td>
              <td>
                <Figure amount={value} currency={valuedIn} {...manner} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

/** What one was worth, and where that comes from: no amount of anybody, and never hidden. */
function CloseCell({ close, date, valuedIn }: { close: Close; date: string; valuedIn: string }) {
  return (
    <>
      {close.amount !== null && (
        <Figure amount={close.amount} currency={valuedIn} digits={priceDigits} isHidden={false} />
      )}
      <span class="small close-words">{closeWords(close, date, valuedIn)}</span>
    </>
  );
}

/** "close over ADA-BTC and BTC-USD", "close of 20 Nov 2026", "at par with USD" */
export function closeWords(
  { status, date: of, route, reason }: Close,
  date: string,
  valuedIn: string,
): string {
  const over = route.length === 0 ? "" : ` over ${route.join(" and ")}`;
  switch (status) {
    case "par":
      return `at par with ${shownCode(valuedIn)}`;
    case "unpriced":
      return WHY_WORDS[reason ?? "no_close"];
    case "carried":
    case "close":
      return of === null || of === date ? `close${over}` : `close of ${dayWords(of)}${over}`;
  }
}
