"""Coinbase Exchange's cursor paging.

`limit`, `after` and `before` come in the query; CB-AFTER and CB-BEFORE go out as headers, each
only when there is more that way. Source: docs.cdp.coinbase.com/exchange/rest-api/pagination.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from local.simulator.messages import Answer, RefusedError, json_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_LIMIT = 1000
"""The default as well as the most."""

_LIMIT = re.compile(r"[0-9]{1,4}")
_CURSOR = re.compile(rb"page:([0-9]{1,12})")


def page(rows: Sequence[object], query: Mapping[str, str], page_size: int | None) -> Answer:
    """One page of `rows`. `page_size`, when set, is the most that any page holds.

    Raises RefusedError (400) for a limit or cursor that makes no sense.
    """
    size = min(_limit(query), page_size or MAX_LIMIT)
    if "after" in query and "before" in query:
        raise RefusedError(400, "only one of before and after may be used")
    if "before" in query:
        end = min(position(query["before"]), len(rows))
        start = max(0, end - size)
    else:
        start = min(position(query["after"]), len(rows)) if "after" in query else 0
        end = min(start + size, len(rows))
    headers: dict[str, str] = {}
    if start > 0:
        headers["CB-BEFORE"] = cursor(start)
    if end < len(rows):
        headers["CB-AFTER"] = cursor(end)
    return json_answer(rows[start:end], headers=headers)


def cursor(position: int) -> str:
    """An opaque word for a place in the list; base64, so that nobody is tempted to count."""
    return base64.urlsafe_b64encode(b"page:%d" % position).decode()


def position(cursor: str) -> int:
    try:
        read = _CURSOR.fullmatch(base64.urlsafe_b64decode(cursor))
    except ValueError:
        read = None
    if read is None:
        raise RefusedError(400, "invalid cursor")
    return int(read[1])


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(MAX_LIMIT))
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise RefusedError(400, f"limit must be a number from 1 to {MAX_LIMIT}")
    return int(text)
