"""What every day was, worked out of entries; and what nobody can know is not said."""

from decimal import Decimal

import pytest

from holdings.core.history.days import Days, Stretch
from holdings.core.history.entries import DAY, Entry, in_order
from holdings.core.history.months import (
    BrokenMonth,
    Month,
    Summary,
    account_key,
    end_of,
    first_day,
    month_of,
    pack_summary,
    unpack_summary,
    with_reading,
)
from holdings.core.history.progress import AccountWalk, Balances, Progress, Walk

ACCOUNT = ("a" * 32, "BTC")
KEY = account_key("a" * 32)
HOUR = DAY // 24


def entry(number: int, day: float, amount: str, balance: str, kind: str = "trade") -> Entry:
    return Entry(str(number), int(day * DAY), kind, amount, balance, {})


def summaries(*entries: Entry) -> list[list[Summary]]:
    months: dict[str, Month] = {}
    for one in entries:
        months.setdefault(month_of(one.at), Month({})).add(ACCOUNT, [one])
    return [
        unpack_summary(month, pack_summary(month, kept.summary()))
        for month, kept in sorted(months.items())
    ]


def days(
    *entries: Entry, until: float = 1_010, balance: str | None = None, today: int = 1_011
) -> Days:
    last = balance if balance is not None else entries[-1].balance
    at_end = Balances(int(until * DAY), {ACCOUNT[0]: ("BTC", Decimal(last))})
    progress = Progress("done", read_until=int(until * DAY), balances=at_end)
    return Days(progress, summaries(*entries), today=today)


ONE, TWO, THREE = (
    entry(1, 1_000.5, "1", "1", "deposit"),
    entry(2, 1_003.25, "2", "3"),
    entry(3, 1_006.75, "-3", "0", "withdrawal"),
)


def test_a_balance_lasts_until_the_next_entry_and_what_was_sold_stays_at_nothing() -> None:
    found = days(ONE, TWO, THREE)
    assert found.since == 1_000
    assert found.stretches()[KEY] == [
        Stretch(1_000, 1_002, Decimal(1), "ledger"),
        Stretch(1_003, 1_005, Decimal(3), "ledger"),
        Stretch(1_006, 1_009, Decimal(0), "ledger"),
        Stretch(1_010, 1_010, Decimal(0), "carried"),
    ]
    assert found.differences() == []
    assert [(code, flow.day, flow.amount) for code, flow in found.moved()] == [
        ("BTC", 1_000, Decimal(1)),
        ("BTC", 1_006, Decimal(-3)),
    ]


def test_between_entries_that_do_not_meet_nothing_is_known() -> None:
    found = days(ONE, entry(2, 1_003.25, "2", "4"), entry(3, 1_006.75, "-1", "3"))
    assert found.stretches()[KEY][:3] == [
        Stretch(1_000, 1_002, None, "unknown"),
        Stretch(1_003, 1_005, Decimal(4), "ledger"),
        Stretch(1_006, 1_009, Decimal(3), "ledger"),
    ]
    (gap,) = found.differences() or []
    assert (gap.reason, gap.ledger, gap.reading, gap.since) == ("gap", 1, 2, ONE.at)


def test_a_gap_across_a_month_s_end_is_found_too() -> None:
    later = entry(9, 1_040.5, "1", "5")
    found = days(ONE, later, until=1_050, today=1_051)
    assert month_of(ONE.at) != month_of(later.at)
    assert [gap.reason for gap in found.differences() or []] == ["gap"]
    assert found.stretches()[KEY][0] == Stretch(1_000, 1_039, None, "unknown")


def test_a_ledger_that_does_not_end_at_the_balance_is_known_until_its_last_entry() -> None:
    found = days(ONE, TWO, balance="7", until=1_008.5)
    assert found.stretches()[KEY] == [
        Stretch(1_000, 1_002, Decimal(1), "ledger"),
        Stretch(1_003, 1_007, None, "unknown"),
        Stretch(1_008, 1_010, Decimal(7), "carried"),
    ]
    (difference,) = found.differences() or []
    assert (difference.reason, difference.ledger, difference.reading) == ("balance", 3, 7)
    assert difference.since == TWO.at


