"""Each figure against pandas and by hand; null where there is too little; the same bytes."""

import random
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdings.core.clock import Deadline
from holdings.core.history.entries import DAY, DEPOSIT, KINDS
from holdings.core.insights.documents import features_document, pack, unpack
from holdings.core.insights.facts import (
    DayFacts,
    EntryCount,
    Facts,
    Hold,
    HoldingNow,
    Reading,
)
from holdings.core.insights.features import FIGURES, REST, drawdown, periods, returns
from holdings.core.insights.gather import Gathering
from holdings.core.insights.latest import Latest
from tests.unit.history.books import TODAY, TrueBook, make_book
from tests.unit.history.test_history_routes import MAIN, OTHER, VIEWER
from tests.unit.insights.people import WINDOW, Person, make_day, make_facts

pd: Any = pandas  # its own types are partial
CLOSE = 1e-9


def period(facts: Facts, days: int) -> dict[str, Any]:
    (found,) = [one for one in periods(facts) if one["days"] == days]
    return found


def value(facts: Facts, days: int, figure: str) -> str | None:
    return period(facts, days)[figure]["value"]


def gathered(person: Person, holds: tuple[Hold, ...] = ()) -> Facts:
    gathering = Gathering(
        histories=person.jobs.history(),
        records=person.records.history,
        now=Latest(person.cache),
    )
    return gathering.facts(VIEWER, WINDOW, "USD", holds, Deadline.after(100, person.clock.clock))


