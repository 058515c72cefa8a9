"""Answer with all that a viewer's connections hold, each with its own age and its own failures.

The finished answer is kept for the viewer, so that the next request is one look into the cache.
Without it the connections are read side by side, each as fresh as it is by itself.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    HoldingsError,
    Misconfigured,
    NotFound,
    UpstreamError,
)
from holdings.core.freshness import CachedSnapshot, FreshnessRules
from holdings.core.kept import Attempt, Kept
from holdings.core.once import LeastRecent
from holdings.core.ports import SnapshotCache
from holdings.core.snapshot import Notice, Part, SourceView, compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from holdings.core.connections import Connection
    from holdings.core.prices import Prices
    from holdings.core.source import Outcome, Reading, Source
    from holdings.core.valuation import Valuation

T = TypeVar("T")

# Every wait of one request for the exchanges ends by then: retries, pages, /time, keys, records,
# and other requests.
DEADLINE_SECONDS = 10.0

# Of viewers and of connections each: whom this process forgets, it finds in the cache.
_REMEMBERED = 64
_REMEMBERED_CHARACTERS = 256 * 1024


class Answer(NamedTuple):
    """What to serve, and how it came about; nobody is to keep a `passing` one.

    Its figures or their prices are the last good ones, or some are missing.
    """

    entry: CachedSnapshot
    outcome: "Outcome"
    passing: bool = False


class Sources(Protocol):
    """Whose connections are which, and how each is read."""

    def of(self, viewer: str, deadline: Deadline) -> "Sequence[Connection]":
        """Return what the viewer sees: the shared connection, if there is one, and their own.

        Raises RecordsUnavailable or Misconfigured.
        """
        ...

    def currency(self, viewer: str, deadline: Deadline) -> str:
        """Return what the viewer wants values in. Raises RecordsUnavailable or Misconfigured."""
        ...

    def open(self, viewer: str, connection: "Connection") -> "Source[Part]": ...

    def scope(self, connection: "Connection") -> str:
        """Return what the connection's figures cover, in a sentence or ""."""
        ...

    def note(
        self, viewer: str, connection: "Connection", failure: Notice, deadline: Deadline
    ) -> None:
        """Take note of why a connection could not be read: a refused key is not tried again."""
        ...


class Pricing(Protocol):
    """Prices for whoever needs them: never an error, at worst a status."""

    def read(self, deadline: Deadline, *, not_before: int | None = None) -> "Prices":
        """Return every book's price; with `not_before` those read since then will do."""
        ...

    def complete(
        self, prices: "Prices", codes: "Iterable[str]", currency: str, deadline: Deadline
    ) -> "Prices":
        """Return prices with what those of `codes` in `currency` ask for."""
        ...

    def checked(self, prices: "Prices", currency: str, deadline: Deadline) -> "Prices":
        """Return prices that know `currency`. Raises InvalidRequest naming those that they do."""
        ...


