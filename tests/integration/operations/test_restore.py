"""What was lost of a viewer comes back from a restored table, and what came since stays.

moto restores a table as it is, whatever moment is asked for: it is restored here before the damage.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from boto3.session import Session
from botocore import xform_name

from holdings.adapters.records import DynamoDBRecords
from holdings.adapters.records.sessions import Service
from holdings.core.clock import Deadline
from holdings.core.connections import Connection, Profile
from holdings.core.errors import NotFound
from holdings.core.record_ports import KeptMonth
from operations.errors import OperationError
from operations.restore import Tables, restore
from operations.viewers import forget
from tests.builders import FakeClock
from tests.integration.operations.conftest import Operate, Pulumi

ANN, BOB = "9c1f0000-aaaa-4bbb-8ccc-00000000000a", "9c1f0000-aaaa-4bbb-8ccc-00000000000b"
LIVE, CACHE = "holdings-dev-records", "holdings-dev-cache"
TABLES = Tables(restored=f"{LIVE}-restored", live=LIVE, cache=CACHE)
MAIN, HOME = (
    Connection(number * 32, "coinbase_exchange", label, f"account-{label}", "f00d", 1_795_000_000)
    for number, label in (("1", "Main"), ("2", "Home"))
)
Dump = dict[tuple[str, str], dict[str, Any]]


class Kept:
    """The records of two viewers, written by the app's own adapter."""

    def __init__(self, aws: Session, time: FakeClock) -> None:
        self.dynamodb: Any = aws.client("dynamodb")
        self.kms: Any = aws.client("kms")
        self.time = time
        for table, keys in ((LIVE, {"pk": "HASH", "sk": "RANGE"}), (CACHE, {"pk": "HASH"})):
            self.dynamodb.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )
        key = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.app = DynamoDBRecords(
            self, table=LIVE, key_id=key, environment="dev", clock=time.clock
        )
        for viewer in (ANN, BOB):
            for connection in (MAIN, HOME):
                self.add(connection, viewer)
        self.app.history.put_month(
            ANN, MAIN.id, "2026-10", KeptMonth(b"entries", b"s", False, 0), self.deadline
        )

    def call(
        self,
        viewer: str,
        service: Service,
        operation: str,
        request: Mapping[str, Any],
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        client = self.kms if service == "kms" else self.dynamodb
        return getattr(client, xform_name(operation))(**request)

    @property
    def deadline(self) -> Deadline:
        return Deadline.after(600, self.time.clock)

    def add(self, connection: Connection, viewer: str = ANN) -> None:
        self.app.add(viewer, connection, {"api_key": connection.label}, None, self.deadline)

    def dump(self, table: str = LIVE) -> Dump:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table)
        items = [item for page in pages for item in page["Items"]]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}

    def restored(self) -> Dump:
        """Have DynamoDB restore the table as it is now, and return what is in it."""
        self.dynamodb.update_continuous_backups(
            TableName=LIVE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        self.dynamodb.restore_table_to_point_in_time(
            SourceTableName=LIVE, TargetTableName=TABLES.restored, UseLatestRestorableTime=True
        )
        return self.dump(TABLES.restored)

    def restore(self, *, agreed: bool = True, overwrite: bool = False) -> list[str]:
        clock = self.time.clock
        told = restore(self.dynamodb, TABLES, ANN, agreed=agreed, overwrite=overwrite, clock=clock)
        return list(told)


@pytest.fixture
def kept(aws: Session, time: FakeClock) -> Kept:
    return Kept(aws, time)


def test_a_viewer_who_was_forgotten_comes_back_whole_with_keys_that_open(kept: Kept) -> None:
    before = kept.restored()
    forget(kept.dynamodb, LIVE, CACHE, ANN)
    kept.dynamodb.put_item(TableName=CACHE, Item={"pk": {"S": f"answer#{ANN}"}})
    assert kept.restore() == [
        "  missing  history of Main (coinbase_exchange), 2 items",
        "  missing  profile, 1 item",
        "  missing  connection of Main (coinbase_exchange), 3 items",
        "  missing  connection of Home (coinbase_exchange), 3 items",
        "4 of these are back; the next look reads them",
    ]
    assert kept.dump() == before
    assert kept.app.credential(ANN, HOME.id, kept.deadline) == {"api_key": "Home"}
    assert kept.dynamodb.scan(TableName=CACHE)["Items"] == []
    assert kept.restore() == ["nothing is to be put back"]


def test_without_yes_nothing_is_written(kept: Kept) -> None:
    kept.restored()
    forget(kept.dynamodb, LIVE, CACHE, ANN)
    before = kept.dump()
    assert kept.restore(agreed=False)[-1] == (
        "nothing was written: YES=1 puts back what is missing; OVERWRITE=1 also what differs"
    )
    assert kept.dump() == before


def test_what_came_since_stays_and_the_connections_are_counted_anew(kept: Kept) -> None:
    kept.restored()
    kept.app.remove(ANN, MAIN.id, None, kept.deadline)
    newer = Profile(1_795_000_000, currency="EUR")
    kept.app.put_profile(ANN, newer, 1, kept.deadline)
    kept.add(Connection("3" * 32, "coinbase_exchange", "New", "account-New", "f00d", 1))
    assert kept.restore(agreed=False)[:-1] == [
        "  missing  history of Main (coinbase_exchange), 2 items",
        "  differs  profile, 1 item",
        "  missing  connection of Main (coinbase_exchange), 3 items",
    ]
    kept.restore()
    labels = {each.label for each in kept.app.connections(ANN, kept.deadline)}
    assert labels == {"Main", "Home", "New"}
    profile = kept.dump()[f"viewer#{ANN}", "profile"]
    assert (profile["currency"]["S"], profile["connections"]["N"]) == ("EUR", "3")


def test_what_differs_is_put_back_where_it_is_said_and_leaves_no_part_of_another_time(
    kept: Kept,
) -> None:
    before = kept.restored()
    kept.app.change(ANN, MAIN, {"api_key": "changed"}, kept.deadline)
    longer = KeptMonth(b"y" * 400_000, b"t", False, 1)
    kept.app.history.put_month(ANN, MAIN.id, "2026-10", longer, kept.deadline)
    changed = kept.dump()
    assert len(changed) == len(before) + 1  # a second piece
    assert kept.restore()[-1] == "nothing is to be put back"
    assert kept.dump() == changed
    kept.restore(overwrite=True)
    assert kept.dump() == before
    assert kept.app.credential(ANN, MAIN.id, kept.deadline) == {"api_key": "Main"}


def test_an_account_that_another_connection_has_by_now_is_not_connected_twice(kept: Kept) -> None:
    kept.restored()
    kept.app.remove(ANN, MAIN.id, None, kept.deadline)
    again = Connection("4" * 32, "coinbase_exchange", "Again", MAIN.account, "f00d", 1)
    kept.add(again)
    before = kept.dump()
    reason = "(its account is connected by another connection now)"
    assert kept.restore(overwrite=True) == [
        f"  left out history of Main (coinbase_exchange) {reason}, 2 items",
        f"  left out connection of Main (coinbase_exchange) {reason}, 3 items",
        "nothing is to be put back",
    ]
    assert kept.dump() == before


def test_a_run_that_was_interrupted_is_finished_by_the_next(kept: Kept) -> None:
    before = kept.restored()
    forget(kept.dynamodb, LIVE, CACHE, ANN)
    half = [item for (pk, _), item in before.items() if pk == f"viewer#{ANN}"][::2]
    for item in half:
        kept.dynamodb.put_item(TableName=LIVE, Item=item)
    kept.restore()
    assert kept.dump() == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_changes_in_the_same_moment_is_not_lost(kept: Kept, overwrite: bool) -> None:
    kept.restored()
    if overwrite:
        kept.app.put_profile(ANN, Profile(1), 1, kept.deadline)
    else:
        forget(kept.dynamodb, LIVE, CACHE, ANN)
    told = restore(
        kept.dynamodb, TABLES, ANN, agreed=True, overwrite=overwrite, clock=kept.time.clock
    )
    next(told)  # it has read both tables
    newest = Profile(2, currency="EUR")
    newest = kept.app.put_profile(ANN, newest, 2 if overwrite else None, kept.deadline)
    with pytest.raises(OperationError, match="profile has been changed meanwhile: look again"):
        list(told)
    assert kept.app.profile(ANN, kept.deadline) == newest


def test_what_has_ended_does_not_come_back(kept: Kept) -> None:
    """A restored table does not delete by time: what has an end counts by it."""
    key = {"pk": {"S": f"viewer#{ANN}"}, "sk": {"S": "alert-event#1"}}
    ends = {"ttl": {"N": str(int(kept.time.clock.now()) - 1)}}
    kept.dynamodb.put_item(TableName=LIVE, Item={**key, **ends})
    kept.restored()
    kept.dynamodb.delete_item(TableName=LIVE, Key=key)
    assert kept.restore() == ["nothing is to be put back"]


@pytest.mark.parametrize(
    ("viewer", "message"),
    [("nobody", "has nothing of nobody: is it of another moment?"), ("a b", "is no sub")],
)
def test_a_viewer_of_whom_nothing_is_there_is_named(
    kept: Kept, pulumi: Pulumi, operate: Operate, viewer: str, message: str
) -> None:
    pulumi.outputs(records_table=LIVE, table=CACHE)
    kept.restored()
    said = operate("restore-viewer", "--viewer", viewer, "--yes")
    assert (said.code, message in said.err) == (1, True)


def test_the_command_reads_the_restored_table_beside_the_stack_s_own(
    kept: Kept, pulumi: Pulumi, operate: Operate
) -> None:
    pulumi.outputs(records_table=LIVE, table=CACHE)
    missing = operate("restore-viewer", "--viewer", ANN, "--yes")
    assert (missing.code, "ResourceNotFoundException" in missing.err) == (1, True)
    before = kept.restored()
    kept.app.forget(ANN, kept.deadline)
    assert operate("restore-viewer", "--viewer", ANN, "--yes").code == 0
    assert kept.dump() == before
    with pytest.raises(NotFound):
        kept.app.connection(ANN, "5" * 32, kept.deadline)
