"""What Lambda leaves of a run's time."""

from typing import Any

# Where nobody says: a run by hand.
_DEFAULT_SECONDS = 60.0


def seconds_left(context: Any, margin: float) -> float:
    """Return what Lambda's `context` says is left, less the `margin` that the end takes."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return (remaining() / 1_000 if remaining else _DEFAULT_SECONDS) - margin
