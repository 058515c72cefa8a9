"""A failing table never costs the answer."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from holdings.adapters import aws
from tests.integration.conftest import TABLE, Laptop, as_made


class FailingTable:
    """DynamoDB's client, failing in one or both of its operations."""

    def __init__(self, error: Exception, *operations: str) -> None:
        self._client = boto3.client("dynamodb")
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


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "PutItem")


def test_a_missing_table_costs_a_warning(laptop: Laptop) -> None:
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    for _ in range(2):
        response = laptop.get()
        assert (response.status_code, response.headers["X-Cache"]) == (200, "MISS")
        assert laptop.warnings(response) == ["cache_unavailable"]
        assert TABLE in response.json["warnings"][0]["detail"]  # pyright: ignore[reportOptionalSubscript]


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
    monkeypatch: pytest.MonkeyPatch, laptop: Laptop, fault: Exception, operations: tuple[str, ...]
) -> None:
    table = FailingTable(fault, *operations)
    monkeypatch.setattr(aws, "dynamodb", as_made(table))
    laptop.restart()
    response = laptop.get()
    assert response.status_code == 200
    assert laptop.warnings(response) == ["cache_unavailable"]


def test_with_table_and_coinbase_down_the_coinbase_error_is_told(laptop: Laptop) -> None:
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    laptop.simulator.stop()
    response = laptop.get()
    assert (response.status_code, laptop.code(response)) == (503, "coinbase_unavailable")


def test_aws_is_not_waited_for_longer_than_a_request_allows() -> None:
    for client in (aws.dynamodb("eu-west-1")(), aws.secrets_manager("eu-west-1")()):
        config = vars(client.meta.config)
        assert (config["connect_timeout"], config["read_timeout"]) == (1.0, 1.5)
        assert config["retries"] == {"mode": "standard", "total_max_attempts": 2}


def test_a_client_is_made_once() -> None:
    client = aws.dynamodb("eu-west-1")
    assert client() is client()
