"""What is kept of viewers: each method of the port, all of a write or nothing of it."""

import pytest

from holdings.core.connections import MAX_CONNECTIONS, Once, Profile
from holdings.core.errors import Conflict, InvalidRequest, NotFound, TooManyConnections
from holdings.core.snapshot import Notice
from tests.builders import NOW
from tests.integration.records.conftest import ANN, BOB, CREDENTIAL, Kept, connection_of

ONCE = Once("key-1", "digest-1")


def test_a_connection_and_its_key_come_back_as_they_were_kept(kept: Kept) -> None:
    first = kept.add(
        connection_of(
            1,
            rights=None,
            status="rejected",
            last_error=Notice("exchange_credentials_rejected", "replace the key"),
        )
    )
    second = kept.add(connection_of(2, rights=("view", "trade"), label="Zweites Konto €"))
    records = kept.restarted()
    assert list(records.connections(ANN, kept.deadline)) == [first, second]
    assert records.connection(ANN, first.id, kept.deadline) == first
    assert records.credential(ANN, second.id, kept.deadline) == CREDENTIAL


def test_with_the_first_connection_there_is_a_profile(kept: Kept) -> None:
    assert kept.records.profile(ANN, kept.deadline) is None
    kept.add(connection_of(1))
    assert kept.records.profile(ANN, kept.deadline) == Profile(created_at=NOW + 1)


def test_a_profile_is_changed_only_by_who_has_seen_it(kept: Kept) -> None:
    records, chosen = kept.records, Profile(NOW, "EUR", "Europe/Berlin", insights=True)
    assert records.put_profile(ANN, chosen, None, kept.deadline) == chosen
    with pytest.raises(Conflict):
        records.put_profile(ANN, chosen._replace(currency="CHF"), None, kept.deadline)
    kept.add(connection_of(1))
    second = records.put_profile(ANN, chosen._replace(currency="CHF"), 1, kept.deadline)
    assert second == chosen._replace(currency="CHF", version=2)
    with pytest.raises(Conflict):
        records.put_profile(ANN, chosen, 1, kept.deadline)
    assert records.profile(ANN, kept.deadline) == second


def test_a_profile_that_was_forgotten_is_not_brought_back_by_a_change(kept: Kept) -> None:
    with pytest.raises(Conflict):
        kept.records.put_profile(ANN, Profile(NOW), 3, kept.deadline)
    assert kept.dump() == {}


def test_one_account_is_connected_once_and_of_a_second_nothing_is_kept(kept: Kept) -> None:
    kept.add(connection_of(1))
    before = kept.dump()
    with pytest.raises(Conflict, match="connected already"):
        kept.add(connection_of(2, account="account-1"))
    assert kept.dump() == before
    kept.add(connection_of(2, account="account-1", exchange="coinbase_advanced"))
    kept.add(connection_of(3, account="account-1"), BOB)


def test_of_two_that_connect_one_account_at_one_moment_one_wins(kept: Kept) -> None:
    other = kept.restarted()

    def first() -> None:
        other.add(ANN, connection_of(1), CREDENTIAL, None, kept.deadline)

    kept.aws.before["TransactWriteItems"] = first
    with pytest.raises(Conflict):
        kept.add(connection_of(2, account="account-1"))
    assert list(kept.records.connections(ANN, kept.deadline)) == [connection_of(1)]
    assert {sk for _, sk in kept.dump() if "2".rjust(32, "0") in sk} == set()


def test_there_are_so_many_connections_and_no_more(kept: Kept) -> None:
    for number in range(1, MAX_CONNECTIONS + 1):
        kept.add(connection_of(number))
    kept.records.put_profile(ANN, Profile(NOW, "EUR"), 1, kept.deadline)
    before = kept.dump()
    with pytest.raises(TooManyConnections):
        kept.add(connection_of(99))
    assert kept.dump() == before
    kept.records.remove(ANN, connection_of(7).id, None, kept.deadline)
    kept.add(connection_of(99))
    assert len(kept.records.connections(ANN, kept.deadline)) == MAX_CONNECTIONS


