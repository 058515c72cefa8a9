"""Asks for work without a request: one message a piece of work, each job has a queue of SQS."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from holdings.adapters.aws import AwsService, AwsUnavailable
from holdings.core.errors import Misconfigured, RecordsUnavailable
from holdings.core.ports import JobQueues
from holdings.core.schedule.slots import Due

logger = logging.getLogger(__name__)

VERSION = 1
# What SQS delays a message by at most, and how many it takes in one call.
_MOST_SECONDS = 900
_BATCH = 10
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
        """Send ten at a time. What SQS did not take is sent again, then RecordsUnavailable."""
        url = self._url(job)
        for start in range(0, len(work), _BATCH):
            left = {
                str(number): _body(*one, window)
                for number, one in enumerate(work[start : start + _BATCH])
            }
            for _ in range(_ATTEMPTS):
                entries = [{"Id": key, "MessageBody": body} for key, body in left.items()]
                answer = self._call("SendMessageBatch", {"QueueUrl": url, "Entries": entries})
                taken = cast("list[dict[str, Any]]", answer.get("Successful") or [])
                for entry in taken:
                    left.pop(str(entry.get("Id")), None)
                if not left:
                    break
            else:
                raise RecordsUnavailable(_REMEDY)

    def _url(self, job: str) -> str:
        if not (url := self._urls.get(job)):
            name = f"{job.upper().replace('-', '_')}_QUEUE_URL"
            raise Misconfigured(f"there is no queue for {job}: set {name}")
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


def _body(viewer: str, connection: str, window: int | None) -> str:
    message: dict[str, str | int] = {"v": VERSION, "viewer": viewer}
    if connection:
        message["connection"] = connection
    if window is not None:
        message["window"] = window
    return json.dumps(message, separators=(",", ":"))
