"""The cache in DynamoDB: finished answers, last readings, and who may make the next one."""

import uuid
from collections.abc import Mapping
from typing import Any, cast

from holdings.adapters.aws import AwsService, AwsUnavailable, ConditionFailed
from holdings.core.clock import Deadline
from holdings.core.errors import READING_FAILURES, CacheUnavailable
from holdings.core.freshness import (
    CLOCK_SKEW_SECONDS,
    LONGEST_MEMORY_SECONDS,
    CachedSnapshot,
    Failure,
    Lease,
)
from holdings.core.ports import Right

# One call; a request makes up to four, and has to leave time for the exchange.
_CALL_SECONDS = 2.0
_LONGEST_LEASE_SECONDS = 60
_LONGEST_DETAIL = 1_000
# Beyond this a document is packed: each 1 kB of an item that is written costs, and as JSON in JSON
# it takes longer to read than packed.
PLAIN_CHARACTERS = 1_000

Item = Mapping[str, Any]

# Nothing later stands there. A moment of another type, or one that has yet to come, was never ours,
# and keeps nobody from writing.
_NOT_LATER = (
    "attribute_not_exists(#sequence) OR NOT attribute_type(#sequence, :number)"
    " OR #sequence <= :sequence OR #sequence > :ahead"
)
_FREE = (
    "attribute_not_exists(pk) OR NOT attribute_type(#until, :number) OR #until <= :now"
    " OR #until > :memory OR (attribute_not_exists(code) AND #until > :longest)"
    " OR since <= :seen"
)
_OURS = "#owner = :owner"
# Words of DynamoDB's own, which a condition may not use as they are.
_RESERVED = ("until", "owner", "sequence")


