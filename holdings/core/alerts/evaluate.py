"""When a rule fires: pure, of what is known now and of what was known before.

Each crossing fires once. A rule is armed while what it waits for is not so; it fires when that
becomes so, and is armed again when it is over, beyond a margin where figures waver. In its
cool-down it stays quiet. What could not be read fires nothing and arms nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from holdings.core.alerts.rules import BrokenAlerts, Rule, packed, unpacked
from holdings.core.money import EXACT, format_amount, parse_amount

# A value has to go so far beyond the line until it may cross it again.
MARGIN = Decimal("0.02")
_HOUR = 3_600
_VERSION = 1
_MOST_SCOPE = 64


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of one connection.

    `balances` by currency are None where they could not be read now. `failing_since` is when it was
    last read (epoch seconds) if it fails, 0 if it never was; `mismatches` counts where its ledger
    does not add up, None where nobody knows.
    """

    label: str
    balances: Mapping[str, Decimal] | None
    value: Decimal | None
    rejected: bool = False
    failing_since: int | None = None
    mismatches: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Connections that are not paused, by id, and the `currency` of their values."""

    sources: Mapping[str, Source]
    currency: str


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a rule. Moments are epoch seconds, 0 for never.

    `armed` is None until it was first evaluated. `reference` is the highest balance since then,
    `scope` the connections that it is of.
    """

    armed: bool | None = None
    reference: Decimal | None = None
    scope: tuple[str, ...] = ()
    fired_at: int = 0
    evaluated_at: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that has fired, with what it saw."""

    rule: Rule
    at: int
    figures: tuple[Figure, ...]
    connection_id: str | None


def evaluate(
    rules: Sequence[Rule], states: Mapping[str, State], facts: Facts, now: int
) -> tuple[dict[str, State], list[Fired]]:
    """Return each rule's new state, and what fires; states of rules that are gone are dropped."""
    found: dict[str, State] = {}
    fired: list[Fired] = []
    for rule in rules:
        state = states.get(rule.id, State())
        if not rule.enabled:
            # It begins anew when it is switched on again.
            found[rule.id] = State(fired_at=state.fired_at, evaluated_at=state.evaluated_at)
            continue
        sources = {
            one: source
            for one, source in facts.sources.items()
            if rule.connection_id in (None, one)
        }
        if not sources:
            found[rule.id] = state
            continue
        if tuple(sorted(sources)) != state.scope:
            # Another sum than before: a connection that came or went is no event.
            state = replace(state, armed=None, reference=None, scope=tuple(sorted(sources)))
        asked = _Asked(rule, state, sources, facts.currency, now)
        state, figures, where = _BY_KIND[rule.kind](asked)
        if figures:
            state = replace(state, fired_at=now)
            fired.append(Fired(rule, now, figures, where))
        found[rule.id] = state
    return found, fired


def quiet(rule: Rule, state: State, now: int) -> bool:
    """Whether the rule is in its cool-down."""
    return bool(state.fired_at) and now - state.fired_at < rule.cooldown_hours * _HOUR


@dataclass(frozen=True, slots=True)
class _Asked:
    rule: Rule
    state: State
    sources: Mapping[str, Source]
    currency: str
    now: int


# The new state, what is shown of what fired, and in which connection.
_Outcome = tuple[State, tuple[Figure, ...], str | None]


def _fell(asked: _Asked) -> _Outcome:
    rule, state, sources, now = asked.rule, asked.state, asked.sources, asked.now
    balance, code = _balance(rule, sources), rule.currency or ""
    if balance is None:
        return state, (), None
    state = replace(state, evaluated_at=now)
    reference = state.reference
    if reference is None or balance > reference:
        return replace(state, armed=True, reference=balance), (), None
    allowed = (
        rule.amount
        if rule.amount is not None
        else EXACT.multiply(reference, rule.ratio or Decimal())
    )
    fell = EXACT.subtract(reference, balance)
    if fell <= allowed or quiet(rule, state, now):
        return state, (), None
    figures = (
        Figure("fell_by", format_amount(fell), code),
        Figure("from", format_amount(reference), code),
        Figure("to", format_amount(balance), code),
    )
    # From here it falls anew.
    return replace(state, armed=True, reference=balance), figures, rule.connection_id


def _left(asked: _Asked) -> _Outcome:
    rule, state, sources, now = asked.rule, asked.state, asked.sources, asked.now
    balance = _balance(rule, sources)
    if balance is None:
        return state, (), None
    held = balance > 0
    reference = balance if held else state.reference
    state = replace(state, evaluated_at=now)
    if held:
        return replace(state, armed=True, reference=reference), (), None
    if not state.armed:
        return replace(state, armed=False), (), None
    if quiet(rule, state, now):
        return state, (), None
    last = format_amount(reference or Decimal())
    return (
        replace(state, armed=False),
        (Figure("last_held", last, rule.currency or ""),),
        (rule.connection_id),
    )


