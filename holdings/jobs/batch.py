"""A batch of a queue's messages: each is parsed, worked on, logged, and comes again if it failed.

Powertools reports which are to come again; messages of a batch are worked on side by side.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any, NamedTuple, cast

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from holdings import logs, traces
from holdings.core.connections import is_own_id
from holdings.core.errors import HoldingsError
from holdings.core.viewer import is_viewer
from holdings.jobs.remaining import seconds_left
from holdings.settings import tracing

logger = logging.getLogger(__name__)

_VERSION = 1
_MOST_SIDE_BY_SIDE = 10
_LATEST = 253_402_300_800  # the year 10000


class Message(NamedTuple):
    """Whose work it is; `window` is epoch seconds, `connection` one of theirs, or each is not said.

    `seconds` is what is left for it.
    """

    viewer: str
    connection: str
    window: int
    seconds: float


class Job(NamedTuple):
    """`fields` are those of a message beside `v` and `viewer`; `margin` is left for the end.

    `run` returns what came of it, in a word for the log. Raises HoldingsError where it is to be
    tried again.
    """

    name: str
    fields: tuple[str, ...]
    run: Callable[[Message], str | None]
    margin: float = 5.0

    def work(self, body: object, seconds: float) -> "Work | None":
        """Return what a message asks for, None where it is none of ours."""
        message = parse(body, self.fields, seconds)
        return None if message is None else lambda: self.run(message)


class Event(NamedTuple):
    """As Job, of messages that AWS writes: `run` is given what is in them, and its seconds."""

    name: str
    run: Callable[[object, float], str | None]
    margin: float = 5.0

    def work(self, body: object, seconds: float) -> "Work | None":
        read = _parsed(body)
        return None if read is None else lambda: self.run(read, seconds)


Work = Callable[[], str | None]


def handle(event: Mapping[str, Any], context: Any, job: Job | Event) -> dict[str, Any]:
    """Work on every message; return which of them are to come again.

    Raises ValueError, before any work, for what is no event of SQS: then all of it comes again.
    Source: "Reporting batch item failures" in the Lambda developer guide.
    """
    traces.begin(*tracing())
    ends = time.monotonic() + seconds_left(context, job.margin)
    records = _records(event)
    begun = [
        _workers().submit(copy_context().run, _work, SQSRecord(record), job, ends)
        for record in records
    ]
    in_order = iter(begun)

    def ended(record: SQSRecord) -> None:
        del record  # they are gone through as they came
        next(in_order).result()

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False, logger=_SILENT)
    with processor(records, ended):
        processor.process()
    return cast("dict[str, Any]", processor.response())


@cache
def _workers() -> ThreadPoolExecutor:
    """One pool for all of a process's batches, which come one after the other."""
    return ThreadPoolExecutor(_MOST_SIDE_BY_SIDE, thread_name_prefix="batch")


def _records(event: object) -> list[dict[str, Any]]:
    """Raises ValueError where a message could not be named as one that is to come again."""
    records = cast("dict[str, object]", event).get("Records") if isinstance(event, dict) else None
    if isinstance(records, list) and all(map(_has_id, cast("list[object]", records))):
        return cast("list[dict[str, Any]]", records)
    raise ValueError("this is no event of SQS: a list of Records, each with its messageId")


def _has_id(record: object) -> bool:
    known = cast("dict[str, object]", record) if isinstance(record, dict) else {}
    message_id = known.get("messageId")
    return isinstance(message_id, str) and message_id != ""


def _attempt(attributes: object) -> object:
    known = cast("dict[str, object]", attributes) if isinstance(attributes, dict) else {}
    return known.get("ApproximateReceiveCount")


# What failed is logged here, once.
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.disabled = True


class _Failed(Exception):
    pass


def _work(record: SQSRecord, job: Job | Event, ends: float) -> None:
    """Raises what has Powertools report the message as failed."""
    # Whatever is logged on the way says for which message.
    logs.request_id.set(record.message_id)
    about = {
        "job": job.name,
        "message_id": record.message_id,
        "attempt": _attempt(record.raw_event.get("attributes")),
    }
    seconds = max(1.0, ends - time.monotonic())
    work = job.work(record.raw_event.get("body"), seconds)
    if work is None:
        # It would not be any better the next time.
        logger.error(
            "a message is not one of ours, and is dropped",
            extra={**about, "event": "job_message_invalid"},
        )
    elif not _is_done(job.name, work, about):
        raise _Failed(job.name)


def _is_done(name: str, work: Work, about: Mapping[str, Any]) -> bool:
    began = time.monotonic()
    logger.info("%s begins", name, extra={**about, "event": "job_start"})
    done, outcome = True, "done"
    try:
        outcome = work() or outcome
    except HoldingsError as error:
        done, outcome = False, error.code
        failure = {**about, "event": "job_failure", "code": outcome}
        # The detail says what to do: a traceback would say no more.
        logger.error("%s is tried again: %s", name, error.detail, extra=failure)  # noqa: TRY400
    except Exception:
        done, outcome = False, "unexpected"
        failure = {**about, "event": "job_failure", "code": outcome}
        logger.exception("%s is tried again", name, extra=failure)
    logger.info(
        "%s ends",
        name,
        extra={
            **about,
            "event": "job_end",
            "outcome": outcome,
            "duration_ms": round((time.monotonic() - began) * 1000, 1),
        },
    )
    return done


def parse(body: object, fields: tuple[str, ...], seconds: float) -> Message | None:
    """Return what a message asks for, None for what no version of this has sent."""
    message = _parsed(body) or {}
    if message.keys() != {"v", "viewer", *fields}:
        return None
    version, viewer = message["v"], message["viewer"]
    connection, window = message.get("connection", ""), message.get("window", 0)
    # True and 1.0 are 1 to Python.
    if type(version) is not int or version != _VERSION:
        return None
    if not (isinstance(viewer, str) and is_viewer(viewer)):
        return None
    if "connection" in fields and not (isinstance(connection, str) and is_own_id(connection)):
        return None
    if type(window) is not int or not 0 <= window < _LATEST:
        return None
    return Message(viewer, str(connection), window, seconds)


def _parsed(body: object) -> dict[str, object] | None:
    try:
        read: object = json.loads(body) if isinstance(body, str) else None
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, object]", read) if isinstance(read, dict) else None
