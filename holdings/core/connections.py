"""A viewer's links to accounts at exchanges, and what is known of each without its credential."""

import secrets
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from holdings.core.snapshot import Notice

Status = Literal["active", "paused", "rejected"]
STATUSES: tuple[Status, ...] = get_args(Status)

# Of one viewer; the shared connection does not count.
MAX_CONNECTIONS = 20
LONGEST_LABEL = 60

# What values are in where a viewer has not chosen.
DEFAULT_CURRENCY = "USD"

# The deployment's own key. No viewer's connection has this id: theirs are 32 hex digits.
SHARED_ID = "shared"


def is_own_id(text: str) -> bool:
    """Whether a viewer's connection may have this id."""
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def new_id(now: float) -> str:
    """Ids sort by when they were made (`now` is epoch seconds), as RFC 9562's version 7 does."""
    return f"{int(now * 1_000):012x}{secrets.token_hex(10)}"


def made_at(connection_id: str) -> int:
    """Return when a connection was made, in epoch seconds, by its id. Raises ValueError."""
    return int(connection_id[:12], 16) // 1_000


class Connection(NamedTuple):
    """A viewer's link to one account at an exchange.

    `rights` are what the exchange says its key may do, None where the exchange does not say.
    `key_hint` is the last four characters of the key's name. `account` says which account it is
    at the exchange, and is shown to nobody. `created_at` is epoch seconds. `version` grows with
    every change, `credential_version` with every replaced key.
    """

    id: str
    exchange: str
    label: str
    account: str
    key_hint: str
    created_at: int
    rights: tuple[str, ...] | None = None
    status: Status = "active"
    last_error: Notice | None = None
    version: int = 1
    credential_version: int = 1

    @property
    def shared(self) -> bool:
        return self.id == SHARED_ID


class Profile(NamedTuple):
    """What a viewer chose. `version` grows with every change; `alerts` counts their rules."""

    created_at: int
    currency: str = DEFAULT_CURRENCY
    time_zone: str = "UTC"
    insights: bool = True
    version: int = 1
    alerts: int = 0


class Probe(NamedTuple):
    """What one look at an exchange with a key found.

    `account` says which account the key opens, the same for every key of that account.
    `rights` of "view", "trade", "transfer", or None where the exchange does not report them.
    """

    account: str
    rights: tuple[str, ...] | None


class Once(NamedTuple):
    """An Idempotency-Key and a digest of the request that came with it."""

    key: str
    digest: str


# A credential as its exchange names its fields, each a text. Never logged, never answered with.
Credential = Mapping[str, str]
