import { KINDS } from "../../api/history.ts";
import { SearchIcon } from "../../shell/icons.tsx";
import { fieldWords } from "../../words.ts";
import type { Filter } from "./filter.ts";

interface FiltersProps {
  filter: Filter;
  setFilter: (filter: Filter) => void;
  /** Look for it at once. */
  submit: () => void;
  /** Codes to choose from; any other may be typed. */
  currencies: readonly string[];
}

export function Filters({ filter, setFilter, submit, currencies }: FiltersProps) {
  const set = (change: Partial<Filter>) => {
    setFilter({ ...filter, ...change });
  };
  const kinds = [...new Set<string>([...KINDS, filter.kind])].filter((kind) => kind !== "");
  return (
    <form
      class="toolbar"
      role="search"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label class="filter">
        <span class="visually-hidden">Search entries</span>
        <SearchIcon />
        <input
          id="search"
          type="search"
          placeholder="Search entries"
          spellcheck={false}
          maxLength={64}
          value={filter.search}
          onInput={(event) => {
            set({ search: event.currentTarget.value });
          }}
        />
      </label>
      <div class="narrow entry-filter">
        <input
          aria-label="Currency"
          placeholder="Any currency"
          list="currencies"
          spellcheck={false}
          autoCapitalize="characters"
          maxLength={20}
          value={filter.currency}
          onInput={(event) => {
            set({ currency: event.currentTarget.value.toUpperCase() });
          }}
        />
        <datalist id="currencies">
          {currencies.map((code) => (
            <option key={code} value={code} />
          ))}
        </datalist>
      </div>
      <div class="narrow entry-filter">
        <select
          aria-label="Kind"
          value={filter.kind}
          onChange={(event) => {
            set({ kind: event.currentTarget.value });
          }}
        >
          <option value="">Any kind</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {fieldWords(kind)}
            </option>
          ))}
        </select>
      </div>
      <label class="narrow entry-filter entry-day">
        <span>From</span>
        <input
          type="date"
          value={filter.from}
          max={filter.to || undefined}
          onInput={(event) => {
            set({ from: event.currentTarget.value });
          }}
        />
      </label>
      <label class="narrow entry-filter entry-day">
        <span>To</span>
        <input
          type="date"
          value={filter.to}
          min={filter.from || undefined}
          onInput={(event) => {
            set({ to: event.currentTarget.value });
          }}
        />
      </label>
    </form>
  );
}