def _crossed(asked: _Asked) -> _Outcome:
    rule, state, sources, now = asked.rule, asked.state, asked.sources, asked.now
    if rule.currency not in (None, asked.currency):
        return state, (), None
    value, line = Decimal(), rule.amount or Decimal()
    for source in sources.values():
        if source.value is None:
            return state, (), None
        value = EXACT.add(value, source.value)
    margin = EXACT.multiply(line, MARGIN)
    if rule.direction == "below":
        is_so, is_over = value < line, value >= EXACT.add(line, margin)
        first = value >= line
    else:
        is_so, is_over = value > line, value <= EXACT.subtract(line, margin)
        first = value <= line
    figures = (
        Figure("value", format_amount(value), asked.currency),
        Figure("line", format_amount(line), asked.currency),
    )
    return _switched(rule, state, now, is_so, first if state.armed is None else is_over, figures)


def _failed(asked: _Asked) -> _Outcome:
    rule, state, sources, now = asked.rule, asked.state, asked.sources, asked.now
    longest = (rule.hours or 0) * _HOUR
    failing = {
        one: source
        for one, source in sources.items()
        if source.rejected
        or (source.failing_since is not None and now - source.failing_since >= longest)
    }
    figures: tuple[Figure, ...] = ()
    for source in failing.values():
        if source.rejected:
            figures += (Figure("rejected", source.label, "connection"),)
        else:
            hours = (now - (source.failing_since or now)) // _HOUR
            name = "not_read_for" if source.failing_since else "never_read"
            figures += (Figure(name, f"{hours}" if source.failing_since else "0", "hours"),)
    where = next(iter(failing)) if len(failing) == 1 else None
    state, figures, _ = _switched(rule, state, now, bool(failing), not failing, figures)
    return state, figures, where if figures else None


def _broke(asked: _Asked) -> _Outcome:
    rule, state, sources, now = asked.rule, asked.state, asked.sources, asked.now
    counts = {one: source.mismatches for one, source in sources.items()}
    known = {one: count for one, count in counts.items() if count is not None}
    open_ = {one: count for one, count in known.items() if count}
    if not open_ and len(known) < len(sources):
        return state, (), None
    figures = (Figure("differences", str(sum(open_.values())), "count"),)
    state, figures, _ = _switched(rule, state, now, bool(open_), not open_, figures)
    where = next(iter(open_)) if len(open_) == 1 else None
    return state, figures, where if figures else None


def _switched(
    rule: Rule,
    state: State,
    now: int,
    is_so: bool,
    is_over: bool,
    figures: tuple[Figure, ...],
) -> _Outcome:
    """Fire once when what the rule waits for becomes so, armed again when that is over."""
    state = replace(state, evaluated_at=now)
    if is_over:
        return replace(state, armed=True), (), None
    if not is_so or not state.armed:
        return replace(state, armed=bool(state.armed)), (), None
    if quiet(rule, state, now):
        return state, (), None
    return replace(state, armed=False), figures, rule.connection_id


_BY_KIND = {
    "balance_fell": _fell,
    "left_exchange": _left,
    "value_crossed": _crossed,
    "connection_failed": _failed,
    "reconciliation_broke": _broke,
}


def _balance(rule: Rule, sources: Mapping[str, Source]) -> Decimal | None:
    """Return the sum in all of them, None where one could not be read."""
    total = Decimal()
    for source in sources.values():
        if source.balances is None:
            return None
        total = EXACT.add(total, source.balances.get(rule.currency or "", Decimal()))
    return total


def pack_states(states: Mapping[str, State], window: int) -> bytes:
    return packed(
        {
            "v": _VERSION,
            "window": window,
            "states": {
                one: [
                    state.armed,
                    None if state.reference is None else format_amount(state.reference),
                    list(state.scope),
                    state.fired_at,
                    state.evaluated_at,
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
        return {str(one): _to_state(row) for one, row in read["states"].items()}, int(
            read["window"]
        )
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BrokenAlerts(str(error)) from None


def _to_state(row: Any) -> State:
    armed, reference, scope, fired_at, evaluated_at = row
    if armed not in (None, True, False) or len(scope) > _MOST_SCOPE:
        raise BrokenAlerts("not a state")
    return State(
        armed,
        None if reference is None else parse_amount(reference),
        tuple(str(one) for one in scope),
        int(fired_at),
        int(evaluated_at),
    )
