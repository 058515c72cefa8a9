"""AWS fails: a coded error with its remedy, and nothing half-kept."""

from collections.abc import Callable

import pytest
from botocore.exceptions import NoRegionError

from holdings.adapters.aws import AwsUnavailable, TransactionCanceled
from holdings.core.clock import Deadline
from holdings.core.errors import Misconfigured, RecordsUnavailable
from tests.integration.records.conftest import ANN, CREDENTIAL, TABLE, Kept, connection_of

pytestmark = pytest.mark.parametrize("way", ["signed"])

WRITING = ("AssumeRole", "Encrypt", "TransactWriteItems")
READING = ("AssumeRole", "GetItem", "Decrypt")

CODES = [
    ("ThrottlingException", RecordsUnavailable),
    ("ProvisionedThroughputExceededException", RecordsUnavailable),
    ("InternalServerError", RecordsUnavailable),
    ("Timeout", RecordsUnavailable),
    ("ConnectTimeoutError", RecordsUnavailable),
    ("ValidationException", RecordsUnavailable),
    ("AccessDenied", Misconfigured),
    ("AccessDeniedException", Misconfigured),
    ("DisabledException", Misconfigured),
    ("KMSInvalidStateException", Misconfigured),
    ("ResourceNotFoundException", Misconfigured),
    ("NoRegionError", Misconfigured),
]


@pytest.mark.parametrize("operation", WRITING)
@pytest.mark.parametrize(("code", "kind"), CODES)
def test_a_connection_that_cannot_be_kept_leaves_nothing_behind(
    kept: Kept,
    operation: str,
    code: str,
    kind: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept.aws.errors = {operation: [AwsUnavailable(code, "m")]}
    with pytest.raises(kind, match=code):
        kept.add(connection_of(1))
    assert kept.dump() == {}
    (line,) = (record for record in caplog.records if hasattr(record, "event"))
    service = {"AssumeRole": "sts", "Encrypt": "kms"}.get(operation, "dynamodb")
    seen = {name: vars(line)[name] for name in ("event", "service", "code")}
    assert seen == {"event": "records_failure", "service": service, "code": code}
    kept.add(connection_of(1))
    assert kept.records.credential(ANN, connection_of(1).id, kept.deadline) == CREDENTIAL


@pytest.mark.parametrize("operation", READING)
@pytest.mark.parametrize(("code", "kind"), CODES)
def test_a_key_that_cannot_be_read_says_why(
    kept: Kept, operation: str, code: str, kind: type[Exception]
) -> None:
    kept.add(connection_of(1))
    records = kept.restarted()
    kept.aws.errors = {operation: [AwsUnavailable(code, "m")]}
    with pytest.raises(kind, match=code):
        records.credential(ANN, connection_of(1).id, kept.deadline)
    assert records.credential(ANN, connection_of(1).id, kept.deadline) == CREDENTIAL


def test_a_table_that_is_missing_is_the_operator_s_to_set_right(kept: Kept) -> None:
    kept.dynamodb.delete_table(TableName=TABLE)
    calls: list[Callable[[], object]] = [
        lambda: kept.records.profile(ANN, kept.deadline),
        lambda: kept.records.connections(ANN, kept.deadline),
        lambda: kept.add(connection_of(1)),
        lambda: kept.records.forget(ANN, kept.deadline),
    ]
    for call in calls:
        with pytest.raises(Misconfigured, match="the records table cannot be used"):
            call()


def test_without_a_region_the_remedy_is_to_set_one(kept: Kept) -> None:
    kept.aws.errors = {"AssumeRole": [AwsUnavailable(NoRegionError.__name__, NoRegionError.fmt)]}
    with pytest.raises(Misconfigured, match="NoRegionError"):
        kept.records.profile(ANN, kept.deadline)


def test_when_the_deadline_has_passed_nothing_is_kept(kept: Kept) -> None:
    over = Deadline.after(0, kept.time.clock)
    with pytest.raises(RecordsUnavailable):
        kept.records.add(ANN, connection_of(1), CREDENTIAL, None, over)
    assert kept.dump() == {}


def canceled(*codes: str) -> TransactionCanceled:
    return TransactionCanceled([{"Code": code} for code in codes])


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_write_that_met_another_is_tried_again_as_the_same_write(kept: Kept, reason: str) -> None:
    kept.aws.errors = {"TransactWriteItems": [canceled("None", reason), canceled(reason)]}
    kept.add(connection_of(1))
    tokens = [
        request["ClientRequestToken"]
        for name, _, request in kept.aws.calls
        if name == "TransactWriteItems"
    ]
    assert (len(tokens), len(set(tokens))) == (3, 1)
    assert kept.time.sleeps == [0.05, 0.1]
    assert list(kept.records.connections(ANN, kept.deadline)) == [connection_of(1)]


@pytest.mark.parametrize(("reason", "attempts"), [("TransactionConflict", 4), ("Unheard", 1)])
def test_a_write_that_goes_on_being_refused_is_given_up(
    kept: Kept, reason: str, attempts: int, caplog: pytest.LogCaptureFixture
) -> None:
    kept.aws.errors = {"TransactWriteItems": [canceled(reason)] * 9}
    with pytest.raises(RecordsUnavailable):
        kept.add(connection_of(1))
    assert kept.aws.operations().count("TransactWriteItems") == attempts
    assert kept.dump() == {}
    assert "records_failure" in [vars(record).get("event") for record in caplog.records]


def test_who_is_interrupted_while_forgetting_is_told_all_ids_the_next_time(kept: Kept) -> None:
    for number in range(1, 21):
        kept.add(connection_of(number))
    for number in range(100):
        kept.put({"pk": {"S": f"viewer#{ANN}"}, "sk": {"S": f"day#{number:03}"}})

    def fail_next() -> None:
        kept.aws.errors = {"TransactWriteItems": [AwsUnavailable("Timeout", "")]}

    kept.aws.before["TransactWriteItems"] = fail_next
    with pytest.raises(RecordsUnavailable):
        kept.records.forget(ANN, kept.deadline)
    left = {sk.partition("#")[0] for _, sk in kept.dump()}
    assert "credential" not in left
    assert {"connection", "profile"} <= left
    assert len(kept.records.forget(ANN, kept.deadline)) == 20
    assert kept.dump() == {}


def test_an_answer_of_kms_that_is_none_is_an_error(kept: Kept) -> None:
    kept.add(connection_of(1))
    for plaintext in (b"[]", b"{}", b'{"a": 1}', b"\xff", b"[" * 3_000):
        forged = kept.kms.encrypt(
            KeyId=kept.key,
            Plaintext=plaintext,
            EncryptionContext={
                "app": "holdings",
                "environment": "dev",
                "viewer": ANN,
                "connection": connection_of(1).id,
            },
        )["CiphertextBlob"]
        place = {
            "pk": {"S": f"viewer#{ANN}"},
            "sk": {"S": f"credential#{connection_of(1).id}"},
        }
        kept.put({**place, "ciphertext": {"B": forged}})
        with pytest.raises(RecordsUnavailable):
            kept.records.credential(ANN, connection_of(1).id, kept.deadline)
