import "./worth.css";
import { useMemo } from "preact/hooks";
import type { Value } from "../../api/shapes.ts";
import { ageOf, agoWords, type Figures } from "../../freshness.ts";
import { amountFormat, joined, percentOf } from "../../money.ts";
import { useNow } from "../../store.ts";
import { type Slice, allocation, leftOut } from "./allocation.ts";
import { ARROWS, Masked, type Way, wayOf } from "../../shell/figure.tsx";
import { Amount } from "./amount.tsx";
import { type Digits, fewDigits } from "../../digits.ts";
import { count, shownCode } from "../../words.ts";
import { WHY_LEFT_OUT } from "./price.tsx";

interface WorthProps {
  figures: Figures;
  value: Value;
  digits: Digits;
  isHidden: boolean;
  copy: (amount: string, what: string) => void;
}

/** What all of it is worth, how that changed in a day, and what it leaves out. */
export function Worth({ figures, value, digits, isHidden, copy }: WorthProps) {
  const format = useMemo(() => amountFormat(), []);
  const { holdings } = figures.snapshot;
  const slices = useMemo(() => allocation(holdings), [holdings]);
  const written = (amount: string) => joined(format(digits(amount, value.currency)));
  return (
    <section class="worth" aria-label="Worth">
      <div class="worth-total">
        <h2 class="worth-label">
          {value.complete ? "Total value" : "Total value of what has a price"}
        </h2>
        <p class="worth-amount">
          {value.amount === null ? (
            "Not known now"
          ) : (
            <>
              <Amount
                amount={value.amount}
                shown={digits(value.amount, value.currency)}
                what="total value"
                isHidden={isHidden}
                isStop
                scale={0}
                format={format}
                copy={copy}
              />{" "}
              <span class="worth-currency">{shownCode(value.currency)}</span>
            </>
          )}
        </p>
        <ChangeLine value={value} written={written} isHidden={isHidden} />
        <Completeness
          value={value}
          written={(amount, currency) => joined(format(digits(amount, currency)))}
          isHidden={isHidden}
          figures={figures}
        />
      </div>
      {slices.length > 0 && (
        <Allocation
          slices={slices}
          value={value}
          written={(amount) => joined(format(fewDigits(amount, value.currency)))}
          isHidden={isHidden}
        />
      )}
    </section>
  );
}

function ChangeLine({
  value,
  written,
  isHidden,
}: {
  value: Value;
  written: (amount: string) => string;
  isHidden: boolean;
}) {
  const change = value.change_24h;
  if (change === null) return null;
  const way = wayOf(change.ratio ?? change.amount);
  const amount = written(change.amount.replace("-", ""));
  return (
    <p class="worth-change" data-way={way}>
      <span class="way" aria-hidden="true">
        {ARROWS[way]}
      </span>{" "}
      {WAYS[way]}
      {way !== "same" && <> by {isHidden ? <Masked /> : amount}</>}
      {way !== "same" && change.ratio !== null && !isHidden && ` (${percentOf(change.ratio)})`} in
      24 hours
      {!change.complete && ", as far as prices of a day ago are known"}
    </p>
  );
}

const WAYS: Record<Way, string> = { up: "Up", down: "Down", same: "Unchanged" };

/** What the total leaves out, by name, and when its prices were read. */
function Completeness({
  value,
  written,
  isHidden,
  figures,
}: {
  value: Value;
  written: (amount: string, currency: string) => string;
  isHidden: boolean;
  figures: Figures;
}) {
  const left = leftOut(value);
  return (
    <div class="worth-complete small">
      <p>
        {value.complete ? "Complete: everything listed has a price." : "Not complete."}
        {value.as_of !== null && <PricesRead figures={figures} asOf={value.as_of} />}
      </p>
      {left.length > 0 && (
        <ul>
          {left.map(([reason, amounts]) => (
            <li key={reason}>
              <span class="hatch" aria-hidden="true" />
              Left out, {WHY_LEFT_OUT[reason]}:{" "}
              {amounts.map(({ currency, amount }, index) => (
                <span key={currency} class="left-out">
                  {isHidden ? <Masked /> : written(amount, currency)} <b>{shownCode(currency)}</b>
                  {index < amounts.length - 1 ? ", " : "."}
                </span>
              ))}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Counted from the age of the whole: no clock of this machine is compared with the server's. */
function PricesRead({ figures, asOf }: { figures: Figures; asOf: string }) {
  const now = useNow();
  const younger = (Date.parse(asOf) - Date.parse(figures.snapshot.as_of)) / 1000;
  return <> Prices read {agoWords(Math.max(0, ageOf(figures, now) - younger))}.</>;
}

function Allocation({
  slices,
  value,
  written,
  isHidden,
}: {
  slices: Slice[];
  value: Value;
  written: (amount: string) => string;
  isHidden: boolean;
}) {
  const isPartial = !value.complete;
  return (
    <div class="allocation">
      <AllocationBar slices={slices} isPartial={isPartial} isHidden={isHidden} />
      <table class="allocation-table">
        <caption class="visually-hidden">Allocation by currency</caption>
        <thead class="visually-hidden">
          <tr>
            <th scope="col">Currency</th>
            <th scope="col">Share</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {slices.map((slice, index) => (
            <tr key={slice.code ?? ""}>
              <th scope="row">
                <span class="swatch" data-slice={index} aria-hidden="true" />
                {nameOf(slice)}
              </th>
              <td>{isHidden ? <Masked /> : slice.share}</td>
              <td>{isHidden ? <Masked /> : written(slice.value)}</td>
            </tr>
          ))}
          {isPartial && (
            <tr>
              <th scope="row">
                <span class="hatch" aria-hidden="true" />
                Without a price
              </th>
              <td>–</td>
              <td>
                {[...new Set(value.excluded.map(({ currency }) => shownCode(currency)))].join(", ")}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

function nameOf({ code, count: number }: Slice): string {
  return code === null
    ? `Other (${count(number, "currency").replace(/ys$/, "ies")})`
    : shownCode(code);
}

const WIDTH = 1000;
const UNPRICED = 40;

/** One stacked bar; the table beside it says the same in words. */
function AllocationBar({
  slices,
  isPartial,
  isHidden,
}: {
  slices: Slice[];
  isPartial: boolean;
  isHidden: boolean;
}) {
  const [first] = slices;
  const room = isPartial ? WIDTH - UNPRICED : WIDTH;
  let at = 0;
  const finding =
    first && !isHidden
      ? `${nameOf(first)} is ${first.share} of what has a price.`
      : "Shares are hidden.";
  return (
    <svg
      class="allocation-bar"
      viewBox={`0 0 ${WIDTH} 24`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Allocation. ${finding}${isPartial ? " Some holdings have no price." : ""}`}
    >
      <defs>
        <pattern
          id="hatching"
          width="8"
          height="8"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="8" height="8" class="hatching-ground" />
          <line x1="0" y1="0" x2="0" y2="8" class="hatching-line" />
        </pattern>
      </defs>
      {slices.map((slice, index) => {
        const share = isHidden ? 1000 / slices.length : slice.permille;
        const width = (share / 1000) * room;
        const start = at;
        at += width;
        return (
          <rect
            key={slice.code ?? ""}
            class="slice"
            data-slice={index}
            x={start}
            width={Math.max(0, width - 3)}
            height="24"
          />
        );
      })}
      {isPartial && (
        <rect x={WIDTH - UNPRICED} width={UNPRICED} height="24" fill="url(#hatching)" />
      )}
    </svg>
  );
}
