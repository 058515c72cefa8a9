"""All accounts of one connection: how they are read, kept, and reported when they cannot be."""

import logging

from holdings.core.clock import Deadline
from holdings.core.connections import Connection
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangePermissionDenied,
    HoldingsError,
    Misconfigured,
    RecordsUnavailable,
)
from holdings.core.ports import Exchange
from holdings.core.snapshot import Part, parse_part

logger = logging.getLogger(__name__)

KEY_REFUSED = (ExchangeCredentialsRejected, ExchangePermissionDenied)


class AccountsFeed:
    """Implements `holdings.core.source.Feed`."""

    def __init__(self, connection: Connection, exchange: Exchange) -> None:
        self._connection = connection
        self._exchange = exchange

    def fetch(self, deadline: Deadline) -> str:
        from holdings.core.portfolio import build_portfolio  # which a hit does without

        accounts = self._exchange.accounts(deadline)
        return build_portfolio(accounts).part(self._connection.id)

    def parse(self, payload: str) -> Part:
        return parse_part(payload)

    def report(self, error: HoldingsError) -> None:
        """Log a failed reading: an error where the operator has to act, who may be asleep.

        What only the owner of a key can put right is counted by no alarm.
        """
        ours = isinstance(error, Misconfigured) or error.code.startswith("secret_")
        event = "secret_failure" if ours else "exchange_failure"
        if isinstance(error, RecordsUnavailable):
            event = "records_failure"
        elif self._is_the_viewers(error):
            event = "connection_failure"
        logger.log(
            logging.ERROR if ours else logging.WARNING,
            "%s could not be read: %s",
            self._connection.exchange,
            error.detail,
            extra={"event": event, "code": error.code},
        )

    def blame(self, error: HoldingsError) -> None:
        error.viewers_own = self._is_the_viewers(error)

    def _is_the_viewers(self, error: HoldingsError) -> bool:
        """Also of a failure that is only remembered, which has nothing but its code."""
        refused = error.code in {kind.code for kind in KEY_REFUSED}
        return refused and not self._connection.shared
