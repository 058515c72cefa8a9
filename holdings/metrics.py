"""What CloudWatch counts of a request, out of the request's own log line.

Lambda's JSON format writes the fields of a line at its top level, so that a line with `_aws` is in
the embedded metric format: nothing is called and nothing more is written.
Source: "Specification: Embedded metric format" in the CloudWatch user guide.
"""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any

# Each outcome is a metric of its own, which is paid for: docs/cost.md.
OUTCOME = "outcome"
LATENCY, UPSTREAM = "duration_ms", "upstream_ms"


class UpstreamTime:
    """For how long one exchange or more were being asked; threads of a request share it."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        """`now` is seconds that only go on."""
        self._now = now
        self._lock = threading.Lock()
        self._asking = 0
        self._since = 0.0
        self._seconds: float | None = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._asking:
                self._since = self._now()
            self._asking += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._asking -= 1
            if not self._asking:
                self._seconds = (self._seconds or 0) + self._now() - self._since

    @property
    def milliseconds(self) -> float | None:
        """None where nobody was asked. An answer that is still awaited counts up to now."""
        with self._lock:
            if self._asking:
                return _milliseconds((self._seconds or 0) + self._now() - self._since)
            return None if self._seconds is None else _milliseconds(self._seconds)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


# A request's own; a job's and a start's are looked at by nobody.
_upstream: ContextVar[UpstreamTime] = ContextVar("upstream", default=UpstreamTime())  # noqa: B039 - see above


def begin() -> None:
    """Count this request's time from now on."""
    _upstream.set(UpstreamTime())


def upstream() -> UpstreamTime:
    return _upstream.get()


class EmbeddedMetrics:
    """What a line's `_aws` says of the fields beside it."""

    def __init__(self, namespace: str) -> None:
        latency = _directive(namespace, [OUTCOME], LATENCY)
        self._alone = [latency]
        self._both = [latency, _directive(namespace, [], UPSTREAM)]

    def of(self, fields: dict[str, Any], now: float) -> dict[str, Any]:
        """Return what to add to `fields`; `now` is epoch seconds.

        A metric that is named has to be there: hits ask no exchange.
        """
        told = self._alone if fields.get(UPSTREAM) is None else self._both
        return {"_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": told}}


def _directive(namespace: str, dimensions: list[str], name: str) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "Dimensions": [dimensions],
        "Metrics": [{"Name": name, "Unit": "Milliseconds"}],
    }
