import { dayOf } from "../../days.ts";
import { type Figures, serverTime } from "../../freshness.ts";
import { useMinute } from "../../store.ts";

/** The day that has not ended yet, by the server's clock where that is known. */
export function useToday(figures: Figures | null): string {
  const minute = useMinute();
  return dayOf(figures === null ? minute.wall : serverTime(figures, minute));
}

/** How many assets are held now; null where that is not known. */
export function assetsHeld(figures: Figures | null): number | null {
  if (figures === null) return null;
  return new Set(figures.snapshot.holdings.map(({ currency }) => currency)).size;
}
