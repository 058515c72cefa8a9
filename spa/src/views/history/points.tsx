import type { History } from "../../api/history.ts";
import { dayWords } from "../../days.ts";
import { Figure, type Manner } from "../../shell/figure.tsx";
import { Link } from "../../shell/link.tsx";
import { shownCode } from "../../words.ts";
import { knownWords } from "./known.ts";
import type { Layer } from "./layers.ts";
import { Scroller } from "./scroller.tsx";

interface PointsTableProps extends Manner {
  history: History;
  layers: readonly Layer[];
}

/** The same as the picture, point by point, the last first. */
export function PointsTable({ history, layers, ...manner }: PointsTableProps) {
  const { points, currency } = history;
  const money = { currency, ...manner };
  return (
    <Scroller caption="points-caption">
      <table class="plain-table">
        <caption id="points-caption">Value by day, in {shownCode(currency)}</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Value</th>
            <th scope="col" class="words">
              Known
            </th>
            <th scope="col">Deposits</th>
            <th scope="col">Withdrawals</th>
            {layers.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points
            .map((point, index) => (
              <tr key={point.date}>
                <th scope="row">
                  <Link to={`/history/${point.date}`} class="link">
                    {dayWords(point.date)}
                  </Link>
                </th>
                <td>
                  <Figure amount={point.value} {...money} />
                </td>
                <td class="words">{knownWords(point)}</td>
                <td>
                  <Figure amount={point.deposits} {...money} />
                </td>
                <td>
                  <Figure amount={point.withdrawals} {...money} />
                </td>
                {layers.map(({ name, values }) => (
                  <td key={name}>
                    <Figure amount={values[index] ?? null} {...money} />
                  </td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </Scroller>
  );
}
