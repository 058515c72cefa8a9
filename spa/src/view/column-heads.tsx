import { COLUMNS, type Column, type Place, sortedBy } from "../holdings/place.ts";
import { SortIcon } from "./icons.tsx";

export const COLUMN_NAMES: Record<Column, string> = {
  currency: "Currency",
  balance: "Balance",
  available: "Available",
  hold: "On hold",
};

export function ColumnHeads({
  place,
  setPlace,
}: {
  place: Place;
  setPlace: (place: Place) => void;
}) {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {COLUMNS.map((column) => {
          const isSorted = column === place.column;
          const sort = !isSorted ? "none" : place.descending ? "descending" : "ascending";
          return (
            <th key={column} role="columnheader" scope="col" aria-sort={sort} data-column={column}>
              <button
                type="button"
                class="head"
                onClick={() => {
                  setPlace(sortedBy(place, column));
                }}
              >
                {COLUMN_NAMES[column]}
                <SortIcon direction={!isSorted ? "none" : place.descending ? "down" : "up"} />
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
