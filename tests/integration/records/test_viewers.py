"""Each viewer by a session of their own, and what is not to be read is not."""

import base64
import io
import threading
import traceback
from contextlib import suppress
from typing import Any

import pytest

from holdings import logs
from holdings.adapters.aws import AwsUnavailable, TransactionCanceled
from holdings.adapters.aws_environment import SigningKey
from holdings.core.connections import Once
from holdings.core.errors import (
    HoldingsError,
    Misconfigured,
    NotFound,
    RecordsUnavailable,
    Unauthenticated,
)
from tests.builders import NOW
from tests.integration.records.conftest import ANN, BOB, CREDENTIAL, ROLE, Kept, connection_of

pytestmark = pytest.mark.parametrize("way", ["signed"])

EXPIRED = AwsUnavailable("ExpiredTokenException", "")


def keys(kept: Kept) -> list[SigningKey | None]:
    return [key for operation, key, _ in kept.aws.calls if operation != "AssumeRole"]


def test_every_call_is_made_by_a_session_with_the_viewer_s_tag(kept: Kept) -> None:
    kept.add(connection_of(1), ANN)
    kept.add(connection_of(2), BOB)
    assumed = [request for name, _, request in kept.aws.calls if name == "AssumeRole"]
    assert assumed == [
        {
            "RoleArn": ROLE,
            "RoleSessionName": f"viewer-{viewer}",
            "DurationSeconds": 3_600,
            "Tags": [{"Key": "viewer", "Value": viewer}],
        }
        for viewer in (ANN, BOB)
    ]
    ann, _, bob, _ = keys(kept)
    assert keys(kept) == [ann, ann, bob, bob]
    assert None not in (ann, bob)
    assert ann != bob


def test_two_viewers_see_nothing_of_each_other(kept: Kept) -> None:
    once, first = Once("key-1", "digest"), connection_of(1)
    kept.records.add(ANN, first, CREDENTIAL, once, kept.deadline)
    before = kept.dump()
    records = kept.records
    assert records.profile(BOB, kept.deadline) is None
    assert list(records.connections(BOB, kept.deadline)) == []
    assert records.replay(BOB, once, kept.deadline) is None
    for foreign in (
        lambda: records.connection(BOB, first.id, kept.deadline),
        lambda: records.credential(BOB, first.id, kept.deadline),
        lambda: records.change(BOB, first, {"api_key": "theirs"}, kept.deadline),
        lambda: records.remove(BOB, first.id, None, kept.deadline),
    ):
        with pytest.raises(NotFound):
            foreign()
    assert list(records.forget(BOB, kept.deadline)) == []
    assert kept.dump() == before


@pytest.mark.parametrize("to", [(BOB, 1), (ANN, 2)], ids=["viewer", "connection"])
def test_a_ciphertext_that_was_moved_opens_nothing(kept: Kept, to: tuple[str, int]) -> None:
    viewer, number = to
    kept.add(connection_of(1), ANN)
    kept.add(connection_of(number), viewer)
    stolen = kept.dump()[f"viewer#{ANN}", f"credential#{connection_of(1).id}"]
    place = {
        "pk": {"S": f"viewer#{viewer}"},
        "sk": {"S": f"credential#{connection_of(number).id}"},
    }
    kept.put({**stolen, **place})
    with pytest.raises(RecordsUnavailable):
        kept.records.credential(viewer, connection_of(number).id, kept.deadline)
    assert kept.records.credential(ANN, connection_of(1).id, kept.deadline) == CREDENTIAL


@pytest.mark.parametrize(
    "viewer",
    ["", "shared", "*", "a#b", "${aws:PrincipalTag/viewer}", "a b", "ä", "a\n", "v" * 129, "?"],
)
def test_an_id_that_could_be_more_than_an_id_is_refused_before_any_call(
    kept: Kept, viewer: str
) -> None:
    for call in (
        lambda: kept.records.profile(viewer, kept.deadline),
        lambda: kept.records.connections(viewer, kept.deadline),
        lambda: kept.add(connection_of(1), viewer),
        lambda: kept.records.credential(viewer, connection_of(1).id, kept.deadline),
        lambda: kept.records.forget(viewer, kept.deadline),
    ):
        with pytest.raises(Unauthenticated):
            call()
    assert kept.aws.calls == []


def test_a_session_is_kept_until_shortly_before_it_ends(kept: Kept) -> None:
    for _ in range(3):
        kept.records.profile(ANN, kept.deadline)
    kept.time.advance(3_299)
    kept.records.profile(ANN, kept.deadline)
    assert kept.aws.operations().count("AssumeRole") == 1
    kept.time.advance(1)
    kept.records.profile(ANN, kept.deadline)
    assert kept.aws.operations().count("AssumeRole") == 2


def test_a_session_that_ended_early_is_assumed_anew_within_the_request(kept: Kept) -> None:
    kept.add(connection_of(1))
    before = len(kept.aws.calls)
    kept.aws.errors = {"Decrypt": [EXPIRED]}
    assert kept.records.credential(ANN, connection_of(1).id, kept.deadline) == CREDENTIAL
    assert kept.aws.operations()[before:] == ["GetItem", "Decrypt", "AssumeRole", "Decrypt"]
    old, fresh = keys(kept)[-2:]
    assert old != fresh


def test_a_session_that_goes_on_ending_is_not_assumed_in_a_loop(kept: Kept) -> None:
    kept.aws.errors = {"TransactWriteItems": [EXPIRED] * 9}
    with pytest.raises(Misconfigured):
        kept.add(connection_of(1))
    assert kept.aws.operations().count("AssumeRole") == 2
    assert kept.dump() == {}