class HoldingsService:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        sources: Callable[[], Sources],
        prices: Callable[[], Pricing],
        cache: Callable[[str], SnapshotCache],
        clock: Clock,
        rules: FreshnessRules,
        notices: tuple[Notice, ...] = (),
    ) -> None:
        """`sources` and `prices` are made when first needed, `cache` gives the place of a name.

        `notices` stand under the warnings of every answer.
        """
        self._sources = sources
        self._pricing = prices
        self._cache = cache
        self._clock = clock
        self._rules = rules
        self._notices = notices
        self._answers = LeastRecent[str, Kept](_REMEMBERED)
        self._last_valuing: Valuation | None = None
        self._opened = LeastRecent[tuple[str, str, int], "Source[Part]"](_REMEMBERED)

    def read(
        self,
        viewer: str,
        *,
        refresh: bool = False,
        connection_id: str | None = None,
        currency: str | None = None,
    ) -> Answer:
        """Serve the kept answer while it is fresh, else read what is not.

        `connection_id` narrows it to one source, `currency` is what values are in if not what the
        viewer's profile says. Raises NotFound where the viewer has no such connection,
        InvalidRequest where no price leads to the currency, and what the first source raises where
        none has anything to show.
        """
        attempt = Attempt(
            deadline=Deadline.after(DEADLINE_SECONDS, self._clock),
            refresh=refresh,
            now=int(self._clock.now()),
            began=self._clock.monotonic(),
        )
        kept = self._answers.get(viewer, lambda: self._keep(viewer))
        kept.look_up(attempt)
        entry = attempt.entry
        if entry and not refresh and self._rules.is_fresh(entry, attempt.now):
            answer = Answer(entry, "HIT")
        else:
            answer = self._read_sources(viewer, attempt, kept)
        if currency is not None:
            answer = self._revalued(answer, currency, attempt.deadline)
        return answer if connection_id is None else _narrowed(answer, connection_id)

    def asked_for(
        self, viewer: str, codes: list[str] | None, currency: str | None
    ) -> tuple[list[str], str]:
        """Return what prices are wanted of, what is held if nothing else, and in which currency.

        Raises as `read` does where that has to be known.
        """
        if codes is None:
            from holdings.core.answers import held

            held_codes, valued_in, _ = held(self.read(viewer).entry.payload)
            return sorted(set(held_codes)), currency or valued_in
        if currency is None:
            deadline = Deadline.after(DEADLINE_SECONDS, self._clock)
            currency = self._sources().currency(viewer, deadline)
        return codes, currency

    def _keep(self, viewer: str) -> Kept:
        return Kept(self._cache(answer_place(viewer)), self._clock, self._rules)

    def _read_sources(self, viewer: str, attempt: Attempt, kept: Kept) -> Answer:
        from holdings.core.side_by_side import both, side_by_side

        listed_at = int(self._clock.now() * 1_000)
        # Honoured for a viewer, whoever else has just had the shared connection read: the sources
        # have cool-downs of their own, and say so too where they fail.
        refreshed = attempt.refresh and kept.take_refresh(attempt)
        deadline = attempt.deadline
        try:
            sources = self._sources()
            connections, currency = self._chosen(sources, viewer, deadline)
        except (UpstreamError, Misconfigured) as error:
            return self._last_good(attempt, kept, error)
        pricing = self._pricing()
        looks, prices = both(
            lambda: side_by_side(
                [self._look(sources, viewer, connection, attempt) for connection in connections]
            ),
            lambda: pricing.read(deadline),
        )
        errors = [look.error for look in looks if look.error]
        if errors and not any(look.reading for look in looks):
            raise errors[0]
        made = self._made(looks, sources, prices, currency, attempt, listed_at)
        entry, caches, passing = made.entry, made.caches, made.passing
        kept.answered = entry if len(entry.payload) <= _REMEMBERED_CHARACTERS else None
        for look in looks:
            if look.failure:
                sources.note(viewer, look.connection, look.failure, deadline)
        if any(look.failure for look in looks):
            return Answer(entry, "STALE", passing=True)
        if not (caches or passing):
            kept.store(attempt, entry)
        if refreshed:
            return Answer(entry, "REFRESH", passing)
        hit = all(look.reading.outcome == "HIT" for look in looks if look.reading)
        return Answer(entry, "HIT" if hit else "MISS", passing)

    def prepare(
        self,
        viewer: str,
        connections: "Sequence[Connection]",
        currency: str,
        read: "Mapping[str, Reading[Part]]",
        *,
        expires_at: int,
        deadline: Deadline,
    ) -> bool:
        """Have the viewer's answer ready until then (epoch seconds), for when they come.

        Made of `read`, by connection, and of what else is kept: no key of theirs is used. Returns
        whether that was enough for an answer without a failure.
        """
        now = int(self._clock.now())
        attempt = Attempt(deadline=deadline, refresh=False, now=now, began=self._clock.monotonic())
        listed_at = int(self._clock.now() * 1_000)
        sources, looks = self._sources(), list[_Look]()
        for connection in connections:
            look = _Look(connection, read.get(connection.id))
            if look.reading is None and connection.status != "paused":
                look = self._without_key(sources, viewer, connection, attempt)
                if look.failure or not look.reading:
                    return False
            if look.reading:
                look = _Look(connection, look.reading._replace(expires_at=expires_at))
            looks.append(look)
        prices = self._pricing().read(deadline)
        made = self._made(looks, sources, prices, currency, attempt, listed_at)
        if made.passing or made.caches:
            return False
        self._answers.get(viewer, lambda: self._keep(viewer)).store(attempt, made.entry)
        return attempt.notice is None

    def _without_key(
        self, sources: Sources, viewer: str, connection: "Connection", attempt: Attempt
    ) -> "_Look":
        if connection.shared:
            return self._look(sources, viewer, connection, attempt)()
        if connection.status != "active":
            return _Look(connection)
        kept = sources.open(viewer, connection).kept(attempt)
        oldest = attempt.now - max(self._rules.fresh_for, self._rules.ready_for)
        return _Look(connection, kept if kept and kept.as_of > oldest else None)

    def _made(
        self,
        looks: "Sequence[_Look]",
        sources: Sources,
        prices: "Prices",
        currency: str,
        attempt: Attempt,
        listed_at: int,
    ) -> "_Made":
        """Write the answer of what came of every connection."""
        from holdings.core.valuation import notice

        readings = [look.reading for look in looks if look.reading]
        codes = (row["currency"] for one in readings for row in one.content["holdings"])
        prices = self._pricing().complete(prices, codes, currency, attempt.deadline)
        as_of = min((reading.as_of for reading in readings), default=attempt.now)
        expires_at = min(
            (reading.expires_at for reading in readings), default=self._rules.expires_at(as_of)
        )
        views = [look.view(sources.scope(look.connection)) for look in looks]
        caches = [found for found in (attempt.notice, *(one.cache for one in readings)) if found]
        warning = notice(prices)
        payload = compose(
            views,
            [*self._notices, *caches[:1], *([warning] if warning else [])],
            self._valuing(prices, currency).document,
            as_of=as_of,
            expires_at=expires_at,
        )
        entry = CachedSnapshot.seal(payload, as_of=as_of, expires_at=expires_at, sequence=listed_at)
        return _Made(entry, bool(caches), warning is not None)

    def _valuing(self, prices: "Prices", currency: str) -> "Valuation":
        """Return what values answers; of one second's it is the same, and knows its quotes."""
        from holdings.core.valuation import Valuation

        valuing = self._last_valuing
        if not (valuing and valuing.prices is prices and valuing.currency == currency):
            valuing = self._last_valuing = Valuation(prices, currency)
        return valuing

    def _chosen(
        self, sources: Sources, viewer: str, deadline: Deadline
    ) -> "tuple[Sequence[Connection], str]":
        from holdings.core.side_by_side import both

        return both(
            lambda: sources.of(viewer, deadline), lambda: sources.currency(viewer, deadline)
        )

    def _revalued(self, answer: Answer, currency: str, deadline: Deadline) -> Answer:
        """Return the answer with its values in `currency`, at prices no older than its own."""
        from holdings.core.answers import held, revalue
        from holdings.core.valuation import Valuation, notice

        entry = answer.entry
        codes, valued_in, priced_at = held(entry.payload)
        if valued_in == currency:
            return answer
        pricing = self._pricing()
        prices = pricing.read(deadline, not_before=priced_at)
        prices = pricing.checked(prices, currency, deadline)
        prices = pricing.complete(prices, codes, currency, deadline)
        warning = notice(prices)
        payload = revalue(entry.payload, Valuation(prices, currency), warning)
        revalued = CachedSnapshot.seal(payload, as_of=entry.as_of, expires_at=entry.expires_at)
        return Answer(revalued, answer.outcome, answer.passing or warning is not None)

    def _look(
        self, sources: Sources, viewer: str, connection: "Connection", attempt: Attempt
    ) -> "Callable[[], _Look]":
        def look() -> _Look:
            if connection.status == "paused":
                return _Look(connection)
            owner = "" if connection.shared else viewer
            source = self._opened.get(
                (owner, connection.id, connection.credential_version),
                lambda: sources.open(viewer, connection),
            )
            try:
                if connection.status == "rejected":
                    return _Look(connection, source.without_asking(attempt, _rejected(connection)))
                return _Look(connection, source.read(attempt))
            except (UpstreamError, Misconfigured) as error:
                return _Look(connection, error=error)

        return look

    def _last_good(self, attempt: Attempt, kept: Kept, error: HoldingsError) -> Answer:
        """Answer as last time, since nobody knows which connections there are, or raise it.

        The cache's word counts where it has one: what was removed is not in there any more.
        """
        entry = kept.answered if attempt.notice else attempt.entry
        if not (entry and self._rules.is_last_good(entry, attempt.now)):
            raise error
        from holdings.core.answers import mark_stale

        payload = mark_stale(entry.payload, Notice(error.code, error.detail))
        return Answer(
            CachedSnapshot.seal(payload, as_of=entry.as_of, expires_at=entry.expires_at),
            "STALE",
            passing=True,
        )