class DynamoDBCache:
    """The cache table; calling it with the name of a place gives that place."""

    def __init__(self, dynamodb: AwsService, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def __call__(self, place: str) -> "DynamoDBSnapshotCache":
        return DynamoDBSnapshotCache(self._dynamodb, self._table, place)

    def preload(self) -> None:
        self._dynamodb.preload()


class DynamoDBSnapshotCache:
    """Implements `holdings.core.ports.SnapshotCache` with three items a place.

    Under `pk` (S) answer#<viewer> or reading#<connection>: `payload` (S) the JSON document, `as_of`
    and `expires_at` (N, epoch seconds), `sequence` (N, epoch milliseconds), and `digest` (S),
    without which none of it counts. A large document has `packed` (S) in its place and, if one item
    cannot hold it, `pieces` (N): the others are under the same and #<digest>#<number>, so that no
    two writers mix theirs. Under the same and #read or #refresh: a lease, with `since` and `until`
    (N), its `owner` (S) and, after a failure, `code` and `detail` (S). `ttl` (N) is when DynamoDB
    may delete an item.
    """

    def __init__(self, dynamodb: AwsService, table: str, place: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._pk = place
        self._owner = uuid.uuid4().hex

    def get(self, deadline: Deadline) -> CachedSnapshot | None:
        item = self._item(self._pk, deadline)
        return self._snapshot(item, deadline) if item is not None else None

    def failure(self, deadline: Deadline) -> Failure | None:
        item = self._item(f"{self._pk}#read", deadline)
        return _lease(item, Lease(0, 0)).failure if item is not None else None

    def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> CachedSnapshot:
        item = {
            **self._document(entry, keep_until, deadline),
            "as_of": _number(entry.as_of),
            "expires_at": _number(entry.expires_at),
            "sequence": _number(entry.sequence),
            "digest": {"S": entry.digest},
            "ttl": _number(keep_until),
        }
        values = {
            ":sequence": _number(entry.sequence),
            ":ahead": _number(entry.sequence + _LONGEST_LEASE_SECONDS * 1_000),
        }
        standing = self._write(self._pk, item, _NOT_LATER, values, deadline)
        if standing is None:
            return entry
        newer = self._snapshot(standing, deadline)
        if newer is None:
            self._write(self._pk, item, None, {}, deadline)
        return newer or entry

    def lease(self, right: Right, wanted: Lease, seen: int, deadline: Deadline) -> Lease | None:
        owner = f"{self._owner}-{uuid.uuid4().hex}"
        now = wanted.since
        item = {
            "since": _number(now),
            "until": _number(wanted.until),
            "owner": {"S": owner},
            "ttl": _number(wanted.until + LONGEST_MEMORY_SECONDS),
        }
        values = {
            ":now": _number(now),
            ":memory": _number(now + LONGEST_MEMORY_SECONDS + CLOCK_SKEW_SECONDS),
            ":longest": _number(now + _LONGEST_LEASE_SECONDS),
            ":seen": _number(seen),
            # A call that was sent twice, because its answer was lost, finds its own lease.
            ":owner": {"S": owner},
        }
        condition = f"{_FREE} OR {_OURS}"
        standing = self._write(f"{self._pk}#{right}", item, condition, values, deadline)
        return None if standing is None else _lease(standing, wanted)

    def release(self, since: int, failure: Failure | None, deadline: Deadline) -> None:
        item: dict[str, Any] = {
            "since": _number(since),
            "until": _number(failure.until if failure else since),
            "owner": {"S": self._owner},
            "ttl": _number((failure.until if failure else since) + LONGEST_MEMORY_SECONDS),
        }
        if failure:
            item |= {"code": {"S": failure.code}, "detail": {"S": failure.detail}}
        # Not in place of a lease that somebody took after this one had run out.
        condition = "attribute_not_exists(since) OR since <= :since"
        self._write(f"{self._pk}#read", item, condition, {":since": _number(since)}, deadline)

    def _document(
        self, entry: CachedSnapshot, keep_until: int, deadline: Deadline
    ) -> dict[str, Any]:
        """Return what holds the payload; what does not fit beside it is written here."""
        if len(entry.payload) <= PLAIN_CHARACTERS:
            return {"payload": {"S": entry.payload}}
        from holdings.adapters.packing import pack  # which few documents need

        try:
            first, *others = pack(entry.payload)
        except ValueError as error:
            raise CacheUnavailable(f"the figures are right, but {error}") from None
        for number, piece in enumerate(others):
            item = {"packed": {"S": piece}, "ttl": _number(keep_until)}
            self._write(self._piece(entry.digest, number), item, None, {}, deadline)
        return {"packed": {"S": first}, **({"pieces": _number(len(others))} if others else {})}

    def _snapshot(self, item: Item, deadline: Deadline) -> CachedSnapshot | None:
        """Read an item; one that is not ours counts as none and is overwritten by the next put."""
        try:
            fields = cast("Mapping[str, Mapping[str, str]]", item)
            digest = fields["digest"]["S"]
            entry = CachedSnapshot(
                payload=self._payload(fields, digest, deadline),
                as_of=_seconds(fields["as_of"]["N"]),
                expires_at=_seconds(fields["expires_at"]["N"]),
                digest=digest,
                sequence=_moment(fields["sequence"]["N"], 15),
            )
            return entry if entry.is_genuine() else None
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def _payload(
        self, fields: Mapping[str, Mapping[str, str]], digest: str, deadline: Deadline
    ) -> str:
        if "packed" not in fields:
            return fields["payload"]["S"]
        from holdings.adapters.packing import MOST_PIECES, unpack

        pieces = [fields["packed"]["S"]]
        count = _moment(fields["pieces"]["N"], 2) if "pieces" in fields else 0
        if count >= MOST_PIECES:
            raise ValueError("more pieces than there may be")
        for number in range(count):
            piece = cast("Any", self._item(self._piece(digest, number), deadline) or {})
            pieces.append(piece["packed"]["S"])
        return unpack(pieces)

    def _piece(self, digest: str, number: int) -> str:
        return f"{self._pk}#{digest}#{number}"

    def _item(self, pk: str, deadline: Deadline) -> Item | None:
        # Consistently: or the read after a write could miss it, or one of its pieces.
        request = {"Key": {"pk": {"S": pk}}, "ConsistentRead": True}
        item = self._call("read", "GetItem", request, deadline).get("Item")
        return cast("Item", item) if isinstance(item, Mapping) else None

    def _write(
        self,
        pk: str,
        item: Item,
        condition: str | None,
        values: Mapping[str, Any],
        deadline: Deadline,
    ) -> Item | None:
        """Put an item; return the one that stands there instead if the condition does not hold."""
        request: dict[str, Any] = {"Item": {"pk": {"S": pk}, **item}}
        if condition:
            request |= {
                "ConditionExpression": condition,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
            names = {f"#{name}": name for name in _RESERVED if f"#{name}" in condition}
            if names:
                request["ExpressionAttributeNames"] = names
            if ":number" in condition:
                values = {**values, ":number": {"S": "N"}}
            request["ExpressionAttributeValues"] = dict(values)
        try:
            self._call("written", "PutItem", request, deadline)
        except ConditionFailed as refused:
            return cast("Item", refused.item) if isinstance(refused.item, Mapping) else {}
        return None

    def _call(
        self, verb: str, operation: str, request: Mapping[str, Any], deadline: Deadline
    ) -> Mapping[str, Any]:
        seconds = min(deadline.remaining(), _CALL_SECONDS)
        try:
            return self._dynamodb.call(
                operation, {"TableName": self._table, **request}, seconds=seconds
            )
        except AwsUnavailable as error:
            raise CacheUnavailable(
                f"the cache could not be {verb} ({error.code}): the figures are right, but other "
                f"instances ask Coinbase too. Check the table {self._table} and the right to use it"
            ) from None


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _seconds(text: str) -> int:
    return _moment(text, 12)


def _moment(text: str, digits: int) -> int:
    if len(text) > digits:
        raise ValueError("not a moment")
    return int(text)


def _lease(item: Item, wanted: Lease) -> Lease:
    """Read who has the lease; one that cannot be read is held as long as ours would be."""
    try:
        fields = cast("Mapping[str, Mapping[str, str]]", item)
        since, until = _seconds(fields["since"]["N"]), _seconds(fields["until"]["N"])
        code, detail = fields.get("code", {}).get("S"), fields.get("detail", {}).get("S")
    except (KeyError, TypeError, ValueError, AttributeError):
        return wanted
    if code is None:
        return Lease(since, until)
    if code not in READING_FAILURES or not isinstance(detail, str) or len(detail) > _LONGEST_DETAIL:
        return wanted
    return Lease(since, until, Failure(code, detail, until))
