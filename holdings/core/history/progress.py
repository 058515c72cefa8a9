"""How far a connection's ledger has been read, and what the exchange's own balances were then."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

from holdings.core.snapshot import Notice

State = Literal["queued", "running", "done", "failed"]
STATES: tuple[State, ...] = ("queued", "running", "done", "failed")


class AccountWalk(NamedTuple):
    """Where the walk through one account stands: `cursor` leads to what was not read yet.

    `oldest` is the moment of the oldest entry that this walk has read, None before its first page.
    """

    currency: str
    cursor: str = ""
    oldest: int | None = None
    done: bool = False


class Walk(NamedTuple):
    """One way back through every account, from `until` to `since` (microseconds).

    Everything in between and after `frontier` has been read, once there is one. `accounts` may
    lack those that are done; there are `accounts_at_all`.
    """

    since: int
    until: int
    accounts: Mapping[str, AccountWalk]
    accounts_at_all: int

    @property
    def accounts_done(self) -> int:
        return self.accounts_at_all - sum(not account.done for account in self.accounts.values())

    @property
    def frontier(self) -> int | None:
        """The moment since when every account's entries are known; None while one was not read."""
        left = [account for account in self.accounts.values() if not account.done]
        if any(account.oldest is None for account in left):
            return None
        return max((account.oldest or 0 for account in left), default=self.since)

    @property
    def done(self) -> bool:
        return all(account.done for account in self.accounts.values())


class Balances(NamedTuple):
    """What the exchange said that there is in each account, at a moment in microseconds.

    `of` maps an account's id to its currency and balance, those that hold nothing left out.
    """

    at: int
    of: Mapping[str, tuple[str, Decimal]]


class Progress(NamedTuple):
    """`ledger` is whether the exchange has one; without it there are only readings.

    `read_until` is until when (microseconds) all entries are known once a walk has come to its end;
    before that the first walk's own frontier counts. `walk` is the one under way. `entries` counts
    what is kept, `oldest` is the moment of the first of them; `failures` counts how often in a row
    the exchange could not be read. `busy_until` is until when (epoch seconds) a worker is at it,
    `asked_at` when one was last asked for. `version` grows with every change.
    """

    state: State
    ledger: bool = True
    read_until: int | None = None
    walk: Walk | None = None
    entries: int = 0
    oldest: int | None = None
    balances: Balances | None = None
    last_error: Notice | None = None
    failures: int = 0
    busy_until: int = 0
    asked_at: int = 0
    version: int = 0

    @property
    def covered(self) -> tuple[int, int] | None:
        """Between which moments every entry is known, in microseconds; None where none are."""
        if self.read_until is not None:
            return 0, self.read_until  # a ledger's entries, or the last reading
        if self.walk and (frontier := self.walk.frontier) is not None:
            return frontier, self.walk.until
        return None

    @property
    def reached_back_to(self) -> int | None:
        """Back to which moment everything is known, in microseconds."""
        if self.read_until is not None:
            return self.oldest
        return self.covered[0] if self.covered else None
