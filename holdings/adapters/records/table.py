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
from collections.abc import Callable, Sequence
from typing import TypeVar

from holdings.adapters.records.alerts import DynamoDBAlerts
from holdings.adapters.records.credentials import CredentialCipher
from holdings.adapters.records.history import OF_HISTORY, DynamoDBHistory
from holdings.adapters.records.insights import DynamoDBInsights
from holdings.adapters.records.items import (
    CONNECTION,
    CREDENTIAL,
    PROFILE,
    Item,
    ciphertext,
    number,
    text,
    to_connection,
    to_profile,
    whole,
)
from holdings.adapters.records.refresh import DynamoDBRefresh
from holdings.adapters.records.sessions import ViewerCalls
from holdings.adapters.records.viewer_table import ViewerTable, batches, read_item
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
    """Implements `holdings.core.record_ports.Records`. Safe to share between threads."""

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
        self._items = ViewerTable(calls, table, clock, jitter)
        self.history = DynamoDBHistory(self._items)
        self.insights = DynamoDBInsights(self._items)
        self._cipher = CredentialCipher(calls, key_id, environment)
        self.alerts = DynamoDBAlerts(self._items, clock)
        self.refresh = DynamoDBRefresh(self._items, self._cipher)
        self._clock = clock

    def profile(self, viewer: str, deadline: Deadline) -> Profile | None:
        item = self._items.get(viewer, PROFILE, deadline)
        return None if item is None else read_item(to_profile, item)

    def put_profile(
        self, viewer: str, profile: Profile, seen: int | None, deadline: Deadline
    ) -> Profile:
        kept = profile._replace(version=1 if seen is None else seen + 1)
        update = ViewerWrites(self._items.name, viewer).update_profile(kept)
        if seen is None:
            update["ConditionExpression"] = NEW
        else:
            update["ConditionExpression"] = "version = :seen"
            update["ExpressionAttributeValues"][":seen"] = number(seen)
        changed = Conflict("your profile has been changed meanwhile: read it again")
        self._items.write(viewer, [Write({"Update": update}, changed)], deadline)
        return kept

    def connections(self, viewer: str, deadline: Deadline) -> Sequence[Connection]:
        items = self._items.query(viewer, CONNECTION, deadline)
        found = [read_item(to_connection, item) for item in items]
        return sorted(found, key=lambda connection: (connection.created_at, connection.id))

    def connection(self, viewer: str, connection_id: str, deadline: Deadline) -> Connection:
        item = self._items.get(viewer, f"{CONNECTION}{_id(connection_id)}", deadline)
        if item is None:
            raise NotFound(_GONE)
        return read_item(to_connection, item)

    def replay(self, viewer: str, once: Once, deadline: Deadline) -> str | None:
        item = self._items.get(viewer, once_key(once), deadline)
        if item is None or read_item(lambda item: whole(item, "ttl"), item) <= self._clock.now():
            return None
        if read_item(lambda item: text(item, "digest"), item) != once.digest:
            raise Conflict("this Idempotency-Key came with another request: use a new one")
        return read_item(lambda item: text(item, "connection"), item)

    def add(
        self,
        viewer: str,
        connection: Connection,
        credential: Credential,
        once: Once | None,
        deadline: Deadline,
    ) -> None:
        encrypted = self._cipher.encrypt(viewer, connection.id, credential, deadline)
        own = ViewerWrites(self._items.name, viewer)
        taken = Conflict("another connection has this id: try again")
        writes = [
            own.take_account(connection),
            own.put_connection(connection, taken),
            own.put_credential(connection.id, encrypted),
            own.count(connection, 1),
        ]
        if once:
            writes.insert(0, own.keep_once(once, connection, int(self._clock.now())))
        self._items.write(viewer, writes, deadline)

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
        kept = connection._replace(version=connection.version + 1)
        own = ViewerWrites(self._items.name, viewer)
        writes: list[Write] = []
        if credential is not None:
            kept = kept._replace(credential_version=standing.credential_version + 1)
            encrypted = self._cipher.encrypt(viewer, connection.id, credential, deadline)
            writes.append(own.put_credential(connection.id, encrypted))
        if account_key(kept) != account_key(standing):
            writes.append(own.take_account(kept))
            writes.append(own.delete(account_key(standing)))
        put = own.put_connection(kept, changed, "version = :seen")
        put.operation["Put"]["ExpressionAttributeValues"] = {":seen": number(connection.version)}
        self._items.write(viewer, [put, *writes], deadline)
        return kept

    def remove(self, viewer: str, connection_id: str, seen: int | None, deadline: Deadline) -> None:
        standing = self.connection(viewer, connection_id, deadline)
        changed = Conflict("the connection has been changed meanwhile: read it again")
        if seen not in (None, standing.version):
            raise changed
        own = ViewerWrites(self._items.name, viewer)
        first = own.delete(f"{CONNECTION}{connection_id}", changed)
        # Without an If-Match another label is no reason to keep it, another account is one.
        first.operation["Delete"] |= {
            "ConditionExpression": "account = :account" if seen is None else "version = :seen",
            "ExpressionAttributeValues": {":account": {"S": standing.account}}
            if seen is None
            else {":seen": number(seen)},
        }
        self._items.write(
            viewer,
            [
                first,
                own.delete(f"{CREDENTIAL}{connection_id}"),
                own.delete(account_key(standing)),
                own.count(standing, -1),
            ],
            deadline,
        )
        # Nothing more can be kept of it now.
        self.history.forget_history(viewer, connection_id, deadline)

    def credential(self, viewer: str, connection_id: str, deadline: Deadline) -> Credential:
        item = self._items.get(viewer, f"{CREDENTIAL}{_id(connection_id)}", deadline)
        if item is None:
            raise NotFound(_GONE)
        return self._cipher.decrypt(viewer, connection_id, read_item(ciphertext, item), deadline)

    def forget(self, viewer: str, deadline: Deadline) -> Sequence[str]:
        """Keys go first, then all that is short, then connections, histories last.

        Whoever is interrupted leaves what `forget_removed` finds: histories without connections.
        """
        own = ViewerWrites(self._items.name, viewer)
        found: dict[str, None] = {}
        for _ in range(_MOST_ROUNDS):
            keys = [
                read_item(_sort_key, item) for item in self._items.query(viewer, "", deadline, "sk")
            ]
            if not keys:
                return list(found)
            found |= dict.fromkeys(
                key.removeprefix(CONNECTION) for key in keys if key.startswith(CONNECTION)
            )
            keys.sort(key=_forgotten_in_order)
            for some in batches(keys):
                self._items.write(viewer, [own.delete(key) for key in some], deadline)
        raise RecordsUnavailable("more is added while all is being forgotten: try again")


def _sort_key(item: Item) -> str:
    return text(item, "sk")


def _id(connection_id: str) -> str:
    """Raises NotFound for what is no id of ours, and could be any other key of the table."""
    if not is_own_id(connection_id):
        raise NotFound(_GONE)
    return connection_id


def _forgotten_in_order(sort_key: str) -> int:
    if sort_key.startswith(CREDENTIAL):
        return 0
    if sort_key.startswith(CONNECTION) or sort_key == PROFILE:
        return 2
    return 3 if sort_key.startswith(OF_HISTORY) else 1
