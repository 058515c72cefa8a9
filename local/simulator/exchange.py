"""The simulated exchange's state: whose profile, which accounts, what is set to go wrong."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from local.simulator.accounts import PROFILE_ID, seeded_accounts
from local.simulator.catalogue import currencies, products
from local.simulator.faults import UNTIL_ROTATED, FaultBoard
from local.simulator.rate_limits import RateLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulator.credentials import Credentials


class Exchange:
    """Everything that requests read and the control endpoint sets.

    The plain attributes may be assigned at any time, from any thread; a request sees the value
    of the moment. `accounts` is any JSON value, so that nonsense can be served too. `now` gives
    epoch seconds.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        now: Callable[[], float],
        accounts: object = None,
        on_rotation: Callable[[Credentials], None] | None = None,
    ) -> None:
        self._now = now
        self._seed = seeded_accounts() if accounts is None else accounts
        self._on_rotation = on_rotation
        self._counting = threading.Lock()
        self._counts: Counter[str] = Counter()
        self.credentials = credentials
        self.profile_id = PROFILE_ID
        self.currencies = currencies()
        self.products = products()
        self.faults = FaultBoard()
        self.rate_limits = RateLimits(now)
        self.accounts = self._seed
        self.page_size: int | None = None
        self.clock_offset = 0.0
        self.can_view = True

    def time(self) -> float:
        """The exchange's clock, which may be set apart from the machine's."""
        return self._now() + self.clock_offset

    def datetime(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def rows(self) -> list[object]:
        """The accounts as a list; what is no list counts as one row."""
        accounts = self.accounts
        return cast("list[object]", accounts) if isinstance(accounts, list) else [accounts]

    def rotate(self, credentials: Credentials) -> None:
        """Take these credentials from now on, and only these."""
        self.credentials = credentials
        self.faults.clear(UNTIL_ROTATED)
        if self._on_rotation is not None:
            self._on_rotation(credentials)

    def count(self, method: str, path: str) -> None:
        with self._counting:
            self._counts[f"{method} {path}"] += 1

    def counts(self) -> dict[str, int]:
        """How many requests came, by "METHOD path", whatever was answered."""
        with self._counting:
            return dict(self._counts)

    def reset(self) -> None:
        """As at the start, but for the credentials: their holders would not know the old ones."""
        self.faults.clear()
        self.rate_limits.refill()
        self.accounts = self._seed
        self.page_size = None
        self.clock_offset = 0.0
        self.can_view = True
        with self._counting:
            self._counts.clear()
