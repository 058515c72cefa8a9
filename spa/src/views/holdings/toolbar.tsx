import type { Holding, Snapshot } from "../../api/shapes.ts";
import { readSources } from "../../api/snapshot.ts";
import { saveFile } from "../../shell/browser.ts";
import { DownloadIcon, SearchIcon } from "../../shell/icons.tsx";
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
  const save = () => {
    if (isHidden) {
      say("Amounts are hidden: show them to export.");
      return;
    }
    const all = snapshot.holdings.length;
    if (found.length === 0) {
      say("Nothing is listed: there is nothing to export.");
      return;
    }
    saveFile(csvName(snapshot), "text/csv;charset=utf-8", holdingsCsv(found, snapshot));
    const those =
      found.length === all ? count(all, "holding") : `${found.length} of ${all} holdings`;
    say(`${those} exported with all digits.`);
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
      <button
        type="button"
        class="button button-plain"
        aria-pressed={isAllDigits}
        onClick={() => {
          setAllDigits(!isAllDigits);
        }}
      >
        All digits
      </button>
      <button
        type="button"
        class="button"
        aria-label="Export CSV"
        aria-disabled={isHidden}
        onClick={save}
      >
        <DownloadIcon />
        <span>
          <span class="wide-only">Export </span>CSV
        </span>
      </button>
    </div>
  );
}
