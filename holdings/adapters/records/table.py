"""The durable table, one viewer a call: what belongs together is written together or not at all.

Under `pk` = viewer#<sub> (S), by `sk` (S):

    profile                      what the viewer chose; `connections` (N) counts them
    connection#<id>              a connection, without its credential
    credential#<id>              `ciphertext` (B)
    account#<exchange>#<account> `connection` (S): who has the account, so that no other can
    idempotency#<sha256>         `digest`, `connection` (S); `ttl` (N), after which it is nothing
"""

import logging
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from holdings.adapters.aws import TransactionCanceled
from holdings.adapters.records.credentials import CredentialCipher, unreadable
from holdings.adapters.records.items import (
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    BrokenItem,
    Item,
    blob,
    connection_fields,
    number,
    text,
    to_connection,
    to_profile,
    whole,
)
from holdings.adapters.records.sessions import ViewerCalls
from holdings.adapters.records.writes import NEW, ViewerWrites, Write, account_key, once_key
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection, Credential, Once, Profile, is_own_id
from holdings.core.errors import Conflict, NotFound, RecordsUnavailable

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Another transaction had one of the items, or the table was asked too much: nothing was written.
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_ATTEMPTS = 4
_FIRST_BACKOFF_SECONDS = 0.05
_MOST_WRITES = 100  # in a transaction
_MOST_PAGES = 100
_MOST_ROUNDS = 10

_GONE = "there is no such connection: it may have been removed"


