"""Reads every account of one Coinbase Exchange profile."""

import logging
import random
import ssl
import traceback
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from requests.auth import AuthBase

from holdings.adapters.coinbase_exchange.bounds import (
    MAX_ACCOUNTS,
    MAX_NAME_CHARACTERS,
    MAX_PAGES,
    Bounds,
    timed_out,
    within,
)
from holdings.adapters.coinbase_exchange.credentials import Credentials
from holdings.adapters.coinbase_exchange.replies import (
    Reply,
    next_cursor,
    parse_accounts,
    parse_time,
    raise_for_error,
    too_many_accounts,
)
from holdings.adapters.coinbase_exchange.signing import ExchangeAuth
from holdings.adapters.coinbase_exchange.transport import Transport
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangeError,
    ExchangeInvalidResponse,
    ExchangeTimestampExpired,
    HoldingsError,
)
from holdings.core.portfolio import Account

T = TypeVar("T")

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 4
_FIRST_BACKOFF_SECONDS = 0.25
_PRELOAD_SECONDS = 3.0


class CredentialsSource(Protocol):
    def get(self) -> Credentials:
        """Return the key, from memory if it was read lately."""
        ...

    def refresh(self) -> Credentials:
        """Forget the key in memory and read it again."""
        ...

    def preload(self) -> None:
        """Get ready to read a key, without reading it."""
        ...


class CoinbaseClient:
    """Implements `holdings.core.ports.Exchange`."""

    def __init__(
        self,
        base_url: str,
        credentials: CredentialsSource,
        *,
        clock: Clock,
        user_agent: str,
        trusted: Callable[[], ssl.SSLContext],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`jitter` gives numbers from 0 to 1 that spread retries of many clients."""
        self._transport = Transport(base_url, user_agent, trusted)
        self._credentials = credentials
        self._clock = clock
        self._jitter = jitter
        self._clock_offset = 0.0  # Coinbase's clock minus ours, in seconds

    def accounts(self, deadline: Deadline) -> list[Account]:
        """Read all pages of GET /accounts, each id once, in bounded time and memory.

        Raises UpstreamError, or what the credentials' source raises.
        """
        return within(deadline, lambda: self._read(Bounds(deadline)))

    def preload(self) -> None:
        """Reach Coinbase once, for what that loads; the connection would not last until used."""
        self._credentials.preload()
        self._read_clock_offset(Bounds(Deadline.after(_PRELOAD_SECONDS, self._clock)))
        self._transport.close()

    def _read(self, bounds: Bounds) -> list[Account]:
        try:
            return self._on_coinbase_time(bounds)
        except HoldingsError:
            raise
        except Exception as error:  # noqa: BLE001 - the last good figures serve, whatever it is
            # Without the error's text, which may be made of what Coinbase sent.
            logger.error(  # noqa: TRY400 - its traceback would show the text
                "unexpected %s while reading Coinbase:\n%s",
                type(error).__qualname__,
                "".join(traceback.format_tb(error.__traceback__)),
                extra={"event": "problem", "code": ExchangeInvalidResponse.code},
            )
            raise ExchangeInvalidResponse(
                "Coinbase's answer could not be read: report it, with what the log says"
            ) from None

    def _on_coinbase_time(self, bounds: Bounds) -> list[Account]:
        try:
            return self._with_current_key(bounds)
        except ExchangeTimestampExpired:
            self._clock_offset = self._read_clock_offset(bounds)
            logger.warning("this clock is %.0f s off Coinbase's", -self._clock_offset)
            return self._with_current_key(bounds)

    def _with_current_key(self, bounds: Bounds) -> list[Account]:
        try:
            return self._all_pages(self._credentials.get(), bounds)
        except ExchangeCredentialsRejected:
            logger.warning(
                "Coinbase rejects the key in memory; reading the secret again",
                extra={"event": "credentials_rejected"},
            )
            # From the first page: another key may belong to another profile.
            return self._all_pages(self._credentials.refresh(), bounds)

    def _all_pages(self, credentials: Credentials, bounds: Bounds) -> list[Account]:
        auth = ExchangeAuth(credentials, self._coinbase_now)
        accounts: dict[str, Account] = {}
        cursor = ""
        for _ in range(MAX_PAGES):
            params = {"after": cursor} if cursor else {}
            page, cursor = self._get("/accounts", params, auth, bounds, _page)
            known = len(accounts)
            _add(accounts, page)
            if not cursor:
                return list(accounts.values())
            if len(accounts) == known:
                raise ExchangeInvalidResponse("Coinbase's pages repeat themselves: try again later")
        raise ExchangeInvalidResponse(
            f"Coinbase's accounts did not end after {MAX_PAGES} pages: try again later"
        )

    def _get(
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
                    raise_for_error(reply)
                    return parse(reply)
            except ExchangeError as error:
                pause = self._backoff(attempt, error)
                last = attempt == MAX_ATTEMPTS - 1
                if last or not error.transient or pause >= bounds.remaining():
                    raise
                logger.info("%s fails with %s; trying again", path, error.code)
            self._clock.sleep(pause)
        raise timed_out()

    def _backoff(self, attempt: int, error: ExchangeError) -> float:
        pause = _FIRST_BACKOFF_SECONDS * 2**attempt * (1 + self._jitter()) / 2
        return max(pause, error.retry_after or 0)

    def _read_clock_offset(self, bounds: Bounds) -> float:
        return self._get("/time", {}, None, bounds, _time) - self._clock.now()

    def _coinbase_now(self) -> float:
        return self._clock.now() + self._clock_offset


def _page(reply: Reply) -> tuple[list[Account], str]:
    return parse_accounts(reply.array()), next_cursor(reply)


def _time(reply: Reply) -> float:
    return parse_time(reply.document())


def _add(accounts: dict[str, Account], page: list[Account]) -> None:
    """Take each id once: pages may overlap, but which of two figures is true nobody knows."""
    for account in page:
        if accounts.setdefault(account.id, account) != account:
            raise ExchangeInvalidResponse(
                "Coinbase's answer has an account twice, with other figures: try again later"
            )
    names = sum(len(account.id) + len(account.currency) for account in accounts.values())
    if len(accounts) > MAX_ACCOUNTS or names > MAX_NAME_CHARACTERS:
        raise too_many_accounts()
