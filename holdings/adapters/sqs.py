"""Asks for work without a request: one message a piece of work, on a queue of SQS."""

import json
import logging

from holdings.adapters.aws import AwsService, AwsUnavailable
from holdings.core.errors import RecordsUnavailable

logger = logging.getLogger(__name__)

# What SQS delays a message by at most.
_MOST_SECONDS = 900
VERSION = 1


class SyncHistoryQueue:
    """Implements `holdings.core.ports.JobQueue`: {"v": 1, "viewer": ..., "connection": ...}.

    Ids only: what a message says may be read by whoever looks after the queue.
    """

    def __init__(self, sqs: AwsService, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, viewer: str, connection_id: str, *, delay_seconds: int = 0) -> None:
        message = {"v": VERSION, "viewer": viewer, "connection": connection_id}
        request = {
            "QueueUrl": self._url,
            "MessageBody": json.dumps(message, separators=(",", ":")),
            "DelaySeconds": min(max(delay_seconds, 0), _MOST_SECONDS),
        }
        try:
            self._sqs.call("SendMessage", request)
        except AwsUnavailable as error:
            logger.warning(
                "a message could not be sent: %s",
                error.code,
                extra={"event": "queue_failure", "service": "sqs", "code": error.code},
            )
            raise RecordsUnavailable(
                "the work could not be asked for: try again in a moment"
            ) from None
