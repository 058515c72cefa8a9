"""What Coinbase Exchange says: a page of a list, and what a fault puts in the right answer's place.

Pages: `limit`, `after` and `before` come in the query; CB-AFTER and CB-BEFORE go out as headers,
each only when there is more that way. Source: docs.cdp.coinbase.com/exchange/rest-api/pagination.
"""

import base64
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug import Response

from local.simulator.app import Alter, change_first
from local.simulator.exchange import Exchange, Holder
from local.simulator.faults import Fault, Incident
from local.simulator.server import Refused, json_response

MAX_LIMIT = 1000
"""The default as well as the most."""

_LIMIT = re.compile(r"[0-9]{1,4}")
_CURSOR = re.compile(rb"page:([0-9]{1,12})")


def page(rows: Sequence[object], query: Mapping[str, str], page_size: int | None) -> Response:
    """One page of `rows`. `page_size`, when set, is the most that any page holds.

    Raises Refused (400) for a limit or cursor that makes no sense.
    """
    size = min(_limit(query), page_size or MAX_LIMIT)
    if "after" in query and "before" in query:
        raise Refused(400, "only one of before and after may be used")
    if "before" in query:
        end = min(position(query["before"]), len(rows))
        start = max(0, end - size)
    else:
        start = min(position(query["after"]), len(rows)) if "after" in query else 0
        end = min(start + size, len(rows))
    response = json_response(rows[start:end])
    if start > 0:
        response.headers["CB-BEFORE"] = cursor(start)
    if end < len(rows):
        response.headers["CB-AFTER"] = cursor(end)
    return response


def cursor(position: int) -> str:
    """An opaque word for a place in the list; base64, so that nobody is tempted to count."""
    return base64.urlsafe_b64encode(b"page:%d" % position).decode()


def position(cursor: str) -> int:
    try:
        read = _CURSOR.fullmatch(base64.urlsafe_b64decode(cursor))
    except ValueError:
        read = None
    if read is None:
        raise Refused(400, "invalid cursor")
    return int(read[1])


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(MAX_LIMIT))
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise Refused(400, f"limit must be a number from 1 to {MAX_LIMIT}")
    return int(text)


def _message(status: int, text: str) -> Callable[[], Response]:
    return Refused(status, text).response


INSTEAD: dict[Fault, Callable[[], Response]] = {
    Fault.RATE_LIMITED: _message(429, "Private rate limit exceeded"),
    Fault.INTERNAL_ERROR: _message(500, "Internal server error"),
    Fault.MAINTENANCE: _message(503, "The exchange is under maintenance, please try again later"),
    Fault.INVALID_API_KEY: _message(401, "Invalid API Key"),
    Fault.INVALID_SIGNATURE: _message(401, "invalid signature"),
    Fault.INVALID_PASSPHRASE: _message(401, "Invalid Passphrase"),
    Fault.TIMESTAMP_EXPIRED: _message(400, "request timestamp expired"),
    Fault.FORBIDDEN: _message(403, "Forbidden"),
}


def _missing_balance(_e: Exchange[Any], _h: Holder[Any], _i: Incident, right: Response) -> None:
    change_first(right, lambda account: account.pop("balance", None))


def _nan_balance(_e: Exchange[Any], _h: Holder[Any], _i: Incident, right: Response) -> None:
    change_first(right, lambda account: account.update(balance="NaN"))


def _repeat_page(
    exchange: Exchange[Any], holder: Holder[Any], _incident: Incident, right: Response
) -> None:
    right.set_data(page(holder.rows(), {}, exchange.page_size).get_data())
    right.headers["CB-AFTER"] = cursor(1)
    del right.headers["CB-BEFORE"]


def _endless_pages(
    exchange: Exchange[Any], holder: Holder[Any], incident: Incident, right: Response
) -> None:
    size = exchange.page_size or 3
    accounts = [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"simulator/endless/{incident.number}/{row}")),
            "currency": f"E{incident.number}X{row}",
            "balance": "1",
            "hold": "0",
            "available": "1",
            "profile_id": holder.profile_id,
            "trading_enabled": True,
        }
        for row in range(size)
    ]
    right.set_data(json_response(accounts).get_data())
    right.headers["CB-AFTER"] = cursor((incident.number + 1) * size)
    del right.headers["CB-BEFORE"]


ALTERED: dict[Fault, Alter] = {
    Fault.MISSING_BALANCE: _missing_balance,
    Fault.NAN_BALANCE: _nan_balance,
    Fault.REPEAT_PAGE: _repeat_page,
    Fault.ENDLESS_PAGES: _endless_pages,
}
