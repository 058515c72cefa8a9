"""`make logs`: follow the function's log."""

import time
from collections.abc import Callable, Iterator
from typing import Any

_PAUSE_SECONDS = 2.0
_LOOK_BACK_SECONDS = 600


def tail(
    client: Any,
    log_group: str,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Yield each line from ten minutes ago on, once, for ever. `client` is boto3's logs client."""
    since = int((now() - _LOOK_BACK_SECONDS) * 1000)
    seen: set[str] = set()
    while True:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=log_group, startTime=since
        )
        latest: set[str] = set()
        for page in pages:
            for event in page["events"]:
                if event["eventId"] not in seen:
                    yield str(event["message"]).rstrip("\n")
                if event["timestamp"] > since:
                    since = event["timestamp"]
                    latest.clear()
                latest.add(event["eventId"])
        # Events of the latest millisecond come again with the next look.
        seen = latest or seen
        sleep(_PAUSE_SECONDS)