def test_the_same_request_is_known_again_for_a_day(kept: Kept) -> None:
    records = kept.records
    assert records.replay(ANN, ONCE, kept.deadline) is None
    records.add(ANN, connection_of(1), CREDENTIAL, ONCE, kept.deadline)
    assert records.replay(ANN, ONCE, kept.deadline) == connection_of(1).id
    assert records.replay(BOB, ONCE, kept.deadline) is None
    with pytest.raises(Conflict, match="Idempotency-Key"):
        records.replay(ANN, Once("key-1", "digest-2"), kept.deadline)
    before = kept.dump()
    with pytest.raises(Conflict, match="Idempotency-Key"):
        records.add(ANN, connection_of(2), CREDENTIAL, ONCE, kept.deadline)
    assert kept.dump() == before
    kept.time.advance(24 * 60 * 60)
    assert records.replay(ANN, ONCE, kept.deadline) is None
    records.add(ANN, connection_of(2), CREDENTIAL, ONCE, kept.deadline)
    assert records.replay(ANN, ONCE, kept.deadline) == connection_of(2).id


def test_an_idempotency_key_of_any_length_is_kept(kept: Kept) -> None:
    once = Once("€" * 5_000, "digest")
    kept.records.add(ANN, connection_of(1), CREDENTIAL, once, kept.deadline)
    assert kept.records.replay(ANN, once, kept.deadline) == connection_of(1).id


def test_a_change_takes_the_place_of_the_version_it_was_made_from(kept: Kept) -> None:
    records, first = kept.records, kept.add(connection_of(1))
    renamed = records.change(ANN, first._replace(label="Home"), None, kept.deadline)
    assert renamed == first._replace(label="Home", version=2)
    assert records.connection(ANN, first.id, kept.deadline) == renamed
    with pytest.raises(Conflict, match="meanwhile"):
        records.change(ANN, first._replace(label="Lost"), None, kept.deadline)
    assert records.connection(ANN, first.id, kept.deadline) == renamed
    assert records.credential(ANN, first.id, kept.deadline) == CREDENTIAL


def test_a_change_that_comes_between_is_not_overwritten(kept: Kept) -> None:
    records, first = kept.records, kept.add(connection_of(1))
    kept.aws.before["TransactWriteItems"] = lambda: kept.restarted().change(
        ANN, first._replace(label="Theirs"), None, kept.deadline
    )
    with pytest.raises(Conflict):
        records.change(ANN, first._replace(label="Ours"), {"api_key": "new"}, kept.deadline)
    assert records.connection(ANN, first.id, kept.deadline).label == "Theirs"
    assert records.credential(ANN, first.id, kept.deadline) == CREDENTIAL


def test_a_replaced_key_is_kept_with_its_connection(kept: Kept) -> None:
    first = kept.add(connection_of(1))
    changed = first._replace(key_hint="beef", status="active")
    replaced = kept.records.change(ANN, changed, {"api_key": "new"}, kept.deadline)
    assert replaced == changed._replace(version=2, credential_version=2)
    assert kept.records.credential(ANN, first.id, kept.deadline) == {"api_key": "new"}


def test_a_key_of_another_account_frees_the_old_one_and_takes_the_new(kept: Kept) -> None:
    first = kept.add(connection_of(1))
    moved = first._replace(account="account-9")
    kept.records.change(ANN, moved, {"api_key": "new"}, kept.deadline)
    with pytest.raises(Conflict):
        kept.add(connection_of(2, account="account-9"))
    kept.add(connection_of(2, account="account-1"))


def test_a_key_of_an_account_that_is_connected_already_changes_nothing(kept: Kept) -> None:
    first = kept.add(connection_of(1))
    kept.add(connection_of(2))
    before = kept.dump()
    with pytest.raises(Conflict, match="connected already"):
        kept.records.change(ANN, first._replace(account="account-2"), CREDENTIAL, kept.deadline)
    assert kept.dump() == before


