"""What is kept of a viewer's alerts.

Under `pk` = viewer#<sub> (S), by `sk` (S); `version` (N) grows with every change:

    alerts                  `document` (B): rules and mail settings
    alerts-state            `document` (B): what is known of each rule
    alert-event#<moment>... `document` (B), `mail` (S): how far its mail is; `ttl` (N);
                            `claimed` (N): until when somebody is mailing it

The profile has `alerts` (N), how many rules there are: who has none is not looked at.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

from holdings.adapters.aws import ConditionFailed
from holdings.adapters.records.items import BrokenItem, Item, blob, number, text, whole
from holdings.adapters.records.viewer_table import ViewerTable, read_item
from holdings.adapters.records.writes import NEW, ViewerWrites, Write
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Profile
from holdings.core.errors import Conflict, NotFound
from holdings.core.record_ports import KeptEvent

RULES, STATE, EVENT = "alerts", "alerts-state", "alert-event#"
_LAST_EVENT = f"{EVENT}~"


class DynamoDBAlerts:
    """Implements `holdings.core.record_ports.AlertRecords`. Safe to share between threads."""

    def __init__(self, table: ViewerTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def rules(self, viewer: str, deadline: Deadline) -> tuple[bytes, int] | None:
        return self._document(viewer, RULES, deadline)

    def put_rules(
        self, viewer: str, document: bytes, count: int, seen: int, deadline: Deadline
    ) -> None:
        own = ViewerWrites(self._table.name, viewer)
        changed = Conflict("your alerts have been changed meanwhile: read them again")
        counted = own.update_profile(Profile(int(self._clock.now())), only_new=True)
        counted["UpdateExpression"] += ", alerts = :alerts"
        counted["ExpressionAttributeValues"][":alerts"] = number(count)
        put = self._put(own, RULES, document, seen, changed)
        self._table.write(viewer, [put, Write({"Update": counted})], deadline)

    def states(self, viewer: str, deadline: Deadline) -> tuple[bytes, int] | None:
        return self._document(viewer, STATE, deadline)

    def put_states(
        self,
        viewer: str,
        document: bytes,
        seen: int,
        fired: Sequence[KeptEvent],
        expires_at: int,
        deadline: Deadline,
    ) -> None:
        own = ViewerWrites(self._table.name, viewer)
        standing = {
            "TableName": self._table.name,
            "Key": own.key(RULES),
            "ConditionExpression": "attribute_exists(pk)",
        }
        gone = NotFound("there are no alerts any more")
        changed = Conflict("the alerts are being evaluated by another")
        writes = [
            Write({"ConditionCheck": standing}, gone),
            self._put(own, STATE, document, seen, changed),
        ]
        for one in fired:
            fields = {"document": {"B": one.document}, "mail": {"S": one.mail}}
            writes.append(own.put(f"{EVENT}{one.key}", {**fields, "ttl": number(expires_at)}))
        self._table.write(viewer, writes, deadline)

    def events(
        self, viewer: str, before: str, limit: int, deadline: Deadline
    ) -> Sequence[KeptEvent]:
        last = f"{EVENT}{before}" if before else _LAST_EVENT
        items = self._table.newest(viewer, EVENT, last, limit + 1, deadline)
        found = [read_item(_event, item) for item in items]
        return [one for one in found if one.key != before][:limit]

    def claim(self, viewer: str, key: str, now: int, until: int, deadline: Deadline) -> bool:
        request = {
            "Key": ViewerWrites(self._table.name, viewer).key(f"{EVENT}{key}"),
            "UpdateExpression": "SET claimed = :until",
            "ConditionExpression": "mail = :waiting "
            "AND (attribute_not_exists(claimed) OR claimed <= :now OR claimed > :until)",
            "ExpressionAttributeValues": {
                ":waiting": {"S": "waiting"},
                ":now": number(now),
                ":until": number(until),
            },
        }
        try:
            self._table.call(viewer, "UpdateItem", request, deadline)
        except ConditionFailed:
            return False
        return True

    def mark(self, viewer: str, key: str, mail: str, deadline: Deadline) -> None:
        request = {
            "Key": ViewerWrites(self._table.name, viewer).key(f"{EVENT}{key}"),
            "UpdateExpression": "SET mail = :mail",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":mail": {"S": mail}},
        }
        with suppress(ConditionFailed):
            self._table.call(viewer, "UpdateItem", request, deadline)

    def _document(self, viewer: str, sk: str, deadline: Deadline) -> tuple[bytes, int] | None:
        item = self._table.get(viewer, sk, deadline)
        return None if item is None else read_item(_read, item)

    def _put(
        self, own: ViewerWrites, sk: str, document: bytes, seen: int, changed: Conflict
    ) -> Write:
        fields: dict[str, Any] = {"document": {"B": document}, "version": number(seen + 1)}
        if not seen:
            return own.put(sk, fields, changed, NEW)
        put = own.put(sk, fields, changed, "version = :seen")
        put.operation["Put"]["ExpressionAttributeValues"] = {":seen": number(seen)}
        return put


def _read(item: Item) -> tuple[bytes, int]:
    return _bytes(item), whole(item, "version")


def _event(item: Item) -> KeptEvent:
    return KeptEvent(text(item, "sk").removeprefix(EVENT), _bytes(item), text(item, "mail", 16))


def _bytes(item: Item) -> bytes:
    attribute = item.get("document")
    if not isinstance(attribute, dict):
        raise BrokenItem("document")
    return blob(cast("Item", attribute).get("B"))
