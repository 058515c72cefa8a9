"""Reads every account of one Coinbase Exchange profile."""

import logging
import random
import ssl
from collections.abc import Callable, Mapping
from typing import Protocol

from requests.auth import AuthBase

from holdings.adapters.coinbase.credentials import Credentials
from holdings.adapters.coinbase.replies import (
    Reply,
    parse_accounts,
    parse_time,
    raise_for_error,
)
from holdings.adapters.coinbase.signing import ExchangeAuth
from holdings.adapters.coinbase.transport import Transport, timed_out, within
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import (
    CoinbaseCredentialsRejected,
    CoinbaseError,
    CoinbaseInvalidResponse,
    CoinbaseTimestampExpired,
)
from holdings.core.portfolio import Account

logger = logging.getLogger(__name__)

# A page is at most 1,000 accounts: this is far more than anyone has, and it ends.
MAX_PAGES = 50
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
        """Read all pages of GET /accounts, each id once. Raises UpstreamError."""
        return within(deadline, lambda: self._accounts_on_coinbase_time(deadline))

    def preload(self) -> None:
        """Reach Coinbase once, for what that loads; the connection would not last until used."""
        self._credentials.preload()
        self._read_clock_offset(Deadline.after(_PRELOAD_SECONDS, self._clock))
        self._transport.disconnect()

    def _accounts_on_coinbase_time(self, deadline: Deadline) -> list[Account]:
        try:
            return self._accounts_with_current_key(deadline)
        except CoinbaseTimestampExpired:
            self._clock_offset = self._read_clock_offset(deadline)
            logger.warning("this clock is %.0f s off Coinbase's", -self._clock_offset)
            return self._accounts_with_current_key(deadline)

    def _accounts_with_current_key(self, deadline: Deadline) -> list[Account]:
        try:
            return self._all_pages(self._credentials.get(), deadline)
        except CoinbaseCredentialsRejected:
            logger.warning(
                "Coinbase rejects the key in memory; reading the secret again",
                extra={"event": "credentials_rejected"},
            )
            # From the first page: another key may belong to another profile.
            return self._all_pages(self._credentials.refresh(), deadline)

    def _all_pages(self, credentials: Credentials, deadline: Deadline) -> list[Account]:
        auth = ExchangeAuth(credentials, self._coinbase_now)
        accounts: dict[str, Account] = {}
        cursor = ""
        for _ in range(MAX_PAGES):
            reply = self._get("/accounts", {"after": cursor} if cursor else {}, auth, deadline)
            page = parse_accounts(reply.json())
            known = len(accounts)
            for account in page:
                accounts.setdefault(account.id, account)
            cursor = reply.headers.get("CB-AFTER", "")
            if not cursor:
                return list(accounts.values())
            if len(accounts) == known:
                raise CoinbaseInvalidResponse("Coinbase's pages repeat themselves: try again later")
        raise CoinbaseInvalidResponse(
            f"Coinbase's accounts did not end after {MAX_PAGES} pages: try again later"
        )

    def _get(
        self,
        path: str,
        params: Mapping[str, str],
        auth: AuthBase | None,
        deadline: Deadline,
    ) -> Reply:
        """Send until it succeeds, cannot succeed, or the time is up; each attempt signed anew."""
        for attempt in range(MAX_ATTEMPTS):
            remaining = deadline.remaining()
            if not remaining:
                break
            try:
                reply = self._transport.get(path, params=params, auth=auth, timeout=remaining)
                raise_for_error(reply)
            except CoinbaseError as error:
                pause = self._backoff(attempt, error)
                last = attempt == MAX_ATTEMPTS - 1
                if last or not error.transient or pause >= deadline.remaining():
                    raise
                logger.info("%s fails with %s; trying again", path, error.code)
                self._clock.sleep(pause)
            else:
                return reply
        raise timed_out()

    def _backoff(self, attempt: int, error: CoinbaseError) -> float:
        pause = _FIRST_BACKOFF_SECONDS * 2**attempt * (1 + self._jitter()) / 2
        asked = error.retry_after or 0
        return max(pause, asked if asked > 1 else 0)

    def _read_clock_offset(self, deadline: Deadline) -> float:
        reply = self._get("/time", {}, None, deadline)
        return parse_time(reply.json()) - self._clock.now()

    def _coinbase_now(self) -> float:
        return self._clock.now() + self._clock_offset
