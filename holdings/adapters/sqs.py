"""Asks for work without a request: one message a piece of work, each job has a queue of SQS."""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from holdings.adapters.aws import AwsService, AwsUnavailable
from holdings.core.errors import Misconfigured, RecordsUnavailable
from holdings.core.ports import JobQueues
from holdings.core.schedule.slots import Due
from holdings.core.side_by_side import side_by_side
from holdings.settings import queue_setting

T = TypeVar("T")

logger = logging.getLogger(__name__)

VERSION = 1
# What SQS delays a message by at most, and how many it takes in one call.
_MOST_SECONDS = 900
_BATCH = 10
_SIDE_BY_SIDE = 10
_ATTEMPTS = 3
_REMEDY = "the work could not be asked for: try again in a moment"


class SqsJobQueues:
    """Implements `holdings.core.ports.JobQueues`: {"v": 1, "viewer": ..., "window": ...}.

    Ids and moments only: what a message says may be read by whoever looks after the queue.
    Safe to share between threads.
    """

    def __init__(self, sqs: AwsService, urls: Mapping[str, str]) -> None:
        """`urls` are the queues' addresses by job."""
        self._sqs = sqs
        self._urls = urls

    def send(
        self,
        job: str,
        viewer: str,
        *,
        window: int | None = None,
        connection: str = "",
        delay_seconds: int = 0,
    ) -> None:
        request = {
            "QueueUrl": self._url(job),
            "MessageBody": _body(viewer, connection, window),
            "DelaySeconds": min(max(delay_seconds, 0), _MOST_SECONDS),
        }
        self._call("SendMessage", request)

    def send_all(self, job: str, work: Sequence[Due], window: int) -> None:
        """Send ten at a time, and some such calls side by side: each is a wait for SQS."""
        url = self._url(job)
        calls = [
            partial(self._send_some, url, [_body(*one, window) for one in some])
            for some in _cut(work, _BATCH)
        ]
        for some in _cut(calls, _SIDE_BY_SIDE):
            side_by_side(some)

    def _send_some(self, url: str, bodies: Sequence[str]) -> None:
        """What SQS did not take is sent again, then RecordsUnavailable."""
        left = {str(number): body for number, body in enumerate(bodies)}
        for _ in range(_ATTEMPTS):
            entries = [{"Id": key, "MessageBody": body} for key, body in left.items()]
            answer = self._call("SendMessageBatch", {"QueueUrl": url, "Entries": entries})
            taken = cast("list[dict[str, Any]]", answer.get("Successful") or [])
            for entry in taken:
                left.pop(str(entry.get("Id")), None)
            if not left:
                return
        raise RecordsUnavailable(_REMEDY)

    def _url(self, job: str) -> str:
        if not (url := self._urls.get(job)):
            raise Misconfigured(f"there is no queue for {job}: set {queue_setting(job)}")
        return url

    def _call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return self._sqs.call(operation, request)
        except AwsUnavailable as error:
            logger.warning(
                "a message could not be sent: %s",
                error.code,
                extra={"event": "queue_failure", "service": "sqs", "code": error.code},
            )
            raise RecordsUnavailable(_REMEDY) from None


class SyncHistoryQueue:
    """Implements `holdings.core.ports.JobQueue`."""

    def __init__(self, queues: JobQueues) -> None:
        self._queues = queues

    def send(self, viewer: str, connection_id: str, *, delay_seconds: int = 0) -> None:
        self._queues.send(
            "sync-history", viewer, connection=connection_id, delay_seconds=delay_seconds
        )


def _cut(work: Sequence[T], size: int) -> list[Sequence[T]]:
    return [work[start : start + size] for start in range(0, len(work), size)]


def _body(viewer: str, connection: str, window: int | None) -> str:
    message: dict[str, str | int] = {"v": VERSION, "viewer": viewer}
    if connection:
        message["connection"] = connection
    if window is not None:
        message["window"] = window
    return json.dumps(message, separators=(",", ":"))
