"""What Coinbase Advanced Trade says: a page, its three shapes of errors, and answers with a fault.

A page is `{accounts, has_next, cursor, size}`; `limit` (49, at most 250) and `cursor` come in the
query. Source: docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/accounts.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug import Response

from local.simulator.app import Alter, change_first
from local.simulator.book import wallet
from local.simulator.exchange import Exchange, Holder
from local.simulator.faults import Fault, Incident
from local.simulator.server import Refused, json_response

DEFAULT_LIMIT, MAX_LIMIT = 49, 250

_LIMIT = re.compile(r"[0-9]{1,4}")
_CURSOR = re.compile(rb"after:([0-9]{1,12})")
_NAMES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 500: "INTERNAL"}


def page(rows: Sequence[object], query: Mapping[str, str], page_size: int | None) -> Response:
    """One page of `rows`. `page_size`, when set, is the most that any page holds.

    Raises Refused (400) for a limit or cursor that makes no sense.
    """
    text = query.get("limit") or str(DEFAULT_LIMIT)
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise Refused(400, f"limit must be a number from 1 to {MAX_LIMIT}")
    size = min(int(text), page_size or MAX_LIMIT)
    start = min(_position(query.get("cursor", "")), len(rows))
    end = min(start + size, len(rows))
    return listed(rows[start:end], cursor(end) if end < len(rows) else "")


def listed(rows: Sequence[object], cursor: str) -> Response:
    document = {"accounts": rows, "has_next": bool(cursor), "cursor": cursor, "size": len(rows)}
    return json_response(document)


def cursor(position: int) -> str:
    return base64.urlsafe_b64encode(b"after:%d" % position).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        read = _CURSOR.fullmatch(base64.urlsafe_b64decode(cursor))
    except ValueError:
        read = None
    if read is None:
        raise Refused(400, "invalid cursor")
    return int(read[1])


def refusal(refused: Refused) -> Response:
    """A refusal in the shape that its status has here."""
    status, text = refused.status, str(refused)
    if status == 401:
        response = Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
    elif status == 429:
        response = json_response({"errors": [{"id": "rate_limit_exceeded", "message": text}]}, 429)
    else:
        name = _NAMES.get(status, "UNKNOWN")
        said = {"error": name, "error_details": text, "message": text}
        response = json_response(said, status)
    response.headers.update(refused.headers)
    return response


def _refused(status: int, text: str) -> Callable[[], Response]:
    return lambda: refusal(Refused(status, text))


_UNAUTHORIZED = _refused(401, "Unauthorized")

INSTEAD: dict[Fault, Callable[[], Response]] = {
    Fault.RATE_LIMITED: _refused(429, "Too many requests"),
    Fault.INTERNAL_ERROR: _refused(500, "internal error"),
    Fault.MAINTENANCE: lambda: Response("upstream connect error", 503, content_type="text/plain"),
    # It never says which of them it is.
    Fault.INVALID_API_KEY: _UNAUTHORIZED,
    Fault.INVALID_SIGNATURE: _UNAUTHORIZED,
    Fault.INVALID_PASSPHRASE: _UNAUTHORIZED,
    Fault.TIMESTAMP_EXPIRED: _UNAUTHORIZED,
    Fault.FORBIDDEN: _refused(403, "Missing required scopes"),
}


def _missing_balance(_e: Exchange[Any], _h: Holder[Any], _i: Incident, right: Response) -> None:
    change_first(right, lambda account: account.pop("available_balance", None), under="accounts")


def _nan_balance(_e: Exchange[Any], _h: Holder[Any], _i: Incident, right: Response) -> None:
    def spoil(account: dict[str, object]) -> None:
        account["available_balance"] = {"value": "NaN", "currency": account.get("currency")}

    change_first(right, spoil, under="accounts")


def _repeat_page(
    exchange: Exchange[Any], holder: Holder[Any], _incident: Incident, right: Response
) -> None:
    first = page(holder.rows(), {"limit": str(MAX_LIMIT)}, exchange.page_size)
    right.set_data(listed(json.loads(first.get_data())["accounts"], cursor(1)).get_data())


def _endless_pages(
    exchange: Exchange[Any], holder: Holder[Any], incident: Incident, right: Response
) -> None:
    size, number = exchange.page_size or 3, incident.number
    rows = [wallet(f"E{number}X{row}", "1", "0", holder.profile_id) for row in range(size)]
    right.set_data(listed(rows, cursor((number + 1) * size)).get_data())


ALTERED: dict[Fault, Alter] = {
    Fault.MISSING_BALANCE: _missing_balance,
    Fault.NAN_BALANCE: _nan_balance,
    Fault.REPEAT_PAGE: _repeat_page,
    Fault.ENDLESS_PAGES: _endless_pages,
}
