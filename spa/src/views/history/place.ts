import { useQuery } from "../../shell/query.ts";
import { RANGES, type Range } from "./range.ts";

/** What is looked at, kept in the address. */
export interface Place {
  range: Range;
  /** Whether each asset is shown, and not only all together. */
  isByAsset: boolean;
  /** Whether the days are listed below. */
  hasTable: boolean;
}

const START: Range = "3M";

/** `search` is hostile: whatever makes no sense is the start. */
export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  return {
    range: RANGES.find((range) => range === query.get("range")) ?? START,
    isByAsset: query.get("by") === "asset",
    hasTable: query.get("table") === "1",
  };
}

/** "" for the start. */
export function placeQuery({ range, isByAsset, hasTable }: Place): string {
  const query = new URLSearchParams();
  if (range !== START) query.set("range", range);
  if (isByAsset) query.set("by", "asset");
  if (hasTable) query.set("table", "1");
  return query.size === 0 ? "" : `?${query.toString()}`;
}

export function usePlace(): [Place, (place: Place) => void] {
  return useQuery(readPlace, placeQuery);
}
