import type { ComponentChildren } from "preact";
import { Figure, type Manner } from "../../shell/figure.tsx";
import type { Layer } from "./layers.ts";
import { deposit, withdrawal } from "./marks.tsx";

/** What the marks of the picture mean. */
export function MarksLegend() {
  return (
    <ul class="legend small">
      <li>
        <Mark>
          <path class="chart-deposit" d={deposit(12, 1)} />
        </Mark>
        Deposits
      </li>
      <li>
        <Mark>
          <path class="chart-withdrawal" d={withdrawal(12, 1)} />
        </Mark>
        Withdrawals
      </li>
      <li>
        <Mark>
          <path class="chart-line chart-carried" d="M0 6H24" />
        </Mark>
        Carried over
      </li>
      <li>
        <Mark>
          <path class="chart-line" d="M0 6H7M17 6H24" />
        </Mark>
        Gap: not known
      </li>
    </ul>
  );
}

function Mark({ children }: { children: ComponentChildren }) {
  return (
    <svg class="mark-picture" viewBox="0 0 24 12" width="24" height="12" aria-hidden="true">
      {children}
    </svg>
  );
}

interface LayersLegendProps extends Manner {
  layers: readonly Layer[];
  /** The point that is read. */
  index: number;
  currency: string;
}

/** What each layer is, and its value at the point that is read. The highest in the picture is first. */
export function LayersLegend({ layers, index, currency, digits, isHidden }: LayersLegendProps) {
  const named = layers.map((layer, at) => ({ ...layer, at })).reverse();
  return (
    <ul class="legend legend-layers small" aria-label="Assets">
      <li>{named.length > 0 ? "From the top:" : "Opening…"}</li>
      {named.map(({ name, values, at }) => (
        <li key={name}>
          <span class="swatch" data-slice={at} aria-hidden="true" />
          <b>{name}</b>
          <span class="legend-value">
            <Figure
              amount={values[index] ?? null}
              currency={currency}
              digits={digits}
              isHidden={isHidden}
            />
          </span>
        </li>
      ))}
    </ul>
  );
}
