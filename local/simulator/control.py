"""The control endpoint under /_simulator: what Coinbase does not have, and tests and people need.

It asks for no credentials. The server listens on loopback only, and a request that a web page
sent is refused, so that no site open in the developer's browser can reach it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from local.simulator import control_bodies as bodies
from local.simulator.messages import Answer, RefusedError, Request, json_answer, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulator.exchange import Exchange

PREFIX = "/_simulator"


def control(exchange: Exchange, request: Request) -> Answer:
    """Raises nothing: a refusal is an answer too."""
    if "origin" in request.headers:
        return message(403, "the control endpoint is not for web pages")
    act = _ACTIONS.get((request.method, request.path.removeprefix(PREFIX)))
    if act is None:
        known = ", ".join(f"{method} {PREFIX}{path}" for method, path in _ACTIONS)
        return message(404, f"there are {known}")
    try:
        return json_answer(act(exchange, request.body))
    except RefusedError as refusal:
        return refusal.answer


def state(exchange: Exchange) -> dict[str, object]:
    """Everything that is set and counted, and nothing that is secret."""
    return {
        "faults": [
            {
                "fault": injection.fault,
                "path": injection.path,
                "after": injection.after,
                "remaining": remaining,
                "seconds": injection.seconds,
            }
            for injection, remaining in exchange.faults.active()
        ],
        "clock_offset_seconds": exchange.clock_offset,
        "page_size": exchange.page_size,
        "view": exchange.can_view,
        "accounts": len(exchange.rows()),
        "requests": exchange.counts(),
    }


def _state(exchange: Exchange, _body: bytes) -> object:
    return state(exchange)


def _set_fault(exchange: Exchange, body: bytes) -> object:
    exchange.faults.set(bodies.injection(body))
    return state(exchange)


def _clear_faults(exchange: Exchange, _body: bytes) -> object:
    exchange.faults.clear()
    return state(exchange)


def _rotate(exchange: Exchange, body: bytes) -> object:
    """The one answer that shows credentials: whoever rotates has to hand the new ones on."""
    credentials = bodies.credentials(body)
    exchange.rotate(credentials)
    return asdict(credentials)


def _set_clock(exchange: Exchange, body: bytes) -> object:
    exchange.clock_offset = bodies.offset_seconds(body)
    return state(exchange)


def _set_accounts(exchange: Exchange, body: bytes) -> object:
    exchange.accounts = bodies.parsed(body)
    return state(exchange)


def _set_page_size(exchange: Exchange, body: bytes) -> object:
    exchange.page_size = bodies.page_size(body)
    return state(exchange)


def _set_permissions(exchange: Exchange, body: bytes) -> object:
    exchange.can_view = bodies.view(body)
    return state(exchange)


def _reset(exchange: Exchange, _body: bytes) -> object:
    exchange.reset()
    return state(exchange)


_ACTIONS: dict[tuple[str, str], Callable[[Exchange, bytes], object]] = {
    ("GET", ""): _state,
    ("PUT", "/faults"): _set_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/credentials"): _rotate,
    ("PUT", "/clock"): _set_clock,
    ("PUT", "/accounts"): _set_accounts,
    ("PUT", "/page_size"): _set_page_size,
    ("PUT", "/permissions"): _set_permissions,
    ("POST", "/reset"): _reset,
}
