import { RANGES, RANGE_NAMES, type Range } from "./range.ts";

interface RangesProps {
  range: Range;
  choose: (range: Range) => void;
}

export function Ranges({ range, choose }: RangesProps) {
  return (
    <fieldset class="ranges">
      <legend class="visually-hidden">Days to show</legend>
      {RANGES.map((each) => (
        <label key={each} class="range" title={RANGE_NAMES[each]}>
          <input
            type="radio"
            name="range"
            class="visually-hidden"
            value={each}
            aria-label={RANGE_NAMES[each]}
            checked={each === range}
            onChange={() => {
              choose(each);
            }}
          />
          <span>{each}</span>
        </label>
      ))}
    </fieldset>
  );
}
