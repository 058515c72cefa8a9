"""The Lambda function of the queue `sync-history`: reads accounts' ledgers in the background."""

import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol, cast

from holdings import logs
from holdings.core.connections import is_own_id
from holdings.core.errors import HoldingsError
from holdings.core.viewer import is_viewer

logger = logging.getLogger(__name__)

NAME = "sync-history"
# Of what Lambda leaves, for what is kept at the end.
_MARGIN_SECONDS = 20.0
_DEFAULT_SECONDS = 60.0
_VERSION = 1
_FIELDS = ("v", "viewer", "connection")


class Job(Protocol):
    def run(self, viewer: str, connection_id: str, *, seconds: float) -> None: ...


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Read the history of each message's connection; return which messages are to come again.

    Source: "Reporting batch item failures" in the Lambda developer guide.
    """
    from holdings.jobs import parts

    return handle(event, context, parts.history_sync())


def handle(event: Mapping[str, Any], context: Any, job: Job) -> dict[str, Any]:
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        message_id = str(record.get("messageId", ""))
        # Whatever is logged on the way says for which message.
        logs.request_id.set(message_id)
        about = {
            "job": NAME,
            "message_id": message_id,
            "attempt": record.get("attributes", {}).get("ApproximateReceiveCount"),
        }
        if (wanted := _wanted(record.get("body"))) is None:
            # It would not be any better the next time.
            logger.error(
                "a message is not one of ours, and is dropped",
                extra={**about, "event": "job_message_invalid"},
            )
        elif not _is_done(job, wanted, context, about):
            failed.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failed}


def _is_done(job: Job, wanted: tuple[str, str], context: Any, about: Mapping[str, Any]) -> bool:
    began = time.monotonic()
    logger.info("%s begins", NAME, extra={**about, "event": "job_start"})
    outcome = "done"
    try:
        job.run(*wanted, seconds=_seconds(context))
    except HoldingsError as error:
        outcome = error.code
        failure = {**about, "event": "job_failure", "code": outcome}
        # The detail says what to do: a traceback would say no more.
        logger.error("%s is tried again: %s", NAME, error.detail, extra=failure)  # noqa: TRY400
    except Exception:
        outcome = "unexpected"
        failure = {**about, "event": "job_failure", "code": outcome}
        logger.exception("%s is tried again", NAME, extra=failure)
    logger.info(
        "%s ends",
        NAME,
        extra={
            **about,
            "event": "job_end",
            "outcome": outcome,
            "duration_ms": round((time.monotonic() - began) * 1000, 1),
        },
    )
    return outcome == "done"


def _wanted(body: object) -> tuple[str, str] | None:
    """Return whose connection and which one, None for what no version of this has sent."""
    try:
        message: object = json.loads(body) if isinstance(body, str) else None
    except (ValueError, RecursionError):
        return None
    fields = cast("dict[str, object]", message) if isinstance(message, dict) else {}
    version, viewer, connection_id = (fields.get(name) for name in _FIELDS)
    # True and 1.0 are 1 to Python.
    if fields.keys() != {*_FIELDS} or type(version) is not int or version != _VERSION:
        return None
    if not (isinstance(viewer, str) and isinstance(connection_id, str)):
        return None
    return (viewer, connection_id) if is_viewer(viewer) and is_own_id(connection_id) else None


def _seconds(context: Any) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    seconds = remaining() / 1_000 if remaining else _DEFAULT_SECONDS
    return max(1.0, seconds - _MARGIN_SECONDS)