def make_closes(seed: int) -> dict[str, dict[int, Decimal]]:
    """Prices of every asset that has a book, known on four days of five."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    found: dict[str, dict[int, Decimal]] = {}
    for book in ("BTC-USD", "ETH-USD"):
        price = Decimal(rng.randrange(1_000, 100_000))
        found[book] = {}
        for day in range(TODAY - 500, TODAY):
            price = max(Decimal(1), price + Decimal(rng.randrange(-40, 41)))
            if rng.random() < 0.8:
                found[book][day] = price
    return found


def _sum(of: Any) -> Any:
    return of.sum(skipna=False)


def frames(books: list[TrueBook], closes: dict[str, dict[int, Decimal]]) -> tuple[Any, Any, Any]:
    """Balances and values by day and currency, and what came in less what went out, in floats."""
    days = range(TODAY - 90, TODAY)
    columns: dict[str, list[float]] = {}
    for book in books:
        for account, currency in book.currencies.items():
            if account in book.entries:
                held = [float(book.balance(account, day) or 0) for day in days]
                known = columns.get(currency, [0.0] * len(days))
                columns[currency] = [a + b for a, b in zip(known, held, strict=True)]
    balances = pd.DataFrame(columns, index=days)
    every = pd.DataFrame(
        {
            book[:3]: pd.Series({day: float(one) for day, one in of.items()})
            for book, of in closes.items()
        }
    )
    prices = every.reindex(range(TODAY - 500, TODAY)).ffill().reindex(days)
    prices["USD"] = 1.0
    values = balances * prices.reindex(columns=balances.columns)
    flows = pd.DataFrame(
        [
            (entry.at // DAY, account, book.currencies[account], entry.kind, float(entry.amount))
            for book in books
            for account, entries in book.entries.items()
            for entry in entries
            if entry.kind in (DEPOSIT, "withdrawal") and TODAY - 90 <= entry.at // DAY < TODAY
        ],
        columns=["day", "account", "currency", "kind", "amount"],
    )
    each = flows.groupby(["day", "account", "currency", "kind"])["amount"]
    daily = each.sum().abs().reset_index()
    daily["worth"] = [
        row.amount * prices.get(row.currency, pd.Series(dtype=float)).get(row.day, float("nan"))
        for row in daily.itertuples()
    ]
    both = daily.pivot_table(index="day", columns="kind", values="worth", aggfunc=_sum).reindex(
        index=days, columns=[DEPOSIT, "withdrawal"]
    )
    untold = daily[daily["worth"].isna()]["day"].unique()
    both = both.fillna(0.0)
    both.loc[untold] = float("nan")
    return balances, values, both


@pytest.mark.parametrize(("seed", "accounts"), [(1, 2), (2, 3), (3, 3), (4, 4), (5, 5)])
def test_every_figure_is_what_pandas_makes_of_the_same_book(seed: int, accounts: int) -> None:
    books = {
        MAIN: make_book(seed, days=380, entries=60, accounts=accounts),
        OTHER: make_book(seed + 1, days=380, entries=60, accounts=2),
    }
    closes = make_closes(seed)
    person = Person(books, closes)
    document = periods(gathered(person))
    balances, values, flows = frames(list(books.values()), closes)
    compared = 0
    for found in document:
        last = range(TODAY - found["days"], TODAY)
        held, worth = balances.loc[last] > 0, values.loc[last]
        sums = worth.where(held).sum()
        sums = sums[sums > 0]
        if found["days_covered"] < found["days"] or sums.empty:
            continue
        weights = (sums / sums.sum()).sort_values(ascending=False)
        expected = {
            "asset_count": held.any().sum(),
            "largest_weight": weights.iloc[0],
            "hhi": (weights**2).sum(),
            "cash_share": weights.get("USD", 0.0),
            "stablecoin_share": 0.0,
            "unpriced_share": (held & worth.isna()).sum().sum() / held.sum().sum(),
        }
        left_out = held & worth.isna()
        whole = worth.where(held).sum(axis=1)
        moved = flows.loc[last]
        change = (whole + moved["withdrawal"]) / (whole.shift(1) + moved[DEPOSIT]) - 1
        same = (left_out == left_out.shift(1)).all(axis=1)
        change = change.where(same)[whole.shift(1) + moved[DEPOSIT] > 0].dropna()
        assert found["volatility"]["samples"] == len(change)
        if found["volatility"]["value"] is not None:
            index = pd.concat([pd.Series([1.0]), (1 + change).cumprod()])
            expected["volatility"] = change.std()
            expected["drawdown"] = (1 - index / index.cummax()).max()
        compared += len(expected)
        for name, figure in expected.items():
            assert float(found[name]["value"]) == pytest.approx(float(figure), abs=1e-7), name
        for shown in found["weights"]:
            assert float(shown["ratio"]) == pytest.approx(weights[shown["currency"]], abs=CLOSE)
    assert compared == 24
    counted = pd.Series(
        [
            entry.kind if entry.kind in KINDS else "other"
            for book in books.values()
            for entries in book.entries.values()
            for entry in entries
            if entry.at // DAY >= TODAY - 30
        ],
        dtype=str,
    ).value_counts()
    assert {one["kind"]: one["count"] for one in document[1]["changes"]} == counted.to_dict()
    days = {
        entry.at // DAY
        for book in books.values()
        for entries in book.entries.values()
        for entry in entries
        if entry.at // DAY >= TODAY - 30
    }
    assert document[1]["days_active"] == len(days)


def test_by_hand() -> None:
    days = [
        make_day(TODAY - 7, {"BTC": "100"}),
        make_day(TODAY - 6, {"BTC": "110"}),
        make_day(TODAY - 5, {"BTC": "220"}, deposits="110"),
        make_day(TODAY - 4, {"BTC": "110", "USD": "55"}),
        make_day(TODAY - 3, {"BTC": "55", "USD": "55"}, withdrawals="55"),
        make_day(TODAY - 2, {"BTC": "55", "USD": "55"}),
        make_day(TODAY - 1, {"BTC": "121"}),
    ]
    facts = make_facts(
        days=0,
        active=frozenset({TODAY - 8, TODAY - 7, TODAY - 1, TODAY}),
        entries=[
            EntryCount(TODAY - 8, "trade", 9),
            EntryCount(TODAY - 7, "interest", 2),
            EntryCount(TODAY - 1, "trade", 3),
            EntryCount(TODAY, "trade", 9),
        ],
    )
    found = period(facts._replace(days=days), 7)
    assert [str(one) for one in returns(days)] == ["0.1", "0", "-0.25", "0", "0", "0.1"]
    assert found["drawdown"] == {"value": "0.25", "reason": None, "samples": 6}
    squares = pd.Series([0.1, 0, -0.25, 0, 0, 0.1]).std()
    assert float(found["volatility"]["value"]) == pytest.approx(squares, abs=CLOSE)
    assert found["weights"] == [
        {"currency": "BTC", "ratio": "0.823717948717"},  # 771 of 936
        {"currency": "USD", "ratio": "0.176282051282"},
    ]
    assert (found["largest_weight"]["value"], found["cash_share"]["value"]) == (
        "0.823717948717",
        "0.176282051282",
    )
    assert found["hhi"]["value"] == "0.709586620644"  # 621666 of 876096
    assert found["changes"] == [{"kind": "trade", "count": 3}, {"kind": "other", "count": 2}]
    assert (found["days_covered"], found["days_active"]) == (7, 2)
    assert (found["from"], found["to"]) == ("2026-11-14", "2026-11-20")


def test_the_sum_of_what_is_not_listed_stands_as_other() -> None:
    held: dict[str, str | None] = {f"C{number:02}": str(100 - number) for number in range(25)}
    days = [make_day(TODAY - number, held) for number in range(7, 0, -1)]
    weights = period(make_facts()._replace(days=days), 7)["weights"]
    assert len(weights) == 21
    assert [one["currency"] for one in weights[:2]] == ["C00", "C01"]
    rest = sum(range(76, 81))
    whole = sum(100 - number for number in range(25))
    assert weights[-1]["currency"] == REST
    assert float(weights[-1]["ratio"]) == pytest.approx(rest / whole)


@pytest.mark.parametrize(
    ("days", "length", "reason"),
    [
        (5, 7, None),
        (4, 7, "too_few_days"),
        (20, 30, None),
        (19, 30, "too_few_days"),
        (60, 90, None),
        (59, 90, "too_few_days"),
        (0, 7, "too_few_days"),
    ],
)
def test_two_thirds_of_the_days_are_enough(days: int, length: int, reason: str | None) -> None:
    found = period(make_facts(days), length)
    for name in ("asset_count", "largest_weight", "hhi", "cash_share", "unpriced_share"):
        assert found[name]["reason"] == reason, name
        assert (found[name]["value"] is None) is (reason is not None)
    assert found["hhi"]["samples"] == days
    assert bool(found["weights"]) is (reason is None)


@pytest.mark.parametrize("apart", [1, 2, 3])
def test_returns_need_days_that_follow_on_each_other(apart: int) -> None:
    """Every other day makes no return at all, though half of the days are known."""
    days = [make_day(TODAY - number, {"BTC": "5"}) for number in range(90, 0, -apart)]
    found = period(make_facts()._replace(days=days), 90)
    assert found["volatility"]["samples"] == (89 if apart == 1 else 0)
    assert found["volatility"]["reason"] == (None if apart == 1 else "too_few_days")
    assert found["drawdown"]["reason"] == found["volatility"]["reason"]


CHANGED: list[tuple[str, Callable[[DayFacts], DayFacts], int]] = [
    ("a balance that nobody knows", lambda day: day._replace(known=False), 4),
    ("no value at all", lambda day: make_day(day.day, {"XYZ": None}), 4),
    ("a deposit without a price", lambda day: day._replace(deposits=None), 5),
    ("a withdrawal without a price", lambda day: day._replace(withdrawals=None), 5),
    ("another asset without a price", lambda day: make_day(day.day, {"BTC": "5", "X": None}), 4),
    ("nothing there", lambda day: make_day(day.day, {}), 5),
]


@pytest.mark.parametrize(
    ("change", "left"), [one[1:] for one in CHANGED], ids=[one[0] for one in CHANGED]
)
def test_a_day_that_is_not_known_whole_makes_no_return(
    change: Callable[[DayFacts], DayFacts], left: int
) -> None:
    days = [make_day(TODAY - number, {"BTC": "5"}) for number in range(7, 0, -1)]
    days[3] = change(days[3])
    assert len(returns(days)) == left


def test_without_a_ledger_nobody_knows_what_was_a_deposit() -> None:
    found = period(make_facts(flows_known=False), 30)
    for name in ("drawdown", "volatility"):
        assert found[name] == {"value": None, "reason": "no_ledger", "samples": 0}
    assert found["hhi"]["value"] is not None


def test_nothing_that_has_a_price_is_no_zero() -> None:
    days = [make_day(TODAY - number, {"XYZ": None}) for number in range(90, 0, -1)]
    days = [day._replace(value=Decimal()) for day in days]
    found = period(make_facts()._replace(days=days), 30)
    for name in ("largest_weight", "hhi", "cash_share", "stablecoin_share"):
        assert found[name] == {"value": None, "reason": "nothing_priced", "samples": 30}
    assert found["unpriced_share"]["value"] == "1"
    assert found["asset_count"]["value"] == "1"
    empty = [make_day(TODAY - number, {}) for number in range(90, 0, -1)]
    found = period(make_facts()._replace(days=empty), 30)
    assert found["asset_count"]["value"] == "0"
    assert found["unpriced_share"]["reason"] == "nothing_priced"


def held_back(*rows: tuple[str, str, str | None]) -> dict[str, Any]:
    """`rows` are balance, hold and value."""
    listed = [
        HoldingNow(
            currency=f"C{number}",
            balance=Decimal(balance),
            hold=Decimal(hold),
            value=None if of is None else Decimal(of),
            status="live",
            reason=None,
        )
        for number, (balance, hold, of) in enumerate(rows)
    ]
    return period(make_facts(reading=Reading(WINDOW, listed)), 7)["held_back_share"]


def test_what_is_held_back_is_valued_as_the_rest_is() -> None:
    assert held_back(("2", "1", "100"), ("5", "0", "300"))["value"] == "0.125"
    assert held_back(("2", "1", "100"), ("5", "5", None)) == {
        "value": "0.5",
        "reason": None,
        "samples": 1,
    }
    # More than there is, or less than nothing, is no more than all or nothing.
    assert held_back(("2", "9", "100"))["value"] == "1"
    assert held_back(("2", "-9", "100"))["value"] == "0"
    assert held_back(("5", "5", None))["reason"] == "nothing_priced"
    assert held_back()["reason"] == "nothing_priced"
    assert period(make_facts(), 7)["held_back_share"]["reason"] == "no_reading"


def test_a_fall_is_from_the_peak_before_it() -> None:
    assert drawdown([]) == 0
    assert drawdown([Decimal("0.5"), Decimal("-0.5"), Decimal(3)]) == Decimal("0.5")
    assert drawdown([Decimal("-0.5"), Decimal("0.5"), Decimal("-0.5")]) == Decimal("0.625")
    assert drawdown([Decimal(-1), Decimal(7)]) == 1


amounts = st.decimals(0, 10**30, allow_nan=False, allow_infinity=False, places=12)
held_days = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["BTC", "USD", "USDC", "XYZ"]), st.none() | amounts),
        st.none() | amounts,
        st.none() | amounts,
        st.booleans(),
    ),
    max_size=90,
)


@given(held_days)
@settings(max_examples=60, deadline=None)
def test_the_same_facts_give_the_same_bytes_and_shares_are_shares(listed: list[Any]) -> None:
    days = [
        make_day(
            TODAY - len(listed) + number,
            {code: None if of is None else f"{of:f}" for code, of in held.items()},
            deposits=None if into is None else f"{into:f}",
            withdrawals=None if out is None else f"{out:f}",
            known=known,
        )
        for number, (held, into, out, known) in enumerate(listed)
    ]
    facts = make_facts()._replace(days=days)
    packed = pack(features_document(facts))
    with localcontext() as context:
        context.prec = 3
        assert pack(features_document(facts)) == packed
    read = unpack("features", packed)
    for found in read["periods"]:
        for name in FIGURES:
            assert (found[name]["value"] is None) is (found[name]["reason"] is not None)
        for name in set(FIGURES) - {"asset_count", "volatility"}:
            if found[name]["value"] is not None:
                assert 0 <= Decimal(found[name]["value"]) <= 1, name
        assert sum(Decimal(one["ratio"]) for one in found["weights"]) <= 1