class _Look(NamedTuple):
    """What came of reading one connection; neither of the two where it is paused."""

    connection: "Connection"
    reading: "Reading[Part] | None" = None
    error: HoldingsError | None = None

    @property
    def failure(self) -> Notice | None:
        if self.error:
            return Notice(self.error.code, self.error.detail)
        return self.reading.warning if self.reading else None

    def view(self, scope: str) -> SourceView:
        reading = self.reading
        return SourceView(
            self.connection,
            scope,
            part=reading and reading.content,
            as_of=reading and reading.as_of,
            expires_at=reading and reading.expires_at,
            warning=self.failure,
        )


class _Made(NamedTuple):
    """A finished answer: whether some `caches` failed for it, and whether its prices are whole."""

    entry: CachedSnapshot
    caches: bool
    passing: bool


def answer_place(viewer: str) -> str:
    """Where in the cache the finished answer for a viewer is kept."""
    return f"answer#{viewer}"


def _rejected(connection: "Connection") -> ExchangeCredentialsRejected:
    why = connection.last_error
    return ExchangeCredentialsRejected(
        why.detail if why else "the exchange rejects the key: replace it"
    )


def _narrowed(answer: Answer, connection_id: str) -> Answer:
    from holdings.core.answers import narrow

    found = narrow(answer.entry.payload, connection_id)
    if not found:
        raise NotFound("there is no such connection: GET /connections lists yours")
    payload, stale = found
    entry = CachedSnapshot.seal(
        payload, as_of=answer.entry.as_of, expires_at=answer.entry.expires_at
    )
    if stale or answer.outcome != "STALE":
        return Answer(entry, answer.outcome, answer.passing)
    return Answer(entry, "MISS", answer.passing)  # another source is the stale one
