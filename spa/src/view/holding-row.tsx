import { memo } from "./memo.ts";
import type { Holding } from "../api/answer.ts";
import { shownCode } from "../holdings/codes.ts";
import type { Speller } from "../money/spelling.ts";
import { Amount } from "./amount.tsx";
import { COLUMN_NAMES } from "./column-heads.tsx";
import { HoldShare } from "./hold-share.tsx";

interface HoldingRowProps {
  holding: Holding;
  /** Tells accounts of one currency apart; null when there is one. */
  mark: string | null;
  isHidden: boolean;
  isFound: boolean;
  /** The column in it where Tab stops, if it does. */
  stop: AmountColumn | null;
  scales: Scales;
  spell: Speller;
  copy: (amount: string, what: string) => void;
}

export const AMOUNTS = ["balance", "available", "hold"] as const;
export type AmountColumn = (typeof AMOUNTS)[number];
export type Scales = Record<AmountColumn, number>;

export const HoldingRow = memo(
  ({ holding, mark, isHidden, isFound, stop, scales, spell, copy }: HoldingRowProps) => {
    const code = shownCode(holding.currency);
    const name = code + (mark === null ? "" : ` ${mark}`);
    return (
      <tr role="row" hidden={!isFound}>
        <th role="rowheader" scope="row" data-column="currency">
          <span class="code">{code}</span>
          {mark !== null && (
            <span class="mark" title={`Account ${holding.account_id}`}>
              {mark}
            </span>
          )}
        </th>
        {AMOUNTS.map((column) => (
          <td key={column} role="cell" data-column={column}>
            <span class="label" aria-hidden="true">
              {COLUMN_NAMES[column]}
            </span>
            <Amount
              amount={holding[column]}
              what={`${name}, ${COLUMN_NAMES[column].toLowerCase()}`}
              isHidden={isHidden}
              isStop={stop === column}
              scale={scales[column]}
              spell={spell}
              copy={copy}
            />
            {column === "hold" && !isHidden && (
              <HoldShare hold={holding.hold} balance={holding.balance} />
            )}
          </td>
        ))}
      </tr>
    );
  },
);