class DynamoDBRecords:
    """Implements `holdings.core.ports.Records`. Safe to share between threads."""

    def __init__(
        self,
        calls: ViewerCalls,
        *,
        table: str,
        key_id: str,
        environment: str,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`key_id` is the KMS key's ARN or id; `environment` the stack's name.

        `jitter` gives numbers from 0 to 1 that spread the attempts of writes that met.
        """
        self._calls = calls
        self._table = table
        self._cipher = CredentialCipher(calls, key_id, environment)
        self._clock = clock
        self._jitter = jitter

    def profile(self, viewer: str, deadline: Deadline) -> Profile | None:
        item = self._get(viewer, PROFILE, deadline)
        return None if item is None else _read(to_profile, item)

    def put_profile(
        self, viewer: str, profile: Profile, seen: int | None, deadline: Deadline
    ) -> Profile:
        kept = replace(profile, version=1 if seen is None else seen + 1)
        update = ViewerWrites(self._table, viewer).update_profile(kept)
        if seen is None:
            update["ConditionExpression"] = NEW
        else:
            update["ConditionExpression"] = "version = :seen"
            update["ExpressionAttributeValues"][":seen"] = number(seen)
        changed = Conflict("your profile has been changed meanwhile: read it again")
        self._write(viewer, [Write({"Update": update}, changed)], deadline)
        return kept

    def connections(self, viewer: str, deadline: Deadline) -> Sequence[Connection]:
        items = self._query(viewer, CONNECTION, deadline)
        found = [_read(to_connection, item) for item in items]
        return sorted(found, key=lambda connection: (connection.created_at, connection.id))

    def connection(self, viewer: str, connection_id: str, deadline: Deadline) -> Connection:
        item = self._get(viewer, f"{CONNECTION}{_id(connection_id)}", deadline)
        if item is None:
            raise NotFound(_GONE)
        return _read(to_connection, item)

    def replay(self, viewer: str, once: Once, deadline: Deadline) -> str | None:
        item = self._get(viewer, once_key(once), deadline)
        if item is None or _read(lambda item: whole(item, "ttl"), item) <= self._clock.now():
            return None
        if _read(lambda item: text(item, "digest"), item) != once.digest:
            raise Conflict("this Idempotency-Key came with another request: use a new one")
        return _read(lambda item: text(item, "connection"), item)

    def add(
        self,
        viewer: str,
        connection: Connection,
        credential: Credential,
        once: Once | None,
        deadline: Deadline,
    ) -> None:
        ciphertext = self._cipher.encrypt(viewer, connection.id, credential, deadline)
        own = ViewerWrites(self._table, viewer)
        fields = connection_fields(connection)
        taken = Conflict("another connection has this id: try again")
        writes = [
            own.take_account(connection),
            own.put(f"{CONNECTION}{connection.id}", fields, taken),
            own.put_credential(connection.id, ciphertext),
            own.count(connection, 1),
        ]
        if once:
            writes.insert(0, own.keep_once(once, connection, int(self._clock.now())))
        self._write(viewer, writes, deadline)

    def change(
        self,
        viewer: str,
        connection: Connection,
        credential: Credential | None,
        deadline: Deadline,
    ) -> Connection:
        standing = self.connection(viewer, connection.id, deadline)
        changed = Conflict("the connection has been changed meanwhile: read it again")
        if standing.version != connection.version:
            raise changed
        kept = replace(connection, version=connection.version + 1)
        own = ViewerWrites(self._table, viewer)
        writes: list[Write] = []
        if credential is not None:
            kept = replace(kept, credential_version=standing.credential_version + 1)
            ciphertext = self._cipher.encrypt(viewer, connection.id, credential, deadline)
            writes.append(own.put_credential(connection.id, ciphertext))
        if account_key(kept) != account_key(standing):
            writes.append(own.take_account(kept))
            writes.append(own.delete(account_key(standing)))
        put = own.put(f"{CONNECTION}{kept.id}", connection_fields(kept), changed, "version = :seen")
        put.operation["Put"]["ExpressionAttributeValues"] = {":seen": number(connection.version)}
        self._write(viewer, [put, *writes], deadline)
        return kept

    def remove(self, viewer: str, connection_id: str, seen: int | None, deadline: Deadline) -> None:
        standing = self.connection(viewer, connection_id, deadline)
        changed = Conflict("the connection has been changed meanwhile: read it again")
        if seen not in (None, standing.version):
            raise changed
        own = ViewerWrites(self._table, viewer)
        first = own.delete(f"{CONNECTION}{connection_id}", changed)
        # Without an If-Match another label is no reason to keep it, another account is one.
        first.operation["Delete"] |= {
            "ConditionExpression": "account = :account" if seen is None else "version = :seen",
            "ExpressionAttributeValues": {":account": {"S": standing.account}}
            if seen is None
            else {":seen": number(seen)},
        }
        self._write(
            viewer,
            [
                first,
                own.delete(f"{CREDENTIAL}{connection_id}"),
                own.delete(account_key(standing)),
                own.count(standing, -1),
            ],
            deadline,
        )

    def credential(self, viewer: str, connection_id: str, deadline: Deadline) -> Credential:
        item = self._get(viewer, f"{CREDENTIAL}{_id(connection_id)}", deadline)
        if item is None:
            raise NotFound(_GONE)
        ciphertext = _read(_ciphertext, item)
        return self._cipher.decrypt(viewer, connection_id, ciphertext, deadline)

    def forget(self, viewer: str, deadline: Deadline) -> Sequence[str]:
        """Keys go first, then all else, connections and profile last.

        So whoever is interrupted, and asks again, is still told which connections there were.
        """
        own = ViewerWrites(self._table, viewer)
        found: dict[str, None] = {}
        for _ in range(_MOST_ROUNDS):
            keys = [_read(_sort_key, item) for item in self._query(viewer, "", deadline, "sk")]
            if not keys:
                return list(found)
            found |= dict.fromkeys(
                key.removeprefix(CONNECTION) for key in keys if key.startswith(CONNECTION)
            )
            keys.sort(key=_forgotten_in_order)
            for some in _batches(keys):
                self._write(viewer, [own.delete(key) for key in some], deadline)
        raise RecordsUnavailable("more is added while all is being forgotten: try again")

    def _get(self, viewer: str, sort_key: str, deadline: Deadline) -> Item | None:
        request = {
            "TableName": self._table,
            "Key": ViewerWrites(self._table, viewer).key(sort_key),
            "ConsistentRead": True,
        }
        answer = self._calls.call(viewer, "dynamodb", "GetItem", request, deadline)
        return _item(answer["Item"]) if "Item" in answer else None

    def _query(
        self, viewer: str, prefix: str, deadline: Deadline, only: str | None = None
    ) -> Iterator[Item]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"viewer#{viewer}"}},
            "ConsistentRead": True,
        }
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
            request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
        if only:
            request["ProjectionExpression"] = only
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

    def _write(self, viewer: str, writes: Sequence[Write], deadline: Deadline) -> None:
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


def _read(read: Callable[[Item], T], item: Item) -> T:
    try:
        return read(item)
    except BrokenItem as broken:
        raise unreadable(f"an item's {broken}") from None


def _item(value: object) -> Item:
    if not isinstance(value, dict):
        raise unreadable("an item")
    return cast("Item", value)


def _sort_key(item: Item) -> str:
    return text(item, "sk")


def _ciphertext(item: Item) -> bytes:
    attribute = item.get("ciphertext")
    if not isinstance(attribute, dict):
        raise BrokenItem("ciphertext")
    return blob(cast("Item", attribute).get("B"))


def _id(connection_id: str) -> str:
    """Raises NotFound for what is no id of ours, and could be any other key of the table."""
    if not is_own_id(connection_id):
        raise NotFound(_GONE)
    return connection_id


def _forgotten_in_order(sort_key: str) -> int:
    if sort_key.startswith(CREDENTIAL):
        return 0
    if sort_key.startswith(CONNECTION):
        return 2
    return 3 if sort_key == PROFILE else 1


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _MOST_WRITES):
        yield keys[start : start + _MOST_WRITES]
