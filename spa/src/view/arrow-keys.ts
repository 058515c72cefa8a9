const STEPS: Partial<Record<string, [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Moves the focus between the amounts of a table. Only one of them is a stop for Tab: with 500
 * rows nobody gets past a stop for each.
 */
export function arrowKeys(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const from = event.target instanceof Element ? event.target.closest("button.amount") : null;
  if (!step || !from) return;
  const rows = [...(from.closest("tbody")?.querySelectorAll("tr:not([hidden])") ?? [])];
  const buttons = rows.map((row) => [...row.querySelectorAll<HTMLButtonElement>("button.amount")]);
  const row = buttons.findIndex((found) => found.some((button) => button === from));
  const column = buttons[row]?.findIndex((button) => button === from) ?? 0;
  const to = buttons[row + step[0]]?.[column + step[1]];
  if (!to) return;
  event.preventDefault();
  to.focus();
}
