import { useCallback, useState } from "preact/hooks";
import type { Holding } from "../../api/shapes.ts";
import { holdingKey } from "./listing.ts";
import { AMOUNTS, type AmountColumn } from "./place.ts";

const STEPS: Partial<Record<string, [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Moves the focus between the amounts of a table, as in a grid: arrows by one, Home and End to the
 * ends of the row, with Ctrl to those of the table. Only one amount is a stop for Tab: with 500 rows
 * nobody gets past a stop for each.
 */
export function arrowKeys(event: KeyboardEvent): void {
  const from = event.target instanceof Element ? event.target.closest("button.amount") : null;
  // With these a browser goes back, selects or scrolls.
  if (!from || event.altKey || event.metaKey || event.shiftKey) return;
  const rows = [...(from.closest("tbody")?.querySelectorAll("tr:not([hidden])") ?? [])];
  const grid = rows.map((row) => [...row.querySelectorAll<HTMLButtonElement>("button.amount")]);
  const row = grid.findIndex((buttons) => buttons.some((button) => button === from));
  const column = grid[row]?.findIndex((button) => button === from) ?? 0;
  const to = target(event, grid, row, column);
  if (!to) return;
  event.preventDefault();
  to.focus();
}

function target(
  { key, ctrlKey }: KeyboardEvent,
  grid: HTMLButtonElement[][],
  row: number,
  column: number,
): HTMLButtonElement | undefined {
  if (key === "Home") return grid[ctrlKey ? 0 : row]?.at(0);
  if (key === "End") return grid.at(ctrlKey ? -1 : row)?.at(-1);
  const step = ctrlKey ? undefined : STEPS[key];
  return step && grid[row + step[0]]?.[column + step[1]];
}

interface Stop {
  /** A holdingKey; null in an empty table. */
  key: string | null;
  column: AmountColumn;
}

/** The amount where Tab stops: the one that had the focus last, or else the first that is found. */
export function useTabStop(rows: readonly Holding[], found: ReadonlySet<Holding>) {
  const [last, setLast] = useState<Stop | null>(null);
  const move = useCallback(
    ({ target }: Event) => {
      const cell = target instanceof Element ? target.closest("td") : null;
      const row = cell?.closest("tr");
      const column = AMOUNTS.find((name) => name === cell?.dataset["column"]);
      if (!row || !column) return;
      const index = [...(row.parentElement?.children ?? [])].indexOf(row);
      setLast({ key: keyOf(rows[index]), column });
    },
    [rows],
  );
  const shown = rows.filter((holding) => found.has(holding));
  const isShown = shown.some((holding) => holdingKey(holding) === last?.key);
  const stop: Stop = last && isShown ? last : { key: keyOf(shown[0]), column: firstOf(shown[0]) };
  return [stop, move] as const;
}

function firstOf(holding: Holding | undefined): AmountColumn {
  return AMOUNTS.find((column) => holding?.[column] != null) ?? "balance";
}

function keyOf(holding: Holding | undefined): string | null {
  return holding ? holdingKey(holding) : null;
}