def test_of_many_viewers_only_those_who_called_last_have_a_session(kept: Kept) -> None:
    for number in range(257):
        kept.aws.errors = {"GetItem": [AwsUnavailable("ThrottlingException", "")]}
        with pytest.raises(RecordsUnavailable):
            kept.records.profile(f"viewer-{number}", kept.deadline)
    assert kept.aws.operations().count("AssumeRole") == 257
    kept.records.profile("viewer-256", kept.deadline)
    kept.records.profile("viewer-1", kept.deadline)
    assert kept.aws.operations().count("AssumeRole") == 257
    kept.records.profile("viewer-0", kept.deadline)
    assert kept.aws.operations().count("AssumeRole") == 258


def test_requests_of_one_viewer_at_one_moment_assume_one_session(kept: Kept) -> None:
    assuming, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        assuming.set()
        assert go_on.wait(60)

    kept.aws.before["AssumeRole"] = wait
    found: list[object] = []

    def read() -> None:
        found.append(kept.records.profile(ANN, kept.deadline))

    threads = [threading.Thread(target=read) for _ in range(4)]
    threads[0].start()
    assert assuming.wait(60)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert found == [None] * 4
    assert kept.aws.operations().count("AssumeRole") == 1


# What is kept is hostile until it is read as ours.

BROKEN: list[dict[str, Any]] = [
    {"label": {"N": "1"}},
    {"label": {"S": "x" * 61}},
    {"status": {"S": "deleted"}},
    {"account": {"NULL": True}},
    {"created_at": {"N": "1e9"}},
    {"created_at": {"N": "-1"}},
    {"version": {"N": "9" * 38}},
    {"version": {"S": "1"}},
    {"rights": {"S": "view"}},
    {"rights": {"L": [{"N": "1"}]}},
    {"rights": {"L": [{"S": "view"}] * 17}},
    {"last_error": {"S": "oops"}},
    {"last_error": {"M": {"code": {"S": "c"}}}},
]


@pytest.mark.parametrize("change", BROKEN, ids=str)
def test_a_connection_that_is_not_ours_is_an_error_with_a_line(
    kept: Kept, change: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    kept.add(connection_of(1))
    item = kept.dump()[f"viewer#{ANN}", f"connection#{connection_of(1).id}"]
    kept.put({**item, **change})
    with pytest.raises(RecordsUnavailable):
        kept.records.connections(ANN, kept.deadline)
    with pytest.raises(RecordsUnavailable):
        kept.records.connection(ANN, connection_of(1).id, kept.deadline)
    events = [vars(record).get("event") for record in caplog.records]
    assert events == ["records_failure"] * 2
    assert list(kept.records.forget(ANN, kept.deadline)) == [connection_of(1).id]


@pytest.mark.parametrize(
    ("sort_key", "item"),
    [
        ("profile", {"currency": {"S": "USD"}}),
        ("profile", {"insights": {"S": "yes"}}),
        (f"credential#{connection_of(1).id}", {}),
        (f"credential#{connection_of(1).id}", {"ciphertext": {"S": "plain"}}),
        (f"credential#{connection_of(1).id}", {"ciphertext": {"B": b"nothing that KMS made"}}),
        ("idempotency", {"digest": {"S": "d"}}),
        ("idempotency", {"ttl": {"N": str(NOW + 9)}, "digest": {"N": "1"}}),
    ],
    ids=str,
)
def test_any_other_item_that_is_not_ours_is_an_error_too(
    kept: Kept, sort_key: str, item: dict[str, Any]
) -> None:
    once = Once("key-1", "digest")
    if sort_key == "idempotency":
        kept.records.add(ANN, connection_of(1), CREDENTIAL, once, kept.deadline)
        (sort_key,) = (sk for _, sk in kept.dump() if sk.startswith("idempotency"))
    kept.put({"pk": {"S": f"viewer#{ANN}"}, "sk": {"S": sort_key}, **item})
    read = {
        "profile": lambda: kept.records.profile(ANN, kept.deadline),
        "credential": lambda: kept.records.credential(ANN, connection_of(1).id, kept.deadline),
        "idempotency": lambda: kept.records.replay(ANN, once, kept.deadline),
    }[sort_key.partition("#")[0]]
    with pytest.raises(RecordsUnavailable):
        read()


def test_no_key_is_in_any_log_error_or_repr(kept: Kept, logged: io.StringIO) -> None:
    logs.configure("DEBUG")
    shown: list[str] = []
    kept.add(connection_of(1))
    for operation in ("AssumeRole", "Encrypt", "Decrypt", "GetItem", "TransactWriteItems"):
        for error in (AwsUnavailable("AccessDeniedException", ""), TransactionCanceled([])):
            if isinstance(error, TransactionCanceled) and operation != "TransactWriteItems":
                continue
            kept.aws.errors = {}
            standing = kept.records.connection(ANN, connection_of(1).id, kept.deadline)
            records = kept.restarted()
            kept.aws.errors = {operation: [error] * 2}
            with suppress(HoldingsError):
                records.credential(ANN, connection_of(1).id, kept.deadline)
            try:
                records.change(ANN, standing, CREDENTIAL, kept.deadline)
            except HoldingsError as raised:
                shown.append("".join(traceback.format_exception(raised)))
            shown.append(repr(vars(records)))
    kept.aws.errors = {}
    assert kept.records.credential(ANN, connection_of(1).id, kept.deadline) == CREDENTIAL
    assert len([text for text in shown if "Traceback" in text]) == 5
    assert "AccessDenied" in logged.getvalue()
    for form in ("xyzzy", base64.b64encode(b'{"api_key":"canary').decode()):
        assert form not in "".join(shown) + logged.getvalue() + str(kept.dump())
