"""What is kept of histories: months whole or not at all, and nothing of what was removed."""

import os
from decimal import Decimal
from typing import Any

import pytest

from holdings.core.errors import Conflict, NotFound, RecordsUnavailable
from holdings.core.history.entries import Entry
from holdings.core.history.months import Month, pack_summary
from holdings.core.history.progress import AccountWalk, Balances, Progress, Walk
from holdings.core.record_ports import KeptMonth
from holdings.core.snapshot import Notice
from tests.integration.records.conftest import ANN, BOB, Kept, connection_of

MONTH = "2026-11"
ENTRY = Entry("7", 1_793_500_000_000_000, "trade", "1.5", "1.5", {"product_id": "BTC-USD"})
ACCOUNT = ("a" * 32, "BTC")


def packed(*entries: Entry, version: int = 0, partial: bool = True) -> KeptMonth:
    month = Month({ACCOUNT: list(entries)})
    return KeptMonth(month.pack(), pack_summary(MONTH, month.summary()), partial, version)


def test_how_far_it_is_comes_back_as_it_was_kept(kept: Kept) -> None:
    connection = kept.add(connection_of(1))
    history = kept.records.history
    assert history.progress(ANN, connection.id, kept.deadline) is None
    accounts = {"a" * 32: AccountWalk("BTC", "cursor", 5), "b" * 32: AccountWalk("ETH")}
    progress = Progress(
        "running",
        walk=Walk(1, 9, accounts, 7),
        entries=12,
        oldest=3,
        balances=Balances(8, {"a" * 32: ("BTC", Decimal("1.0000000000000001"))}),
        last_error=Notice("exchange_unavailable", "later"),
        failures=2,
        busy_until=100,
        asked_at=50,
    )
    first = history.put_progress(ANN, connection.id, progress, kept.deadline)
    assert first.version == 1
    assert kept.restarted().history.progress(ANN, connection.id, kept.deadline) == first
    with pytest.raises(Conflict):
        history.put_progress(ANN, connection.id, progress, kept.deadline)
    done = Progress("done", read_until=9, version=1)
    assert history.put_progress(ANN, connection.id, done, kept.deadline).version == 2
    # What has been read of an account needs no place any more.
    left = {one: at for one, at in accounts.items() if one.startswith("b")}
    walk = Walk(1, 9, {**left, "a" * 32: AccountWalk("BTC", "", 5, done=True)}, 7)
    further = Progress("running", walk=walk, version=2)
    history.put_progress(ANN, connection.id, further, kept.deadline)
    again = history.progress(ANN, connection.id, kept.deadline)
    assert again
    assert again.walk == Walk(1, 9, left, 7)


def test_a_month_is_written_with_its_summary_and_only_over_what_was_seen(kept: Kept) -> None:
    connection = kept.add(connection_of(1))
    history = kept.records.history
    history.put_month(ANN, connection.id, MONTH, packed(ENTRY), kept.deadline)
    found = history.month(ANN, connection.id, MONTH, kept.deadline)
    assert found == packed(ENTRY, version=1)
    for seen in (0, 2):
        with pytest.raises(Conflict):
            history.put_month(ANN, connection.id, MONTH, packed(version=seen), kept.deadline)
    history.put_month(
        ANN, connection.id, MONTH, packed(ENTRY, version=1, partial=False), kept.deadline
    )
    history.put_month(ANN, connection.id, "2024-02", packed(ENTRY), kept.deadline)
    summaries = history.summaries(ANN, connection.id, kept.deadline)
    assert [(one.month, one.partial) for one in summaries] == [("2024-02", True), (MONTH, False)]
    assert history.month(ANN, connection.id, "2024-03", kept.deadline) is None
    last = {"2026-12": MONTH, MONTH: MONTH, "2026-10": "2024-02", "2024-01": None}
    for until, month in last.items():
        assert history.month_until(ANN, connection.id, until, kept.deadline) == month


def test_a_month_of_many_entries_is_kept_in_pieces_that_belong_together(kept: Kept) -> None:
    connection = kept.add(connection_of(1))
    history = kept.records.history
    large = KeptMonth(os.urandom(800_000), b"summary", partial=True)
    history.put_month(ANN, connection.id, MONTH, large, kept.deadline)
    found = history.month(ANN, connection.id, MONTH, kept.deadline)
    assert found
    assert found.entries == large.entries
    keys = [sk for _, sk in kept.dump() if sk.startswith("entries#")]
    assert len(keys) == 3
    # One piece of another version: it is read again, and then given up.
    item = kept.dump()[f"viewer#{ANN}", f"entries#{connection.id}#{MONTH}~1"]
    kept.put({**item, "version": {"N": "9"}})
    with pytest.raises(RecordsUnavailable):
        history.month(ANN, connection.id, MONTH, kept.deadline)
    too_large = KeptMonth(os.urandom(4_000_000), b"", partial=True)
    with pytest.raises(ValueError, match="more entries than are kept"):
        history.put_month(ANN, connection.id, "2026-10", too_large, kept.deadline)


def test_nothing_is_kept_of_a_connection_that_is_not_there(kept: Kept) -> None:
    connection = kept.add(connection_of(1))
    history = kept.records.history
    history.put_progress(ANN, connection.id, Progress("queued"), kept.deadline)
    history.put_month(ANN, connection.id, MONTH, packed(ENTRY), kept.deadline)
    kept.records.remove(ANN, connection.id, None, kept.deadline)
    assert [sk for _, sk in kept.dump() if not sk.startswith("profile")] == []
    with pytest.raises(NotFound):
        history.put_progress(ANN, connection.id, Progress("queued"), kept.deadline)
    with pytest.raises(NotFound):
        history.put_month(ANN, connection.id, MONTH, packed(ENTRY), kept.deadline)
    assert [sk for _, sk in kept.dump() if not sk.startswith("profile")] == []


def test_another_viewer_has_none_of_it_and_forgetting_takes_all(kept: Kept) -> None:
    connection = kept.add(connection_of(1))
    history = kept.records.history
    history.put_month(ANN, connection.id, MONTH, packed(ENTRY), kept.deadline)
    assert history.summaries(BOB, connection.id, kept.deadline) == []
    assert history.month(BOB, connection.id, MONTH, kept.deadline) is None
    kept.records.forget(ANN, kept.deadline)
    assert kept.dump() == {}


@pytest.mark.parametrize(
    "broken",
    [
        {"progress": {"S": "x"}},
        {"progress": {"B": b"no zlib"}},
        {"version": {"S": "1"}},
    ],
)
def test_an_item_that_was_not_written_by_us_is_an_error(kept: Kept, broken: dict[str, Any]) -> None:
    connection = kept.add(connection_of(1))
    history = kept.records.history
    history.put_progress(ANN, connection.id, Progress("queued"), kept.deadline)
    item = kept.dump()[f"viewer#{ANN}", f"history#{connection.id}"]
    kept.put({**item, **broken})
    with pytest.raises(RecordsUnavailable):
        history.progress(ANN, connection.id, kept.deadline)
