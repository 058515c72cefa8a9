"""The index of what is due: the one look that is across viewers, at ids and nothing else.

The table's index `due` has the keys of items by `slot` (S): of active connections "readings#07", of
profiles "insights#07". Only the planner's role may query it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from holdings.adapters.aws import AwsService, AwsUnavailable
from holdings.adapters.records.items import CONNECTION, PROFILE, BrokenItem, Item, text
from holdings.adapters.records.sessions import failure
from holdings.core.clock import Deadline
from holdings.core.connections import is_own_id
from holdings.core.schedule.slots import Due
from holdings.core.viewer import is_viewer

INDEX = "due"
_PAGE = 1_000
_CALL_SECONDS = 3.0
_VIEWER = "viewer#"


class DynamoDBDueIndex:
    """Implements `holdings.core.schedule.planner.DueIndex`."""

    def __init__(self, dynamodb: AwsService, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def due(self, slot: str, deadline: Deadline) -> Iterator[Sequence[Due]]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": INDEX,
            "KeyConditionExpression": "slot = :slot",
            "ExpressionAttributeValues": {":slot": {"S": slot}},
            "ProjectionExpression": "pk, sk",
            "Limit": _PAGE,
        }
        while True:
            seconds = min(deadline.remaining(), _CALL_SECONDS)
            try:
                answer = self._dynamodb.call("Query", request, seconds=seconds)
            except AwsUnavailable as error:
                raise failure("dynamodb", "Query", error) from None
            items = cast("list[Item]", answer.get("Items") or [])
            yield [found for item in items if (found := _due(item))]
            if not (last := answer.get("LastEvaluatedKey")):
                return
            request["ExclusiveStartKey"] = last


def _due(item: Item) -> Due | None:
    """What is no key of ours is nobody's work."""
    try:
        viewer, sort_key = text(item, "pk"), text(item, "sk")
    except BrokenItem:
        return None
    if not (viewer.startswith(_VIEWER) and is_viewer(viewer.removeprefix(_VIEWER))):
        return None
    if sort_key == PROFILE:
        return Due(viewer.removeprefix(_VIEWER), "")
    connection = sort_key.removeprefix(CONNECTION)
    return Due(viewer.removeprefix(_VIEWER), connection) if is_own_id(connection) else None
