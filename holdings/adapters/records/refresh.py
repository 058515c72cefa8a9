"""What reading connections at their time takes of the durable table, in as few calls as can be.

A connection's item has `last_read` (M: `window`, `failures`, `retry_at`) beside its own fields. Any
change of the connection drops it: a new key, or a pause that is over, is tried at once.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast

from holdings.adapters.aws import ConditionFailed
from holdings.adapters.records.credentials import CredentialCipher
from holdings.adapters.records.history import OF_HISTORY
from holdings.adapters.records.items import (
    CONNECTION,
    CREDENTIAL,
    BrokenItem,
    Item,
    ciphertext,
    number,
    text,
    to_connection,
    whole,
)
from holdings.adapters.records.viewer_table import ViewerTable, batches, read_item
from holdings.adapters.records.writes import ViewerWrites
from holdings.core.clock import Deadline
from holdings.core.connections import Connection, Credential, is_own_id, made_at
from holdings.core.errors import NotFound
from holdings.core.record_ports import LastRead, Readable

_OF_CONNECTIONS = (*OF_HISTORY, CREDENTIAL)
# A window that begins later than this was named by a clock that was ahead: it keeps nobody away.
_AHEAD_SECONDS = 2 * 86_400


class DynamoDBRefresh:
    """Implements `holdings.core.record_ports.RefreshRecords`. Safe to share between threads."""

    def __init__(self, table: ViewerTable, cipher: CredentialCipher) -> None:
        self._table = table
        self._cipher = cipher

    def readable(self, viewer: str, deadline: Deadline) -> Readable:
        connections: list[Connection] = []
        last_read: dict[str, LastRead] = {}
        keys: dict[str, bytes] = {}
        # Nothing else of a viewer's sorts between the two.
        for item in self._table.between(viewer, CONNECTION, f"{CREDENTIAL}~", deadline):
            sort_key = read_item(lambda item: text(item, "sk"), item)
            if sort_key.startswith(CONNECTION):
                connection = read_item(to_connection, item)
                connections.append(connection)
                last_read[connection.id] = _last_read(item)
            elif sort_key.startswith(CREDENTIAL):
                keys[sort_key.removeprefix(CREDENTIAL)] = read_item(ciphertext, item)
        connections.sort(key=lambda one: (one.created_at, one.id))

        def credential(connection_id: str, deadline: Deadline) -> Credential:
            if connection_id not in keys:
                raise NotFound("there is no such connection: it may have been removed")
            return self._cipher.decrypt(viewer, connection_id, keys[connection_id], deadline)

        return Readable(connections, last_read, credential)

    def put_last_read(
        self, viewer: str, connection: Connection, last: LastRead, deadline: Deadline
    ) -> None:
        request = {
            "Key": ViewerWrites(self._table.name, viewer).key(f"{CONNECTION}{connection.id}"),
            "UpdateExpression": "SET last_read = :last",
            "ConditionExpression": "credential_version = :version AND "
            "(attribute_not_exists(last_read) OR last_read.#window <= :window "
            "OR last_read.#window > :ahead)",
            "ExpressionAttributeNames": {"#window": "window"},
            "ExpressionAttributeValues": {
                ":last": {
                    "M": {
                        "window": number(last.window),
                        "failures": number(last.failures),
                        "retry_at": number(last.retry_at),
                    }
                },
                ":version": number(connection.credential_version),
                ":window": number(last.window),
                ":ahead": number(int(deadline.clock.now()) + _AHEAD_SECONDS),
            },
        }
        with suppress(ConditionFailed):  # removed, replaced, or read for a later window already
            self._table.call(viewer, "UpdateItem", request, deadline)

    def forget_removed(
        self,
        viewer: str,
        before: int,
        deadline: Deadline,
        first: Callable[[Sequence[str]], None],
    ) -> Sequence[str]:
        standing: set[str] = set()
        found: dict[str, list[str]] = {}
        for item in self._table.query(viewer, "", deadline, "sk"):
            sort_key = read_item(lambda item: text(item, "sk"), item)
            if sort_key.startswith(CONNECTION):
                standing.add(sort_key.removeprefix(CONNECTION))
            elif (connection_id := _of_connection(sort_key)) is not None:
                found.setdefault(connection_id, []).append(sort_key)
        removed = [one for one in found if one not in standing and made_at(one) < before]
        first(removed)
        own = ViewerWrites(self._table.name, viewer)
        for some in batches([key for one in removed for key in found[one]]):
            self._table.write(viewer, [own.delete(key) for key in some], deadline)
        return removed


def _of_connection(sort_key: str) -> str | None:
    """Return whose item it is: everything of a connection begins with a word and then its id."""
    for prefix in _OF_CONNECTIONS:
        if sort_key.startswith(prefix):
            connection_id = sort_key.removeprefix(prefix).partition("#")[0]
            return connection_id if is_own_id(connection_id) else None
    return None


def _last_read(item: Item) -> LastRead:
    """What cannot be read counts as never read: it is read once more than it would have to be."""
    try:
        fields = cast("Item", item["last_read"]["M"])
        return LastRead(*(whole(fields, name) for name in ("window", "failures", "retry_at")))
    except (KeyError, TypeError, BrokenItem):
        return LastRead()
