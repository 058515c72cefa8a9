"""What the cache has of a viewer now: the last whole answer, and when each connection was read."""

import json
from collections.abc import Callable, Collection
from typing import Any

from holdings.core.clock import Deadline, from_iso
from holdings.core.insights.facts import LONGEST_CODE, HoldingNow, Reading, SourceNow
from holdings.core.money import parse_amount
from holdings.core.ports import SnapshotCache
from holdings.core.service import answer_place
from holdings.core.sources import reading_place

# An answer that is older says nothing of now. One with a failed connection is never kept.
COUNTS_SECONDS = 86_400
_MOST_HOLDINGS = 20_000


class Latest:
    """Safe to share between threads."""

    def __init__(self, cache: Callable[[str], SnapshotCache]) -> None:
        """`cache` is the place of a name."""
        self._cache = cache

    def answer(self, viewer: str, deadline: Deadline) -> str | None:
        """Return the document of GET /holdings that was last kept. Raises CacheUnavailable."""
        entry = self._cache(answer_place(viewer)).get(deadline)
        return entry.payload if entry and entry.payload else None

    def source(self, connection_id: str, deadline: Deadline) -> SourceNow:
        """Return when a connection was last read, and why the last try failed if it did.

        Raises CacheUnavailable.
        """
        place = self._cache(reading_place(connection_id))
        entry, failure = place.get(deadline), place.failure(deadline)
        as_of = entry.as_of if entry and entry.payload else None
        return SourceNow(connection_id, as_of, failure.code[:LONGEST_CODE] if failure else None)


def reading_of(payload: str | None, window: int, ids: Collection[str]) -> Reading | None:
    """Return what an answer says of these connections; None if it is too old, or no answer."""
    if payload is None:
        return None
    try:
        document: Any = json.loads(payload)
        as_of = from_iso(document["as_of"])
        rows = [_holding(row) for row in document["holdings"] if row["connection_id"] in ids]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    if window - as_of > COUNTS_SECONDS or len(rows) > _MOST_HOLDINGS:
        return None
    return Reading(as_of, rows)


def _holding(row: Any) -> HoldingNow:
    price, reason = row["price"], row["price"]["reason"]
    return HoldingNow(
        str(row["currency"])[:LONGEST_CODE],
        parse_amount(row["balance"]),
        parse_amount(row["hold"]),
        None if row["value"] is None else parse_amount(row["value"]),
        str(price["status"])[:LONGEST_CODE],
        None if reason is None else str(reason)[:LONGEST_CODE],
    )
