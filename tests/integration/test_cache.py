"""The table: it never costs the answer, and what lies in it is not trusted."""

import random
import uuid
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from holdings.adapters import tls
from holdings.adapters.aws import Aws, AwsService
from holdings.adapters.dynamodb import DynamoDBCache
from tests.builders import NOW
from tests.integration.conftest import ANSWER, READING, SIGNED_IN, TABLE, Laptop, moto_client


class FailingTable:
    """DynamoDB's client, failing in one or both of its operations."""

    def __init__(self, error: Exception, *operations: str) -> None:
        self._client = moto_client("dynamodb")
        self._error = error
        self._operations = operations

    def get_item(self, **kwargs: Any) -> Any:
        return self._call("get_item", kwargs)

    def put_item(self, **kwargs: Any) -> Any:
        return self._call("put_item", kwargs)

    def _call(self, operation: str, kwargs: dict[str, Any]) -> Any:
        if operation in self._operations:
            raise self._error
        return getattr(self._client, operation)(**kwargs)


def cache_of(client: object) -> DynamoDBCache:
    return DynamoDBCache(AwsService(lambda: client), TABLE)


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "PutItem")


def test_a_missing_table_costs_a_warning(laptop: Laptop) -> None:
    moto_client("dynamodb").delete_table(TableName=TABLE)
    for outcome in ("MISS", "HIT", "HIT"):
        response = laptop.get()
        assert (response.status_code, response.headers["X-Cache"]) == (200, outcome)
        assert laptop.warnings(response) == ["cache_unavailable"]
        assert response.json
        assert TABLE in response.json["warnings"][0]["detail"]
    assert laptop.asked() == 1


@pytest.mark.parametrize("operations", [("get_item",), ("put_item",), ("get_item", "put_item")])
@pytest.mark.parametrize(
    "fault",
    [
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
        error("AccessDeniedException"),
        error("InternalServerError"),
        ConnectTimeoutError(endpoint_url="https://x"),
    ],
    ids=lambda fault: type(fault).__name__ + str(getattr(fault, "response", "")),
)
def test_a_table_that_refuses_reads_or_writes_costs_a_warning(
    laptop: Laptop, fault: Exception, operations: tuple[str, ...]
) -> None:
    laptop.cache = cache_of(FailingTable(fault, *operations))
    laptop.restart()
    for refresh in ("?refresh=true", "?refresh=true", ""):
        response = laptop.get(refresh)
        assert response.status_code == 200
        assert laptop.warnings(response) == ["cache_unavailable"]
    assert laptop.asked() == 1  # the process keeps its reading and its cool-down


def test_with_table_and_coinbase_down_the_coinbase_error_is_reported(laptop: Laptop) -> None:
    moto_client("dynamodb").delete_table(TableName=TABLE)
    laptop.simulator.stop()
    response = laptop.get()
    assert (response.status_code, laptop.code(response)) == (503, "exchange_unavailable")


def test_aws_is_not_waited_for_longer_than_a_request_allows() -> None:
    for name in ("dynamodb", "secretsmanager", "kms", "sts"):
        service = Aws(None, "eu-west-1", tls.context).service(name)
        config = cast("dict[str, Any]", vars(service.client.meta.config))
        assert (config["connect_timeout"], config["read_timeout"]) == (1.0, 1.5)
        assert config["retries"] == {"mode": "standard", "total_max_attempts": 2}
        assert service.client is service.client


# What lies in the table is hostile until it has been proven to be ours.


def stored(pk: str) -> dict[str, Any] | None:
    item = moto_client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": pk}}).get("Item")
    return cast("dict[str, Any] | None", item)


def store(item: dict[str, Any], pk: str) -> None:
    moto_client("dynamodb").put_item(TableName=TABLE, Item={**item, "pk": {"S": pk}})


