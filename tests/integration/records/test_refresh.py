"""What reading at its time takes of the table: one look, one note, and an index of who is due."""

from collections.abc import Sequence
from typing import Any

import pytest

from holdings.adapters.records.due import DynamoDBDueIndex
from holdings.core.connections import Profile, new_id
from holdings.core.errors import Misconfigured, NotFound, RecordsUnavailable
from holdings.core.history.progress import Progress
from holdings.core.record_ports import LastRead
from holdings.core.schedule.slots import Due, slot_name, slot_of
from tests.integration.records.conftest import (
    ANN,
    BOB,
    CREDENTIAL,
    TABLE,
    Kept,
    connection_of,
)
from tests.integration.records.test_history import ENTRY, MONTH, packed

READINGS = slot_name("readings", slot_of(ANN))


def due(kept: Kept, slot: str = READINGS) -> list[Due]:
    index = DynamoDBDueIndex(kept.aws.service("dynamodb"), TABLE)
    return sorted(one for page in index.due(slot, kept.deadline) for one in page)


def test_one_look_has_connections_keys_and_last_reads(kept: Kept) -> None:
    one, other = kept.add(connection_of(1)), kept.add(connection_of(2))
    kept.add(connection_of(3), BOB)
    kept.records.refresh.put_last_read(ANN, other, LastRead(7_200, 2, 9_000), kept.deadline)
    kept.aws.calls.clear()
    found = kept.records.refresh.readable(ANN, kept.deadline)
    assert kept.aws.operations() == ["Query"]
    assert list(found.connections) == [one, other]
    assert found.last_read == {one.id: LastRead(), other.id: LastRead(7_200, 2, 9_000)}
    assert found.credential(one.id, kept.deadline) == CREDENTIAL
    assert kept.aws.operations() == ["Query", "Decrypt"]
    with pytest.raises(NotFound):
        found.credential("f" * 32, kept.deadline)


def test_a_later_window_stays_and_what_is_gone_is_not_made_again(kept: Kept) -> None:
    mine, refresh = kept.add(connection_of(1)), kept.records.refresh
    refresh.put_last_read(ANN, mine, LastRead(7_200), kept.deadline)
    refresh.put_last_read(ANN, mine, LastRead(3_600, 5, 5), kept.deadline)
    assert refresh.readable(ANN, kept.deadline).last_read == {mine.id: LastRead(7_200)}
    refresh.put_last_read(ANN, mine, LastRead(7_200, 1, 1), kept.deadline)
    assert refresh.readable(ANN, kept.deadline).last_read == {mine.id: LastRead(7_200, 1, 1)}
    kept.records.remove(ANN, mine.id, None, kept.deadline)
    refresh.put_last_read(ANN, mine, LastRead(10_800), kept.deadline)
    assert {sk for _, sk in kept.dump()} == {"profile"}


def test_a_change_of_the_connection_is_a_new_beginning(kept: Kept) -> None:
    mine, refresh = kept.add(connection_of(1)), kept.records.refresh
    refresh.put_last_read(ANN, mine, LastRead(7_200, 9, 10**9), kept.deadline)
    changed = kept.records.change(ANN, mine, CREDENTIAL, kept.deadline)
    assert refresh.readable(ANN, kept.deadline).last_read == {mine.id: LastRead()}
    # Whoever still read with the key before says nothing of the new one.
    refresh.put_last_read(ANN, mine, LastRead(7_200, 9, 10**9), kept.deadline)
    assert refresh.readable(ANN, kept.deadline).last_read == {mine.id: LastRead()}
    refresh.put_last_read(ANN, changed, LastRead(7_200), kept.deadline)
    assert refresh.readable(ANN, kept.deadline).last_read == {mine.id: LastRead(7_200)}


@pytest.mark.parametrize(
    "broken",
    [
        {"S": "7200"},
        {"M": {}},
        {"M": {"window": {"S": "1"}, "failures": {"N": "0"}, "retry_at": {"N": "0"}}},
        {"M": {"window": {"N": "-1"}, "failures": {"N": "0"}, "retry_at": {"N": "0"}}},
    ],
)
def test_a_broken_note_counts_as_none(kept: Kept, broken: dict[str, Any]) -> None:
    mine = kept.add(connection_of(1))
    item = kept.dump()[f"viewer#{ANN}", f"connection#{mine.id}"]
    kept.put(item | {"last_read": broken})
    assert kept.records.refresh.readable(ANN, kept.deadline).last_read == {mine.id: LastRead()}


def test_active_connections_are_due_and_no_others(kept: Kept) -> None:
    one, other = kept.add(connection_of(1)), kept.add(connection_of(2))
    kept.add(connection_of(3), BOB)
    assert due(kept) == [Due(ANN, one.id), Due(ANN, other.id)]
    paused = kept.records.change(ANN, one._replace(status="paused"), None, kept.deadline)
    assert due(kept) == [Due(ANN, other.id)]
    kept.records.change(ANN, other._replace(status="rejected"), None, kept.deadline)
    assert due(kept) == []
    kept.records.change(ANN, paused._replace(status="active"), None, kept.deadline)
    assert due(kept) == [Due(ANN, one.id)]
    kept.records.remove(ANN, one.id, None, kept.deadline)
    assert due(kept) == []


