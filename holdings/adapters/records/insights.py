"""What is kept of a viewer's insights.

Under `pk` = viewer#<sub> (S), `sk` (S) = insights#features, insights#persona and
insights#recommendations: `document` (B), and the `window` (N) that it is of, in epoch seconds.
"""

from collections.abc import Mapping
from typing import Any, cast, get_args

from holdings.adapters.records.items import PROFILE, BrokenItem, Item, blob, number, text, whole
from holdings.adapters.records.viewer_table import ViewerTable, read_item
from holdings.adapters.records.writes import ViewerWrites, Write
from holdings.core.clock import Deadline
from holdings.core.errors import Conflict, NotFound
from holdings.core.record_ports import InsightPart, KeptInsight

INSIGHTS = "insights#"
PARTS: tuple[InsightPart, ...] = get_args(InsightPart)

_LONGEST_DOCUMENT = 350_000


class DynamoDBInsights:
    """Implements `holdings.core.record_ports.InsightRecords`. Safe to share between threads."""

    def __init__(self, table: ViewerTable) -> None:
        self._table = table

    def get(self, viewer: str, deadline: Deadline) -> Mapping[InsightPart, KeptInsight]:
        items = self._table.query(viewer, INSIGHTS, deadline)
        found = dict(read_item(_read, item) for item in items)
        return {part: found[f"{INSIGHTS}{part}"] for part in PARTS if f"{INSIGHTS}{part}" in found}

    def put(self, viewer: str, part: InsightPart, kept: KeptInsight, deadline: Deadline) -> None:
        if len(kept.document) > _LONGEST_DOCUMENT:
            raise ValueError("too large to be kept")
        fields = {"document": {"B": kept.document}, "window": number(kept.window)}
        newer = Conflict("insights of this window, or of a later one, are kept already")
        # `window` is a word of DynamoDB's own.
        put = ViewerWrites(self._table.name, viewer).put(
            f"{INSIGHTS}{part}",
            fields,
            newer,
            "attribute_not_exists(#window) OR #window < :window",
        )
        put.operation["Put"] |= {
            "ExpressionAttributeNames": {"#window": "window"},
            "ExpressionAttributeValues": {":window": number(kept.window)},
        }
        self._table.write(viewer, [self._wanted(viewer), put], deadline)

    def forget(self, viewer: str, deadline: Deadline) -> None:
        self._table.forget(viewer, INSIGHTS, deadline)

    def _wanted(self, viewer: str) -> Write:
        """Nothing is written of who is gone, or has switched it off in the same moment."""
        check: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": ViewerWrites(self._table.name, viewer).key(PROFILE),
            "ConditionExpression": "insights = :on",
            "ExpressionAttributeValues": {":on": {"BOOL": True}},
        }
        return Write({"ConditionCheck": check}, NotFound("insights are switched off"))


def _read(item: Item) -> tuple[str, KeptInsight]:
    attribute = item.get("document")
    if not isinstance(attribute, dict):
        raise BrokenItem("document")
    document = blob(cast("Item", attribute).get("B"))
    return text(item, "sk"), KeptInsight(document, whole(item, "window"))
