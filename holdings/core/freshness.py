"""What is kept of a reading, and the rules that say how long each of it counts."""

import hashlib
from typing import NamedTuple

# A document of another version, or one that somebody else wrote, counts as none.
_VERSION = 4

# What two machines' clocks may differ by: a moment further ahead than this was never ours.
CLOCK_SKEW_SECONDS = 5

# Until a queue has come to a viewer, their answer of the last time is still shown.
_GRACE_SECONDS = 900

# A failure is remembered no longer than this, whatever Retry-After asks for.
LONGEST_MEMORY_SECONDS = 3_600


class CachedSnapshot(NamedTuple):
    """A finished document and the moments that judge it, in epoch seconds.

    `digest` proves that all three were written together by this program; it is also the ETag.
    `sequence` orders what is kept in one place, in epoch milliseconds: a later one is never
    replaced by an earlier one. Without a `payload` it only says that nothing earlier counts.
    """

    payload: str
    as_of: int
    expires_at: int
    digest: str
    sequence: int

    @classmethod
    def seal(
        cls, payload: str, *, as_of: int, expires_at: int, sequence: int | None = None
    ) -> "CachedSnapshot":
        return cls(
            payload,
            as_of,
            expires_at,
            _digest(payload, as_of, expires_at),
            as_of * 1_000 if sequence is None else sequence,
        )

    @classmethod
    def nothing(cls, now: float) -> "CachedSnapshot":
        """What takes the place of all that was begun until now, by whichever machine's clock."""
        until = int((now + CLOCK_SKEW_SECONDS) * 1_000)
        return cls.seal("", as_of=int(now), expires_at=int(now), sequence=until)

    def is_genuine(self) -> bool:
        return self.digest == _digest(self.payload, self.as_of, self.expires_at)


def _digest(payload: str, as_of: int, expires_at: int) -> str:
    proof = f"{_VERSION} {as_of} {expires_at} {payload}"
    return hashlib.sha256(proof.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Failure(NamedTuple):
    """Why the exchange could not be read, and until when (epoch seconds) nobody tries again."""

    code: str
    detail: str
    until: int

    def counts(self, now: float) -> bool:
        """Not if `until` lies further ahead than any failure is remembered: the clock was set."""
        return now < self.until <= now + LONGEST_MEMORY_SECONDS


class Lease(NamedTuple):
    """Somebody's right to do a thing alone, from `since` until `until` (epoch seconds).

    With a `failure` the thing was done, and this is why it came to nothing.
    """

    since: int
    until: int
    failure: Failure | None = None


class FreshnessRules(NamedTuple):
    """Durations in seconds. Judged on every read, never left to the cache's own deletion.

    For `cooldown` a refresh is honoured once, and a failed reading is not tried again. What was
    made ready while nobody looked is fresh for `ready_for`, if that is longer.
    """

    fresh_for: int = 180
    last_good_for: int = 86_400
    cooldown: int = 10
    ready_for: int = 0

    def expires_at(self, as_of: int) -> int:
        return as_of + self.fresh_for

    def keep_until(self, as_of: int) -> int:
        return self.expires_at(as_of) + self.last_good_for

    def is_fresh(self, entry: CachedSnapshot, now: float) -> bool:
        """Apply today's rule too: a shorter `fresh_for` counts for what was kept under a longer."""
        longest = entry.as_of + max(self.fresh_for, self.ready_for)
        expires_at = min(entry.expires_at, longest)
        return entry.as_of - CLOCK_SKEW_SECONDS <= now < expires_at

    def is_last_good(self, entry: CachedSnapshot, now: float) -> bool:
        return entry.as_of - CLOCK_SKEW_SECONDS <= now < self.keep_until(entry.as_of)

    def remember(self, code: str, detail: str, *, retry_after: int | None, now: int) -> Failure:
        pause = min(max(self.cooldown, retry_after or 0), LONGEST_MEMORY_SECONDS)
        return Failure(code, detail, now + pause)


def ready_for(period: int) -> int:
    """Return how long an answer counts that is made ready once a `period`, in seconds."""
    return period + _GRACE_SECONDS if period else 0
