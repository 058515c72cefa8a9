"""When a rule fires: pure, of what is known now and of what was known before.

Each crossing fires once. A rule is armed while what it waits for is not so; it fires when that
becomes so, and is armed again when it is over, beyond a margin where figures waver. In its
cool-down it stays quiet. What could not be read fires nothing and arms nothing.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import blake2s
from typing import NamedTuple

from holdings.core.alerts.rules import OWN_FIELDS, Rule
from holdings.core.alerts.states import State
from holdings.core.money import EXACT, format_amount

# A value has to go so far beyond the line until it may cross it again.
MARGIN = Decimal("0.02")
# Readings of one sum may be so far apart. Else what moves from one account to another would have
# left the one and not come to the other.
APART_SECONDS = 600
_HOUR = 3_600


class Source(NamedTuple):
    """What is known of one connection.

    `balances` by currency are None where they could not be read now; `value` leaves the `unpriced`
    out. `failing` is whether it cannot be read, `read_at` when it last was as far as is known (0:
    never) and `connected_at` when it was made, in epoch seconds. `mismatches` counts where its
    ledger does not add up, None where nobody knows.
    """

    label: str
    balances: Mapping[str, Decimal] | None
    value: Decimal | None
    unpriced: frozenset[str] = frozenset()
    rejected: bool = False
    failing: bool = False
    read_at: int = 0
    connected_at: int = 0
    mismatches: int | None = None


class Facts(NamedTuple):
    """Connections that are not paused, by id, and the `currency` of their values."""

    sources: Mapping[str, Source]
    currency: str


class Figure(NamedTuple):
    name: str
    value: str
    unit: str


class Fired(NamedTuple):
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
        if not sources or (rule.kind in _SUMS and not _is_one_moment(sources)):
            found[rule.id] = state
            continue
        scope = _scope(rule, sources, facts.currency)
        if scope is None:
            found[rule.id] = state
            continue
        if scope != state.scope:
            # Another question than before: what is so already is no event.
            state = state._replace(armed=None, reference=None, scope=scope)
        asked = _Asked(rule, state, sources, facts.currency, now)
        state, figures, where = _BY_KIND[rule.kind](asked)
        if figures:
            state = state._replace(fired_at=now)
            fired.append(Fired(rule, now, figures, where))
        found[rule.id] = state
    return found, fired


def quiet(rule: Rule, state: State, now: int) -> bool:
    """Whether the rule is in its cool-down."""
    # What lies ahead is of a clock that was.
    return bool(state.fired_at) and 0 <= now - state.fired_at < rule.cooldown_hours * _HOUR


_SUMS = ("balance_fell", "left_exchange", "value_crossed")


def _is_one_moment(sources: Mapping[str, Source]) -> bool:
    read = [source.read_at for source in sources.values()]
    return max(read) - min(read) <= APART_SECONDS


def _scope(rule: Rule, sources: Mapping[str, Source], currency: str) -> str | None:
    """Return what stands for all that is compared, None where that is not known now.

    A connection that came or went makes another sum, and so does a price that there is no more;
    another line is another rule.
    """
    compared: list[str] = [rule.kind, *sorted(sources)]
    compared += [f"{name}={_text(getattr(rule, name))}" for name in OWN_FIELDS]
    if rule.kind == "value_crossed":
        if any(source.value is None for source in sources.values()):
            return None
        compared.append(rule.currency or currency)
        compared += sorted({code for source in sources.values() for code in source.unpriced})
    return blake2s("\n".join(compared).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _text(value: object) -> str:
    return format_amount(value) if isinstance(value, Decimal) else str(value)


class _Asked(NamedTuple):
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
    state = state._replace(evaluated_at=now)
    reference = state.reference
    if reference is None or balance > reference:
        return state._replace(armed=True, reference=balance), (), None
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
    return state._replace(armed=True, reference=balance), figures, rule.connection_id


def _left(asked: _Asked) -> _Outcome:
    rule, state, sources, now = asked.rule, asked.state, asked.sources, asked.now
    balance = _balance(rule, sources)
    if balance is None:
        return state, (), None
    held = balance > 0
    reference = balance if held else state.reference
    state = state._replace(evaluated_at=now)
    if held:
        return state._replace(armed=True, reference=reference), (), None
    if not state.armed:
        return state._replace(armed=False), (), None
    if quiet(rule, state, now):
        return state, (), None
    last = format_amount(reference or Decimal())
    return (
        state._replace(armed=False),
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
    if not value and any(source.unpriced for source in sources.values()):
        return state, (), None  # nothing has a price, which is not zero
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
    read = {one: max(source.read_at, state.read_at.get(one, 0)) for one, source in sources.items()}
    state = state._replace(read_at=read)
    waited = {one: now - (read[one] or source.connected_at) for one, source in sources.items()}
    failing = {
        one: source
        for one, source in sources.items()
        if source.rejected or (source.failing and waited[one] >= longest)
    }
    figures: tuple[Figure, ...] = ()
    for one, source in failing.items():
        if source.rejected:
            figures += (Figure("rejected", source.label, "connection"),)
        else:
            name = "not_read_for" if read[one] else "never_read"
            figures += (Figure(name, f"{max(0, waited[one]) // _HOUR}", "hours"),)
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
    state = state._replace(evaluated_at=now)
    if is_over:
        return state._replace(armed=True), (), None
    if not is_so or not state.armed:
        return state._replace(armed=bool(state.armed)), (), None
    if quiet(rule, state, now):
        return state, (), None
    return state._replace(armed=False), figures, rule.connection_id


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
