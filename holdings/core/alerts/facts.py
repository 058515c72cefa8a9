"""What is known of a viewer's connections at a moment: readings that are kept, and their worth."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from holdings.core.alerts.evaluate import Facts, Source
from holdings.core.alerts.rules import Rule
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.freshness import CachedSnapshot
from holdings.core.history.service import HistoryService
from holdings.core.money import EXACT, parse_amount
from holdings.core.ports import LastRead, Records
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
        shared = [self._sources.shared] if self._sources.shared else []
        connections = [one for one in (*shared, *readable.connections) if one.status != "paused"]
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
        valuation: Callable[[Part], Decimal | None],
        mismatches: int | None,
        deadline: Deadline,
    ) -> Source:
        entry = self._sources.readings(connection).get(deadline)
        rejected = connection.status == "rejected"
        failing = rejected or bool(last and last.failures)
        part = _part(entry)
        now = self._clock.now()
        fresh = entry is not None and now < entry.as_of + self._fresh_for and not failing
        balances: dict[str, Decimal] | None = None
        if part and fresh:
            balances = {}
            for row in part["holdings"]:
                code = row["currency"]
                known = balances.get(code, Decimal())
                balances[code] = EXACT.add(known, parse_amount(row["balance"]))
        return Source(
            connection.label,
            balances,
            valuation(part) if part and fresh else None,
            rejected,
            (entry.as_of if part and entry else 0) if failing and not rejected else None,
            mismatches,
        )

    def _valuation(
        self, rules: Sequence[Rule], currency: str, deadline: Deadline
    ) -> Callable[[Part], Decimal | None]:
        if not any(rule.kind == "value_crossed" and rule.enabled for rule in rules):
            return lambda _: None
        pricing = self._prices()
        prices = pricing.read(deadline)

        def value(part: Part) -> Decimal | None:
            codes = [row["currency"] for row in part["holdings"]]
            known = pricing.complete(prices, codes, currency, deadline)
            if notice(known):
                return None  # a price that could not be read is no fall
            found = Valuation(known, currency).document(part["holdings"])["value"]["amount"]
            return None if found is None else parse_amount(found)

        return value

    def _mismatches(
        self, viewer: str, rules: Sequence[Rule], deadline: Deadline
    ) -> Mapping[str, int | None]:
        if not any(rule.kind == "reconciliation_broke" and rule.enabled for rule in rules):
            return {}
        found = self._history().of_connections(viewer, deadline)
        return {
            one.connection.id: None
            if (differences := one.differences()) is None
            else len(differences)
            for one in found
        }


def _part(entry: CachedSnapshot | None) -> Part | None:
    if not entry or not entry.payload:
        return None
    try:
        return parse_part(entry.payload)
    except ValueError:
        return None
