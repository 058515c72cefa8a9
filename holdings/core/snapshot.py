"""The document of GET /holdings: a portfolio with its age and what to know before trusting it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from holdings.core.portfolio import Portfolio


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the reader of an answer has to know, under a stable `code`."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`as_of` and `expires_at` are epoch seconds."""

    as_of: int
    expires_at: int
    portfolio: "Portfolio"
    stale: bool = False
    warnings: tuple[Notice, ...] = ()


def annotate(payload: str, notices: Iterable[Notice], *, stale: bool = False) -> str:
    """Return the finished document with warnings that it lacks and, if so, marked as stale.

    Its figures stay as they were written. Raises ValueError if it is not a document of ours.
    """
    document = cast("dict[str, Any]", json.loads(payload))
    try:
        warnings = document["warnings"]
        known = {warning["code"] for warning in warnings}
        warnings += [
            {"code": notice.code, "detail": notice.detail}
            for notice in notices
            if notice.code not in known
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a snapshot: {error!r}") from None
    document["stale"] = bool(stale or document.get("stale"))
    return json.dumps(document, separators=(",", ":"))