def test_a_ledger_that_does_not_begin_at_nothing_says_nothing_of_before() -> None:
    other = ("b" * 32, "USD")
    month = Month({ACCOUNT: [TWO], other: [entry(9, 1_000.1, "5", "5", "deposit")]})
    name = month_of(TWO.at)
    held = {ACCOUNT[0]: ("BTC", Decimal(3)), other[0]: ("USD", Decimal(5))}
    progress = Progress("done", read_until=1_010 * DAY, balances=Balances(1_010 * DAY, held))
    summary = unpack_summary(name, pack_summary(name, month.summary()))
    found = Days(progress, [summary], today=1_011)
    assert found.stretches()[KEY][0] == Stretch(1_000, 1_002, None, "unknown")
    assert [one.reason for one in found.differences() or []] == ["beginning"]


def test_what_the_ledger_does_not_mention_is_unknown_until_it_was_read() -> None:
    held = {ACCOUNT[0]: ("BTC", Decimal(3)), "b" * 32: ("ETH", Decimal(2))}
    progress = Progress("done", read_until=1_010 * DAY, balances=Balances(1_009 * DAY, held))
    found = Days(progress, summaries(ONE, TWO), today=1_011)
    assert found.stretches()[account_key("b" * 32)] == [
        Stretch(1_000, 1_008, None, "unknown"),
        Stretch(1_009, 1_010, Decimal(2), "carried"),
    ]


def test_while_it_is_read_back_what_was_before_the_oldest_entry_so_far_is_known_by_it() -> None:
    walk = Walk(0, 1_010 * DAY, {ACCOUNT[0]: AccountWalk("BTC", "more", 1_002 * DAY)}, 3)
    found = Days(Progress("running", walk=walk), summaries(TWO, THREE), today=1_011)
    assert found.since == 1_003
    assert found.unknown_through == 1_002
    assert walk.accounts_done == 2
    other = {**walk.accounts, "c" * 32: AccountWalk("ETH")}
    unread = Progress("running", walk=Walk(0, 1_010 * DAY, other, 3))
    assert Days(unread, summaries(TWO), today=1_011).since is None


def test_without_a_ledger_a_day_is_known_by_its_last_reading() -> None:
    month = month_of(1_000 * DAY)
    rows = with_reading([], {ACCOUNT[0]: ("BTC", Decimal(1))}, 1_000, 1_000 * DAY)
    rows = with_reading(rows, {ACCOUNT[0]: ("BTC", Decimal(2))}, 1_000, 1_000 * DAY + HOUR)
    rows = with_reading(rows, {ACCOUNT[0]: ("BTC", Decimal(0))}, 1_003, 1_003 * DAY)
    kept = unpack_summary(month, pack_summary(month, rows))
    progress = Progress("done", ledger=False, read_until=1_003 * DAY)
    found = Days(progress, [kept], today=1_006)
    assert found.stretches()[KEY] == [
        Stretch(1_000, 1_000, Decimal(2), "reading"),
        Stretch(1_001, 1_002, Decimal(2), "carried"),
        Stretch(1_003, 1_003, Decimal(0), "reading"),
        Stretch(1_004, 1_005, Decimal(0), "carried"),
    ]
    assert found.differences() is None
    assert found.unknown_through == 999


def test_entries_of_one_moment_stand_in_the_order_in_which_they_meet() -> None:
    at = 1_000.5
    chain = [
        entry(4, at, "10", "10"),
        entry(3, at, "-4", "6"),
        entry(10, at, "1", "7"),
        entry(2, at, "-7", "0"),
    ]
    assert in_order(chain[::-1]) == chain
    before = entry(1, 999, "3", "3")
    after = [entry(2, at, "1", "5"), entry(3, at, "1", "4")]
    assert in_order([*after, before]) == [before, *after[::-1]]


@pytest.mark.parametrize(
    "packed", [b"", b"x", b"\x78\x9c", Month({}).pack()[:-3], pack_summary("2026-11", [])[4:]]
)
def test_what_is_no_month_is_told_from_one(packed: bytes) -> None:
    with pytest.raises(BrokenMonth):
        Month.unpack(packed)
    with pytest.raises(BrokenMonth):
        unpack_summary("2026-11", packed)


def test_months_begin_and_end_where_the_calendar_says() -> None:
    assert month_of(end_of("2026-12") - 1) == "2026-12"
    assert month_of(end_of("2024-02")) == "2024-03"
    assert first_day("1970-02") == 31
