"""Calls an exchange: signed anew each time, retried while there is time, by one deadline."""

import logging
import random
import ssl
import traceback
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

from requests.auth import AuthBase

from holdings.adapters.exchange_http.bounds import Bounds, Server, within
from holdings.adapters.exchange_http.replies import Reply
from holdings.adapters.exchange_http.transport import Transport
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Credential
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangeError,
    ExchangeInvalidResponse,
    ExchangeTimestampExpired,
    HoldingsError,
)

T = TypeVar("T")
Key = TypeVar("Key")
Key_co = TypeVar("Key_co", covariant=True)

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
_FIRST_BACKOFF_SECONDS = 0.25
_PRELOAD_SECONDS = 3.0


# What is done with a key and within bounds.
Work = Callable[[Key, Bounds], T]


class KeySource(Protocol[Key_co]):
    def get(self) -> Key_co:
        """Return the key, from memory if it was read lately."""
        ...

    def refresh(self) -> Key_co:
        """Forget the key in memory and read it again."""
        ...


class ExchangeHttp:
    """What every exchange's client does alike; what differs is given.

    One for all keys of an exchange: they share its connections and what is known of its clock.
    """

    def __init__(
        self,
        server: Server,
        *,
        clock: Clock,
        user_agent: str,
        trusted: Callable[[], ssl.SSLContext],
        time: tuple[str, Callable[[Reply], float]],
        raise_for_error: Callable[[Reply, float], None],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`time` is where the exchange tells its clock, unsigned, and how to read it.

        `raise_for_error` is given a reply and the time, and raises the ExchangeError that it
        stands for, if it is one. `jitter` gives numbers from 0 to 1 that spread retries of many
        clients.
        """
        self.server = server
        self._transport = Transport(server, user_agent, trusted)
        self._clock = clock
        self._jitter = jitter
        self._time_path, self._parse_time = time
        self._raise_for_error = raise_for_error
        self._clock_offset = 0.0  # the exchange's clock minus ours, in seconds

    def call(self, keys: KeySource[Key], deadline: Deadline, work: Work[Key, T]) -> T:
        """Return work(key, bounds), in bounded time and memory; done again with a new key or time.

        Raises UpstreamError, or what the source of the key raises.
        """
        bounds = Bounds(self.server, deadline)
        return within(self.server, deadline, lambda: self._call(keys, bounds, work))

    def ask(self, deadline: Deadline, work: Callable[[Bounds], T]) -> T:
        """Return work(bounds) for what takes no key. Raises ExchangeError."""
        return self.call(_NO_KEY, deadline, lambda _key, bounds: work(bounds))

    def now(self) -> float:
        """Return the exchange's time in epoch seconds, as far as it is known."""
        return self._clock.now() + self._clock_offset

    def preload(self) -> None:
        """Reach the exchange once, for what that loads; the connection would not last."""
        deadline = Deadline.after(_PRELOAD_SECONDS, self._clock)
        self._read_clock_offset(Bounds(self.server, deadline))
        self._transport.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        auth: AuthBase | None,
        bounds: Bounds,
        parse: Callable[[Reply], T],
    ) -> T:
        """Send until it succeeds, cannot succeed, or the time is up; each attempt signed anew."""
        for attempt in range(MAX_ATTEMPTS):
            try:
                with self._transport.get(path, params=params, auth=auth, bounds=bounds) as reply:
                    self._raise_for_error(reply, self.now())
                    return parse(reply)
            except ExchangeError as error:
                pause = self._backoff(attempt, error)
                last = attempt == MAX_ATTEMPTS - 1
                if last or not error.transient or pause >= bounds.remaining():
                    raise
                logger.info(
                    "%s of %s fails with %s; trying again", path, self.server.name, error.code
                )
            self._clock.sleep(pause)
        raise self.server.timed_out()

    def _call(self, keys: KeySource[Key], bounds: Bounds, work: Work[Key, T]) -> T:
        try:
            return self._on_time(keys, bounds, work)
        except HoldingsError:
            raise
        except Exception as error:  # noqa: BLE001 - the last good figures serve, whatever it is
            # Without the error's text, which may be made of what the exchange sent.
            logger.error(  # noqa: TRY400 - its traceback would show the text
                "unexpected %s while reading %s:\n%s",
                type(error).__qualname__,
                self.server.name,
                "".join(traceback.format_tb(error.__traceback__)),
                extra={"event": "problem", "code": ExchangeInvalidResponse.code},
            )
            raise self.server.invalid(
                "could not be read: report it, with what the log says"
            ) from None

    def _on_time(self, keys: KeySource[Key], bounds: Bounds, work: Work[Key, T]) -> T:
        try:
            return self._with_current_key(keys, bounds, work)
        except ExchangeTimestampExpired:
            self._clock_offset = self._read_clock_offset(bounds)
            logger.warning(
                "this clock is %.0f s off that of %s", -self._clock_offset, self.server.name
            )
            return self._with_current_key(keys, bounds, work)

    def _with_current_key(self, keys: KeySource[Key], bounds: Bounds, work: Work[Key, T]) -> T:
        try:
            return work(keys.get(), bounds)
        except ExchangeCredentialsRejected:
            logger.warning("%s rejects the key in memory; reading it again", self.server.name)
            # From the first page: another key may belong to another account.
            return work(keys.refresh(), bounds)

    def _backoff(self, attempt: int, error: ExchangeError) -> float:
        pause = _FIRST_BACKOFF_SECONDS * 2**attempt * (1 + self._jitter()) / 2
        return max(pause, error.retry_after or 0)

    def _read_clock_offset(self, bounds: Bounds) -> float:
        return self.get(self._time_path, {}, None, bounds, self._parse_time) - self._clock.now()


class _NoKey:
    """Implements `KeySource` for what an exchange shows to everybody."""

    def get(self) -> None:
        return None

    def refresh(self) -> None:
        return None


_NO_KEY = _NoKey()


class GivenKey(Generic[Key]):
    """Implements `KeySource` by the credential that an `ExchangeKind` is opened with."""

    def __init__(
        self, credential: Callable[[bool], Credential], key: Callable[[Credential], Key]
    ) -> None:
        """`credential(True)` reads it anew; `key` makes of it what requests are signed with."""
        self._credential = credential
        self._key = key

    def get(self) -> Key:
        return self._key(self._credential(False))

    def refresh(self) -> Key:
        return self._key(self._credential(True))