def test_of_a_removed_connection_nothing_stays_but_the_answer_to_its_request(kept: Kept) -> None:
    records = kept.records
    records.add(ANN, connection_of(1), CREDENTIAL, ONCE, kept.deadline)
    with pytest.raises(Conflict):
        records.remove(ANN, connection_of(1).id, 7, kept.deadline)
    records.remove(ANN, connection_of(1).id, 1, kept.deadline)
    assert sorted(sk.partition("#")[0] for _, sk in kept.dump()) == ["idempotency", "profile"]
    for gone in (
        lambda: records.connection(ANN, connection_of(1).id, kept.deadline),
        lambda: records.credential(ANN, connection_of(1).id, kept.deadline),
        lambda: records.remove(ANN, connection_of(1).id, None, kept.deadline),
        lambda: records.change(ANN, connection_of(1), None, kept.deadline),
    ):
        with pytest.raises(NotFound):
            gone()
    kept.add(connection_of(2, account="account-1"))


def test_a_new_label_keeps_nobody_from_removing_but_who_named_a_version(kept: Kept) -> None:
    first = kept.add(connection_of(1))

    def rename() -> None:
        standing = kept.records.connection(ANN, first.id, kept.deadline)
        kept.restarted().change(ANN, standing._replace(label="x"), None, kept.deadline)

    kept.aws.before["TransactWriteItems"] = rename
    with pytest.raises(Conflict):
        kept.records.remove(ANN, first.id, 1, kept.deadline)
    kept.aws.before["TransactWriteItems"] = rename
    kept.records.remove(ANN, first.id, None, kept.deadline)
    assert [sk for _, sk in kept.dump()] == ["profile"]


@pytest.mark.parametrize(
    "connection_id", ["", "shared", "../profile", "0" * 31, "0" * 5_000, "G" * 32, "é" * 32]
)
def test_what_is_no_id_of_a_connection_is_not_even_looked_for(
    kept: Kept, connection_id: str
) -> None:
    records = kept.records
    for call in (
        lambda: records.connection(ANN, connection_id, kept.deadline),
        lambda: records.credential(ANN, connection_id, kept.deadline),
        lambda: records.remove(ANN, connection_id, None, kept.deadline),
        lambda: records.change(ANN, connection_of(1, id=connection_id), None, kept.deadline),
    ):
        with pytest.raises(NotFound):
            call()
    assert kept.aws.calls == []


def test_a_key_that_kms_does_not_take_whole_is_refused_before_anything_is_called(
    kept: Kept,
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        kept.records.add(ANN, connection_of(1), {"key": "k" * 4_097}, None, kept.deadline)
    assert "kkkk" not in f"{raised.value!r} {raised.value.errors}"
    assert kept.aws.calls == []


def test_all_of_a_viewer_is_forgotten_and_nobody_else(kept: Kept) -> None:
    for number in range(1, 4):
        once = Once(f"key-{number}", "digest")
        kept.records.add(ANN, connection_of(number), CREDENTIAL, once, kept.deadline)
    for number in range(130):  # more than one transaction has room for
        kept.put({"pk": {"S": f"viewer#{ANN}"}, "sk": {"S": f"day#{number:03}"}})
    kept.add(connection_of(7), BOB)
    theirs = {key: item for key, item in kept.dump().items() if BOB in key[0]}
    assert sorted(kept.records.forget(ANN, kept.deadline)) == [
        connection_of(number).id for number in range(1, 4)
    ]
    assert kept.dump() == theirs
    assert list(kept.records.forget(ANN, kept.deadline)) == []


def test_what_is_added_while_all_is_being_forgotten_is_forgotten_too(kept: Kept) -> None:
    kept.add(connection_of(1))
    kept.aws.before["TransactWriteItems"] = lambda: kept.restarted().add(
        ANN, connection_of(2), CREDENTIAL, None, kept.deadline
    )
    ids = kept.records.forget(ANN, kept.deadline)
    assert (list(ids), kept.dump()) == ([connection_of(1).id, connection_of(2).id], {})
