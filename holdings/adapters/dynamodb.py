"""The snapshot cache: one item a portfolio in a DynamoDB table."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from holdings.core.errors import CacheUnavailable
from holdings.core.snapshot import CachedSnapshot

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


class DynamoDBSnapshotCache:
    """Implements `holdings.core.ports.SnapshotCache`.

    Item: `pk` (S) holdings#<user>, `payload` (S) the finished JSON document, and in epoch seconds
    (N) `as_of`, `expires_at`, `refreshed_at` and `ttl`, after which DynamoDB may delete it.
    """

    def __init__(self, client: "Callable[[], DynamoDBClient]", table: str, user_id: str) -> None:
        self._client = client
        self._table = table
        self._pk = f"holdings#{user_id}"

    def get(self) -> CachedSnapshot | None:
        try:
            # Consistent, or the read after a write could miss it and ask Coinbase again.
            answer = self._client().get_item(
                TableName=self._table, Key={"pk": {"S": self._pk}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise self._unavailable("read", error) from None
        item = answer.get("Item")
        return _parse_item(item) if item else None

    def put(self, entry: CachedSnapshot) -> None:
        item: dict[str, AttributeValueTypeDef] = {
            "pk": {"S": self._pk},
            "payload": {"S": entry.payload},
            "as_of": {"N": str(entry.as_of)},
            "expires_at": {"N": str(entry.expires_at)},
            "refreshed_at": {"N": str(entry.refreshed_at)},
            "ttl": {"N": str(entry.keep_until)},
        }
        try:
            self._client().put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError) as error:
            raise self._unavailable("written", error) from None

    def _unavailable(self, verb: str, error: Exception) -> CacheUnavailable:
        reason = type(error).__name__
        if isinstance(error, ClientError):
            reason = error.response.get("Error", {}).get("Code", reason)
        return CacheUnavailable(
            f"the cache could not be {verb} ({reason}): the figures are right, but each request "
            f"asks Coinbase. Check the table {self._table} and the right to use it"
        )


def _parse_item(item: "Mapping[str, Any]") -> CachedSnapshot | None:
    """Read an item; one that is not ours counts as none and is overwritten by the next put."""
    try:
        payload = item["payload"]["S"]
        json.loads(payload)
        return CachedSnapshot(
            payload=payload,
            as_of=int(item["as_of"]["N"]),
            expires_at=int(item["expires_at"]["N"]),
            keep_until=int(item["ttl"]["N"]),
            refreshed_at=int(item["refreshed_at"]["N"]),
        )
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