@pytest.mark.parametrize(
    "change",
    [
        {"payload": {"S": '{"as_of": "2026-11-21T09:30:00Z"}'}},
        {"payload": {"S": "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace")}},
        {"payload": {"N": "7"}},
        {"payload": {"L": []}},
        {"packed": {"S": '{"as_of": "2026-11-21T09:30:00Z"}'}},
        {"packed": {"N": "7"}},
        {"as_of": {"N": "9" * 38}},
        {"as_of": {"N": "1e125"}},
        {"as_of": {"S": "NaN"}},
        {"as_of": {"NULL": True}},
        {"expires_at": {"N": "9" * 38}},
        {"expires_at": {"N": "-1"}},
        {"sequence": {"N": "9" * 38}},
        {"sequence": {"S": "later"}},
        {"digest": {"S": ""}},
        {"digest": {"B": b"x"}},
    ],
    ids=str,
)
def test_an_item_that_is_not_ours_to_the_last_digit_is_read_anew_and_replaced(
    laptop: Laptop, change: dict[str, Any]
) -> None:
    laptop.get()
    for place in (READING, ANSWER):
        good = stored(place)
        assert good
        if "payload" in change:
            del good["packed"]  # which would count in its place
        store({**good, **change}, place)
    laptop.restart()
    laptop.time.advance(20)
    assert [laptop.get().headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
    for place in (READING, ANSWER):
        again = stored(place)
        assert again
        assert again["as_of"] == {"N": str(NOW + 20)}


@pytest.mark.parametrize(
    "lease",
    [
        {"until": {"N": "9" * 38}, "since": {"N": "9" * 38}},
        {"until": {"N": str(NOW + 3_000)}, "since": {"N": str(NOW)}},
        {"until": {"S": "tomorrow"}},
        {},
        {"until": {"N": str(NOW + 10**6)}, "since": {"N": "1"}, "code": {"S": "exchange_timeout"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("right", ["read", "refresh"])
def test_a_lease_that_was_never_ours_keeps_nobody_from_reading(
    laptop: Laptop, lease: dict[str, Any], right: str
) -> None:
    laptop.get()
    for place in (READING, ANSWER):
        store(lease, f"{place}#{right}")
    laptop.time.advance(11)
    assert laptop.get("?refresh=true").headers["X-Cache"] == "REFRESH"
    assert laptop.time.sleeps == []


def test_a_failure_with_a_code_that_is_none_is_only_a_lease(laptop: Laptop) -> None:
    item = {
        "since": {"N": str(NOW)},
        "until": {"N": str(NOW + 4)},
        "code": {"S": "<script>"},
        "detail": {"S": "x"},
    }
    store(item, f"{READING}#read")
    assert laptop.get().headers["X-Cache"] == "MISS"
    assert sum(laptop.time.sleeps) < 6


def test_a_write_that_arrives_twice_is_one_lease(laptop: Laptop) -> None:
    """The client sends again when an answer is lost; the second finds the first one's item."""

    class Twice(FailingTable):
        def put_item(self, **kwargs: Any) -> Any:
            super().put_item(**kwargs)
            return super().put_item(**kwargs)

    laptop.cache = cache_of(Twice(Exception()))
    laptop.restart()
    assert laptop.get("?refresh=true").headers["X-Cache"] == "REFRESH"
    assert laptop.time.sleeps == []


def test_a_reading_costs_six_calls_once_there_are_prices_and_a_hit_one(laptop: Laptop) -> None:
    calls: list[str] = []

    class Counting(FailingTable):
        def _call(self, operation: str, kwargs: dict[str, Any]) -> Any:
            calls.append(operation)
            return super()._call(operation, kwargs)

    laptop.simulator.exchange.accounts = many(3)
    laptop.cache = cache_of(Counting(Exception()))
    laptop.restart()
    laptop.client.get("/prices?of=BTC", environ_overrides=SIGNED_IN)  # for everybody
    laptop.restart()
    calls.clear()
    laptop.get()
    # The answer, the reading with its lease, and the prices; then the reading and the answer are
    # kept.
    assert sorted(calls) == [*["get_item"] * 3, *["put_item"] * 3]
    calls.clear()
    laptop.get()
    assert calls == ["get_item"]


def many(count: int) -> list[dict[str, str]]:
    """Accounts whose ids no compression makes small."""
    return [
        {
            "id": str(uuid.UUID(int=random.getrandbits(128))),
            "currency": f"C{number}",
            "balance": "1",
            "available": "1",
            "hold": "0",
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [500, 10_000], ids=["packed", "in pieces"])
def test_a_document_of_any_size_is_kept_and_comes_back_whole(laptop: Laptop, count: int) -> None:
    laptop.simulator.exchange.accounts = many(count)
    first = laptop.get()
    assert (first.headers["X-Cache"], laptop.warnings(first)) == ("MISS", [])
    laptop.restart()
    second = laptop.get()
    assert (second.headers["X-Cache"], second.data) == ("HIT", first.data)
    assert second.json
    assert len(second.json["holdings"]) == count


@pytest.mark.parametrize("change", [{"packed": {"S": "x"}}, {"pieces": {"N": "99"}}, {}], ids=str)
def test_a_document_of_which_a_piece_is_lost_or_foreign_is_read_anew(
    laptop: Laptop, change: dict[str, Any]
) -> None:
    laptop.simulator.exchange.accounts = many(10_000)
    laptop.get()
    for place in (READING, ANSWER):
        main = stored(place)
        assert main
        assert int(main["pieces"]["N"]) >= 1
        if change:
            store({**main, **change}, place)
        else:
            piece = {"pk": {"S": f"{place}#{main['digest']['S']}#0"}}
            moto_client("dynamodb").delete_item(TableName=TABLE, Key=piece)
    laptop.restart()
    laptop.time.advance(20)
    assert [laptop.get().headers["X-Cache"] for _ in range(2)] == ["MISS", "HIT"]
