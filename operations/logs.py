"""`make logs`: follow the function's log."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from operations.errors import AwsError, explain, passes

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_PAUSE_SECONDS = 2.0
# CloudWatch takes events in minutes after they happened and in no order, and can be asked for a
# span of when they happened only. So each look reads this span before the last one again.
WINDOW_SECONDS = 600
_REMEMBERED = 100_000


def tail(
    client: "CloudWatchLogsClient",
    log_group: str,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    warn: Callable[[str], None] = lambda said: print(said, file=sys.stderr),
    remembered: int = _REMEMBERED,
) -> Iterator[str]:
    """Yield each line from ten minutes ago on, once, for ever, late ones when they arrive.

    A passing fault of AWS or the network is warned of and waited out; any other one is raised, as
    botocore's own. `remembered` bounds the memory: where more events lie in the window, the window
    is shortened to what fits.
    """
    seen = _Seen(since=_milliseconds(now() - WINDOW_SECONDS), most=remembered)
    while True:
        looked_at = now()
        try:
            for event in _events(client, log_group, seen.since):
                if seen.is_new(event):
                    yield str(event.get("message", "")).rstrip("\n")
        except AwsError as error:
            if not passes(error):
                raise
            warn(explain(error))
        else:
            # Not from now on: the machine may sleep between two looks.
            seen.forget(before=_milliseconds(looked_at - WINDOW_SECONDS))
        sleep(_PAUSE_SECONDS)


def _events(
    client: "CloudWatchLogsClient", log_group: str, since: int
) -> "Iterator[Mapping[str, Any]]":
    looks = client.get_paginator("filter_log_events")
    for page in looks.paginate(logGroupName=log_group, startTime=since):
        yield from page.get("events", [])


class _Seen:
    """Which events of the window were shown. `since` is its start, in milliseconds since 1970."""

    def __init__(self, *, since: int, most: int) -> None:
        self.since = since
        self._most = most
        self._moments: dict[str, int] = {}

    def is_new(self, event: Mapping[str, Any]) -> bool:
        moment = event.get("timestamp")
        if not isinstance(moment, int):
            moment = self.since
        identifier = str(
            event.get("eventId") or (event.get("logStreamName"), moment, event.get("message"))
        )
        if moment < self.since or identifier in self._moments:
            return False
        self._moments[identifier] = moment
        if len(self._moments) > self._most:
            # By the middle one: a single event from a clock that is ahead moves nothing.
            self.forget(before=sorted(self._moments.values())[self._most // 2] + 1)
        return True

    def forget(self, *, before: int) -> None:
        if before > self.since:
            self.since = before
            self._moments = {
                identifier: moment
                for identifier, moment in self._moments.items()
                if moment >= before
            }


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