def test_a_profile_is_due_for_insights(kept: Kept) -> None:
    slot = slot_name("insights", slot_of(ANN))
    assert due(kept, slot) == []
    kept.records.put_profile(ANN, Profile(1), None, kept.deadline)
    assert due(kept, slot) == [Due(ANN, "")]
    kept.records.forget(ANN, kept.deadline)
    assert due(kept, slot) == []


def test_the_index_has_keys_and_is_paged(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdings.adapters.records.due._PAGE", 3)
    made = [kept.add(connection_of(number)).id for number in range(1, 8)]
    kept.aws.calls.clear()
    assert due(kept) == sorted(Due(ANN, one) for one in made)
    assert kept.aws.operations() == ["Query"] * 3
    raw = kept.dynamodb.query(
        TableName=TABLE,
        IndexName="due",
        KeyConditionExpression="slot = :slot",
        ExpressionAttributeValues={":slot": {"S": READINGS}},
    )
    assert {name for item in raw["Items"] for name in item} == {"pk", "sk", "slot"}


def test_what_is_no_key_of_ours_is_nobody_s_work(kept: Kept) -> None:
    for pk, sk in (
        ("shared", f"connection#{'0' * 32}"),
        ("viewer#", f"connection#{'0' * 32}"),
        ("viewer#a b", f"connection#{'0' * 32}"),
        (f"viewer#{ANN}", "connection#short"),
        (f"viewer#{ANN}", "credential#" + "0" * 32),
    ):
        kept.put({"pk": {"S": pk}, "sk": {"S": sk}, "slot": {"S": READINGS}})
    assert due(kept) == []


def test_an_index_that_cannot_be_read_says_why(kept: Kept) -> None:
    index = DynamoDBDueIndex(kept.aws.service("dynamodb"), "holdings-none")
    with pytest.raises((Misconfigured, RecordsUnavailable)):
        list(index.due(READINGS, kept.deadline))


def test_only_what_is_left_of_removed_connections_is_forgotten(kept: Kept) -> None:
    now = kept.time.clock.now()
    old = kept.add(connection_of(1, id=new_id(now - 100)))
    gone = kept.add(connection_of(2, id=new_id(now - 90)))
    new = connection_of(3, id=new_id(now + 100))
    kept.add(new)
    for one in (old, gone, new):
        kept.records.history.put_progress(ANN, one.id, Progress("queued"), kept.deadline)
        kept.records.history.put_month(ANN, one.id, MONTH, packed(ENTRY), kept.deadline)
    # As a request leaves it that had no time for the histories.
    for one in (gone, new):
        for sk in (f"connection#{one.id}", f"credential#{one.id}"):
            kept.dynamodb.delete_item(
                TableName=TABLE, Key={"pk": {"S": f"viewer#{ANN}"}, "sk": {"S": sk}}
            )
    before = {sk for _, sk in kept.dump()}
    refresh, found = kept.records.refresh, list[str]()

    def first(removed: Sequence[str]) -> None:
        assert {sk for _, sk in kept.dump()} == before
        found.extend(removed)

    assert refresh.forget_removed(ANN, int(now), kept.deadline, first) == found == [gone.id]
    after = {sk for _, sk in kept.dump()}
    assert after == {sk for sk in before if gone.id not in sk}
    before = after
    assert refresh.forget_removed(ANN, int(now), kept.deadline, first) == []


def test_whoever_is_interrupted_while_leaving_leaves_histories_alone(kept: Kept) -> None:
    one = kept.add(connection_of(1))
    kept.records.history.put_month(ANN, one.id, MONTH, packed(ENTRY), kept.deadline)
    kept.records.history.put_progress(ANN, one.id, Progress("queued"), kept.deadline)
    deleted: list[str] = []

    def watched() -> None:
        transaction = kept.aws.calls[-1][2]["TransactItems"]
        deleted.extend(part["Delete"]["Key"]["sk"]["S"] for part in transaction)

    kept.aws.before["TransactWriteItems"] = watched
    kept.records.forget(ANN, kept.deadline)
    last = max(deleted.index(sk) for sk in deleted if sk.startswith(("connection#", "profile")))
    first = min(deleted.index(sk) for sk in deleted if sk.startswith(("history#", "month#")))
    assert last < first
    assert deleted[0].startswith("credential#")
    assert kept.dump() == {}


def test_a_window_that_a_clock_ahead_has_named_gives_way(kept: Kept) -> None:
    mine, refresh = kept.add(connection_of(1)), kept.records.refresh
    now = int(kept.time.clock.now())
    refresh.put_last_read(ANN, mine, LastRead(now + 400 * 86_400), kept.deadline)
    refresh.put_last_read(ANN, mine, LastRead(now, 1, 1), kept.deadline)
    assert refresh.readable(ANN, kept.deadline).last_read == {mine.id: LastRead(now, 1, 1)}
