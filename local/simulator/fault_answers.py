"""Faults that an answer shows: another one instead, or the right one spoilt."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, cast

from local.simulator.faults import Fault
from local.simulator.messages import Answer, json_answer, message
from local.simulator.paging import cursor, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulator.exchange import Exchange
    from local.simulator.faults import Incident, Injection

_HTML = {"Content-Type": "text/html; charset=UTF-8"}


def _html(status: int, title: str) -> Answer:
    text = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1><p>cloudflare</p></body></html>\n"
    )
    return Answer(status, {**_HTML, "Server": "cloudflare"}, text.encode())


INSTEAD: dict[Fault, Answer] = {
    Fault.RATE_LIMITED: message(429, "Private rate limit exceeded"),
    Fault.INTERNAL_ERROR: message(500, "Internal server error"),
    Fault.BAD_GATEWAY: _html(502, "api.exchange.coinbase.com | 502: Bad gateway"),
    Fault.MAINTENANCE: message(503, "The exchange is under maintenance, please try again later"),
    Fault.INVALID_API_KEY: message(401, "Invalid API Key"),
    Fault.INVALID_SIGNATURE: message(401, "invalid signature"),
    Fault.INVALID_PASSPHRASE: message(401, "Invalid Passphrase"),
    Fault.TIMESTAMP_EXPIRED: message(400, "request timestamp expired"),
    Fault.FORBIDDEN: message(403, "Forbidden"),
    Fault.HTML: _html(200, "Just a moment..."),
    # A host that can never exist: a client that follows must not end up on a real one.
    Fault.REDIRECT: Answer(302, {"Location": "https://elsewhere.invalid/accounts"}, b""),
    Fault.BODY: Answer(200, {"Content-Type": "application/json; charset=utf-8"}, b""),
}


def replaced(injection: Injection) -> Answer:
    """The fault's answer, with whatever of it the injection overrides."""
    answer = INSTEAD[injection.fault]
    return Answer(
        injection.status or answer.status,
        {**answer.headers, **(injection.headers or {})},
        answer.body if injection.body is None else injection.body,
    )


def _half_json(_exchange: Exchange, _incident: Incident, right: Answer) -> Answer:
    return Answer(right.status, right.headers, right.body[: len(right.body) // 2])


def _missing_balance(_exchange: Exchange, _incident: Incident, right: Answer) -> Answer:
    return _with_first_account(right, lambda account: account.pop("balance", None))


def _nan_balance(_exchange: Exchange, _incident: Incident, right: Answer) -> Answer:
    return _with_first_account(right, lambda account: account.update(balance="NaN"))


def _repeat_page(exchange: Exchange, _incident: Incident, _right: Answer) -> Answer:
    first = page(exchange.rows(), {}, exchange.page_size)
    return Answer(200, {**first.headers, "CB-AFTER": cursor(1)}, first.body)


def _endless_pages(exchange: Exchange, incident: Incident, _right: Answer) -> Answer:
    size = exchange.page_size or 3
    accounts = [
        {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"simulator/endless/{incident.number}/{row}")),
            "currency": f"E{incident.number}X{row}",
            "balance": "1",
            "hold": "0",
            "available": "1",
            "profile_id": exchange.profile_id,
            "trading_enabled": True,
        }
        for row in range(size)
    ]
    return json_answer(accounts, headers={"CB-AFTER": cursor((incident.number + 1) * size)})


ALTERED: dict[Fault, Callable[[Exchange, Incident, Answer], Answer]] = {
    Fault.HALF_JSON: _half_json,
    Fault.MISSING_BALANCE: _missing_balance,
    Fault.NAN_BALANCE: _nan_balance,
    Fault.REPEAT_PAGE: _repeat_page,
    Fault.ENDLESS_PAGES: _endless_pages,
}


def altered(exchange: Exchange, incident: Incident, right: Answer) -> Answer:
    """The right answer, spoilt. A refusal stays as it is: a client that may not look sees none."""
    if right.status != 200:
        return right
    return ALTERED[incident.injection.fault](exchange, incident, right)


def _with_first_account(right: Answer, change: Callable[[dict[str, object]], object]) -> Answer:
    rows: object = json.loads(right.body)
    first: object = rows
    if isinstance(rows, list) and rows:
        first = cast("list[object]", rows)[0]
    if isinstance(first, dict):
        change(cast("dict[str, object]", first))
    headers = {name: text for name, text in right.headers.items() if name != "Content-Type"}
    return json_answer(cast("object", rows), headers=headers)
