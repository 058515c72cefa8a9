"""The snapshot cache: one item a portfolio in a DynamoDB table."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from holdings.adapters.signed_api import SignedApi
from holdings.core.errors import CacheUnavailable
from holdings.core.snapshot import CachedSnapshot

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import GetItemInputTypeDef, PutItemInputTypeDef

T = TypeVar("T")


class DynamoDBSnapshotCache:
    """Implements `holdings.core.ports.SnapshotCache`.

    Item: `pk` (S) holdings#<user>, `payload` (S) the finished JSON document, and in epoch seconds
    (N) `expires_at`, `refreshed_at` and `ttl`, after which DynamoDB may delete it.
    """

    def __init__(
        self,
        client: "Callable[[], DynamoDBClient]",
        table: str,
        user_id: str,
        *,
        signed: SignedApi | None = None,
    ) -> None:
        """With `signed`, the client is made only when that does not succeed."""
        self._client = client
        self._signed = signed
        self._table = table
        self._pk = f"holdings#{user_id}"

    def get(self) -> CachedSnapshot | None:
        request: GetItemInputTypeDef = {
            "TableName": self._table,
            "Key": {"pk": {"S": self._pk}},
            # Or the read after a write could miss it and ask Coinbase again.
            "ConsistentRead": True,
        }
        answer = self._signed.call("GetItem", request) if self._signed else None
        if answer is None:
            answer = self._by_client("read", lambda client: client.get_item(**request))
        item = answer.get("Item")
        return _parse_item(item) if item else None

    def put(self, entry: CachedSnapshot) -> None:
        request: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": {
                "pk": {"S": self._pk},
                "payload": {"S": entry.payload},
                "expires_at": {"N": str(entry.expires_at)},
                "refreshed_at": {"N": str(entry.refreshed_at)},
                "ttl": {"N": str(entry.keep_until)},
            },
        }
        answer = self._signed.call("PutItem", request) if self._signed else None
        if answer is None:
            self._by_client("written", lambda client: client.put_item(**request))

    def preload(self) -> None:
        self._client()
        if self._signed:
            self._signed.connect()

    def _by_client(self, verb: str, call: "Callable[[DynamoDBClient], T]") -> T:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(self._client())
        except ClientError as error:
            reason = error.response.get("Error", {}).get("Code", type(error).__name__)
        except BotoCoreError as error:
            reason = type(error).__name__
        raise CacheUnavailable(
            f"the cache could not be {verb} ({reason}): the figures are right, but each request "
            f"asks Coinbase. Check the table {self._table} and the right to use it"
        )


def _parse_item(item: "Mapping[str, Any]") -> CachedSnapshot | None:
    """Read an item; one that is not ours counts as none and is overwritten by the next put."""
    try:
        payload = item["payload"]["S"]
        as_of = datetime.fromisoformat(json.loads(payload)["as_of"])
        return CachedSnapshot(
            payload=payload,
            as_of=int(as_of.timestamp()),
            expires_at=int(item["expires_at"]["N"]),
            keep_until=int(item["ttl"]["N"]),
            # Without it, a refresh was never honoured.
            refreshed_at=int(item.get("refreshed_at", {"N": 0})["N"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
