import type { Holding, Snapshot } from "../../api/shapes.ts";
import { readSources } from "../../api/snapshot.ts";
import { SearchIcon } from "../../shell/icons.tsx";
import { DigitsButton, ExportButton } from "../../shell/tools.tsx";
import type { Reader } from "../../reading/reader.ts";
import { csvName, holdingsCsv } from "./csv.ts";
import { CurrencySwitch } from "../../shell/currency.tsx";
import { count } from "../../words.ts";
import { hiddenWords, narrowedTo } from "./listing.ts";
import type { Place } from "./place.ts";

interface ToolbarProps {
  snapshot: Snapshot;
  /** The holdings that the filter leaves, in the API's order. */
  found: readonly Holding[];
  place: Place;
  setPlace: (place: Place) => void;
  reader: Reader;
  isHidden: boolean;
  isAllDigits: boolean;
  setAllDigits: (all: boolean) => void;
  showsHidden: boolean;
  setShowsHidden: (shows: boolean) => void;
  say: (text: string) => void;
}

export function Toolbar(props: ToolbarProps) {
  const { snapshot, found, place, setPlace, reader, isHidden, say } = props;
  const { isAllDigits, setAllDigits, showsHidden, setShowsHidden } = props;
  const file = () => {
    if (found.length === 0) return null;
    const all = snapshot.holdings.length;
    const those =
      found.length === all ? count(all, "holding") : `${found.length} of ${all} holdings`;
    return {
      name: csvName(snapshot),
      content: holdingsCsv(found, snapshot),
      done: `${those} exported with all digits.`,
    };
  };
  const sources = readSources(snapshot);
  const source = narrowedTo(snapshot, place);
  const hidden = hiddenWords((source ?? snapshot).hidden);
  const canShow = sources.some(({ hidden_currencies: codes }) => codes !== null);
  return (
    <div class="toolbar">
      <label class="filter">
        <span class="visually-hidden">Filter by currency code or name</span>
        <SearchIcon />
        <input
          id="filter"
          type="search"
          placeholder="Filter by name or code"
          autoComplete="off"
          spellcheck={false}
          maxLength={64}
          value={place.filter}
          onInput={(event) => {
            setPlace({ ...place, filter: event.currentTarget.value });
          }}
        />
      </label>
      {sources.length > 1 && (
        <div class="narrow">
          <select
            aria-label="Connection"
            value={source?.connection_id ?? ""}
            onChange={(event) => {
              setPlace({ ...place, connection: event.currentTarget.value });
            }}
          >
            <option value="">All connections</option>
            {sources.map(({ connection_id: id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </div>
      )}
      <p class="found">
        <span role="status">
          {(place.filter || source) && `${found.length} of ${snapshot.holdings.length} match`}
        </span>
        {!place.filter && source && hidden !== null && " · "}
        {!place.filter && hidden}
        {!place.filter && hidden !== null && canShow && (
          <>
            {" "}
            <button
              type="button"
              class="opener"
              aria-expanded={showsHidden}
              onClick={() => {
                setShowsHidden(!showsHidden);
              }}
            >
              {showsHidden ? "Hide them" : "Show them"}
            </button>
          </>
        )}
      </p>
      {snapshot.value !== null && (
        <CurrencySwitch reader={reader} current={snapshot.value.currency} say={say} />
      )}
      <DigitsButton isAllDigits={isAllDigits} setAllDigits={setAllDigits} />
      <ExportButton isHidden={isHidden} file={file} say={say} />
    </div>
  );
}
