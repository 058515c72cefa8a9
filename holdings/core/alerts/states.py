"""What is known of rules between two looks at them, and how it is kept."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from holdings.core.alerts.rules import BrokenAlerts, moment, packed, unpacked
from holdings.core.money import format_amount, parse_amount

_VERSION = 1
_LONGEST_SCOPE = 32
_MOST_CONNECTIONS = 64


class State(NamedTuple):
    """What is known of a rule. Moments are epoch seconds, 0 for never.

    `armed` is None until it was first evaluated. `reference` is the highest balance since then,
    `scope` stands for what is compared with what. `read_at` is when each connection was last read:
    a cache may forget that while it matters.
    """

    armed: bool | None = None
    reference: Decimal | None = None
    scope: str = ""
    fired_at: int = 0
    evaluated_at: int = 0
    read_at: Mapping[str, int] = MappingProxyType({})


def pack_states(states: Mapping[str, State], window: int) -> bytes:
    return packed(
        {
            "v": _VERSION,
            "window": window,
            "states": {
                one: [
                    state.armed,
                    None if state.reference is None else format_amount(state.reference),
                    state.scope,
                    state.fired_at,
                    state.evaluated_at,
                    dict(state.read_at),
                ]
                for one, state in states.items()
            },
        }
    )


def unpack_states(kept: bytes) -> tuple[dict[str, State], int]:
    """Return the states and of which window (epoch seconds) they are. Raises BrokenAlerts."""
    read = unpacked(kept)
    try:
        if read["v"] != _VERSION:
            raise BrokenAlerts("another version")
        states = {str(one): _to_state(row) for one, row in read["states"].items()}
        return states, moment(read["window"])
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BrokenAlerts(str(error)) from None


def _to_state(row: Any) -> State:
    armed, reference, scope, fired_at, evaluated_at, read_at = row
    if armed not in (None, True, False) or len(read_at) > _MOST_CONNECTIONS:
        raise BrokenAlerts("not a state")
    if not isinstance(scope, str) or len(scope) > _LONGEST_SCOPE:
        raise BrokenAlerts("not a scope")
    return State(
        armed,
        None if reference is None else parse_amount(reference),
        scope,
        moment(fired_at),
        moment(evaluated_at),
        {str(one): moment(at) for one, at in read_at.items()},
    )
