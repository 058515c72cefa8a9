"""What is known of a viewer's connections at a moment: readings that are kept, and their worth."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from holdings.core.alerts.evaluate import Facts, Source
from holdings.core.alerts.rules import Rule
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.freshness import CachedSnapshot
from holdings.core.history.service import ConnectionHistory, HistoryService
from holdings.core.money import EXACT, parse_amount
from holdings.core.record_ports import LastRead, Records
from holdings.core.service import Pricing
from holdings.core.snapshot import Part, parse_part
from holdings.core.sources import ViewerSources
from holdings.core.valuation import Valuation, notice


class FactsOf:
    """Looks at what is kept; asks no exchange but for prices. Safe to share between threads."""

    def __init__(
        self,
        *,
        sources: ViewerSources,
        records: Records,
        prices: Callable[[], Pricing],
        history: Callable[[], HistoryService],
        clock: Clock,
        fresh_for: int,
    ) -> None:
        """A reading counts as of now for `fresh_for` seconds."""
        self._sources = sources
        self._records = records
        self._prices = prices
        self._history = history
        self._clock = clock
        self._fresh_for = fresh_for

    def facts(
        self, viewer: str, rules: Sequence[Rule], currency: str, deadline: Deadline
    ) -> tuple[Facts, Mapping[str, str]]:
        """Return what the rules need, and the connections' labels.

        Raises RecordsUnavailable, Misconfigured or CacheUnavailable.
        """
        readable = self._records.refresh.readable(viewer, deadline)
        connections = [one for one in readable.connections if one.status != "paused"]
        mismatches = self._mismatches(viewer, rules, deadline)
        valuation = self._valuation(rules, currency, deadline)
        found = {
            one.id: self._source(
                one, readable.last_read.get(one.id), valuation, mismatches.get(one.id), deadline
            )
            for one in connections
        }
        return Facts(found, currency), {one.id: one.label for one in connections}

    def _source(
        self,
        connection: Connection,
        last: LastRead | None,
        valuation: Callable[[Part], "_Worth"],
        mismatches: int | None,
        deadline: Deadline,
    ) -> Source:
        entry = self._sources.readings(connection).get(deadline)
        part = _part(entry)
        read_at = entry.as_of if part and entry else 0
        rejected = connection.status == "rejected"
        # A reading that was made since is noted beside the connection only after it is kept.
        failing = bool(last and last.failures and read_at < last.retry_at)
        fresh = self._clock.now() < read_at + self._fresh_for and not (rejected or failing)
        balances = _balances(part) if part and fresh else None
        worth = valuation(part) if part and balances is not None else _NOTHING
        return Source(
            connection.label,
            balances,
            worth.value,
            worth.unpriced,
            rejected=rejected,
            failing=failing,
            read_at=read_at,
            connected_at=connection.created_at,
            mismatches=mismatches,
        )

    def _valuation(
        self, rules: Sequence[Rule], currency: str, deadline: Deadline
    ) -> Callable[[Part], "_Worth"]:
        if not any(rule.kind == "value_crossed" and rule.enabled for rule in rules):
            return lambda _: _NOTHING
        pricing = self._prices()
        prices = pricing.read(deadline)

        def value(part: Part) -> _Worth:
            codes = [row["currency"] for row in part["holdings"]]
            known = pricing.complete(prices, codes, currency, deadline)
            if notice(known):
                return _NOTHING  # a price that could not be read is no fall
            found = Valuation(known, currency).document(part["holdings"])["value"]
            unpriced = frozenset(one["currency"] for one in found["excluded"])
            amount = found["amount"]
            return _Worth(Decimal() if amount is None else parse_amount(amount), unpriced)

        return value

    def _mismatches(
        self, viewer: str, rules: Sequence[Rule], deadline: Deadline
    ) -> Mapping[str, int | None]:
        if not any(rule.kind == "reconciliation_broke" and rule.enabled for rule in rules):
            return {}
        found = self._history().of_connections(viewer, deadline)
        return {one.connection.id: self._mismatches_of(one) for one in found}

    def _mismatches_of(self, past: ConnectionHistory) -> int | None:
        if not self._sources.has_ledger(past.connection):
            return 0  # there is nothing that could fail to add up
        progress = past.progress
        if not progress or progress.walk or progress.busy_until > self._clock.now():
            return None  # while it is read on, the ledger is ahead of the balances
        differences = past.differences()
        return None if differences is None else len(differences)


class _Worth(NamedTuple):
    """None where that could not be found out; `unpriced` are the currencies that it leaves out."""

    value: Decimal | None
    unpriced: frozenset[str]


_NOTHING = _Worth(None, frozenset())


def _balances(part: Part) -> dict[str, Decimal] | None:
    balances: dict[str, Decimal] = {}
    try:
        for row in part["holdings"]:
            known = balances.get(row["currency"], Decimal())
            balances[row["currency"]] = EXACT.add(known, parse_amount(row["balance"]))
    except (KeyError, TypeError, ValueError):
        return None
    return balances


def _part(entry: CachedSnapshot | None) -> Part | None:
    if not entry or not entry.payload:
        return None
    try:
        return parse_part(entry.payload)
    except ValueError:
        return None
