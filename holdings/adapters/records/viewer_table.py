"""One viewer's items in the durable table: read, queried, and written together or not at all."""

import logging
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from holdings.adapters.aws import TransactionCanceled
from holdings.adapters.records.credentials import unreadable
from holdings.adapters.records.items import BrokenItem, Item, text
from holdings.adapters.records.sessions import ViewerCalls
from holdings.adapters.records.writes import ViewerWrites, Write
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import RecordsUnavailable

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Another transaction had one of the items, or the table was asked too much: nothing was written.
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_ATTEMPTS = 4
_FIRST_BACKOFF_SECONDS = 0.05
_MOST_WRITES = 100  # in a transaction
_MOST_PAGES = 100


class ViewerTable:
    """Safe to share between threads."""

    def __init__(
        self,
        calls: ViewerCalls,
        name: str,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`jitter` gives numbers from 0 to 1 that spread the attempts of writes that met."""
        self.name = name
        self._calls = calls
        self._clock = clock
        self._jitter = jitter

    def get(self, viewer: str, sort_key: str, deadline: Deadline) -> Item | None:
        request = {
            "TableName": self.name,
            "Key": ViewerWrites(self.name, viewer).key(sort_key),
            "ConsistentRead": True,
        }
        answer = self._calls.call(viewer, "dynamodb", "GetItem", request, deadline)
        return _item(answer["Item"]) if "Item" in answer else None

    def query(
        self, viewer: str, prefix: str, deadline: Deadline, only: str | None = None
    ) -> Iterator[Item]:
        request = self._query(viewer)
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
            request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
        if only:
            request["ProjectionExpression"] = only
        yield from self._pages(viewer, request, deadline)

    def between(self, viewer: str, first: str, last: str, deadline: Deadline) -> Iterator[Item]:
        """Return what lies between two sort keys, which count."""
        request = self._query(viewer)
        request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
        request["ExpressionAttributeValues"] |= {":first": {"S": first}, ":last": {"S": last}}
        yield from self._pages(viewer, request, deadline)

    def call(
        self, viewer: str, operation: str, request: Mapping[str, Any], deadline: Deadline
    ) -> Mapping[str, Any]:
        """Call DynamoDB in the name of a viewer, on this table."""
        named = {"TableName": self.name, **request}
        return self._calls.call(viewer, "dynamodb", operation, named, deadline)

    def _query(self, viewer: str) -> dict[str, Any]:
        return {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"viewer#{viewer}"}},
            "ConsistentRead": True,
        }

    def _pages(self, viewer: str, request: dict[str, Any], deadline: Deadline) -> Iterator[Item]:
        for _ in range(_MOST_PAGES):
            answer = self._calls.call(viewer, "dynamodb", "Query", request, deadline)
            items = answer.get("Items")
            if not isinstance(items, list):
                raise unreadable("a page of records")
            yield from (_item(item) for item in cast("list[object]", items))
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        raise unreadable("a list of records without an end")

    def last(self, viewer: str, first: str, last: str, deadline: Deadline) -> str | None:
        """Return the last sort key between two, which count."""
        request = self._query(viewer)
        request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
        request["ExpressionAttributeValues"] |= {":first": {"S": first}, ":last": {"S": last}}
        request |= {"ProjectionExpression": "sk", "ScanIndexForward": False, "Limit": 1}
        items = self._calls.call(viewer, "dynamodb", "Query", request, deadline).get("Items")
        found = [_item(item) for item in cast("list[object]", items or [])]
        return read_item(lambda item: text(item, "sk"), found[0]) if found else None

    def newest(
        self, viewer: str, first: str, last: str, limit: int, deadline: Deadline
    ) -> list[Item]:
        """Return at most so many items between two sort keys, which count, the last ones first."""
        request = self._query(viewer)
        request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
        request["ExpressionAttributeValues"] |= {":first": {"S": first}, ":last": {"S": last}}
        request |= {"ScanIndexForward": False, "Limit": limit}
        items = self.call(viewer, "Query", request, deadline).get("Items")
        return [_item(item) for item in cast("list[object]", items or [])]

    def write(self, viewer: str, writes: Sequence[Write], deadline: Deadline) -> None:
        """Write all or nothing. Raises the `refused` of the first whose condition does not hold."""
        request = {
            "TransactItems": [write.operation for write in writes],
            # A transaction that arrives twice, since its answer was lost, is written once.
            "ClientRequestToken": uuid.uuid4().hex,
        }
        reasons: Sequence[str] = ()
        for attempt in range(_ATTEMPTS):
            try:
                self._calls.call(viewer, "dynamodb", "TransactWriteItems", request, deadline)
            except TransactionCanceled as canceled:
                reasons = canceled.reasons
            else:
                return
            for write, reason in zip(writes, reasons, strict=False):
                if reason == "ConditionalCheckFailed" and write.refused:
                    raise write.refused
            if not _PASSING.intersection(reasons):
                break
            self._clock.sleep(_FIRST_BACKOFF_SECONDS * 2**attempt * (1 + self._jitter()) / 2)
        logger.warning(
            "a transaction was canceled: %s",
            ", ".join(reasons),
            extra={"event": "records_failure", "service": "dynamodb", "code": "canceled"},
        )
        raise RecordsUnavailable("the records are busy: try again in a moment")

    def forget(self, viewer: str, prefix: str, deadline: Deadline) -> None:
        """Delete everything whose sort key begins so."""
        own = ViewerWrites(self.name, viewer)
        items = self.query(viewer, prefix, deadline, "sk")
        keys = [read_item(lambda item: text(item, "sk"), item) for item in items]
        for some in batches(keys):
            self.write(viewer, [own.delete(key) for key in some], deadline)


def read_item(read: Callable[[Item], T], item: Item) -> T:
    try:
        return read(item)
    except BrokenItem as broken:
        raise unreadable(f"an item's {broken}") from None


def _item(value: object) -> Item:
    if not isinstance(value, dict):
        raise unreadable("an item")
    return cast("Item", value)


def batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _MOST_WRITES):
        yield keys[start : start + _MOST_WRITES]
