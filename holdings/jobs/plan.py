"""The planner's Lambda function: woken each minute by a schedule, or by hand with {"job": ...}."""

import logging
import time
from collections.abc import Mapping
from typing import Any, cast

from holdings import logs, traces
from holdings.core.errors import InvalidRequest
from holdings.core.schedule.planner import Planned, Planner
from holdings.jobs.remaining import seconds_left
from holdings.settings import tracing

logger = logging.getLogger(__name__)

# Of what Lambda leaves, for what is kept at the end.
_MARGIN_SECONDS = 5.0


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    return handle(event, context, parts.planner())


def handle(event: object, context: Any, planner: Planner) -> dict[str, Any]:
    """Return how much was put on which queue, {"sent": {"refresh-readings": 12}, "whole": true}.

    Raises what the planner does, after which Lambda tries once more; InvalidRequest for an event
    that is none of ours.
    """
    traces.begin(*tracing())
    began = time.monotonic()
    about = {"job": "plan", "message_id": getattr(context, "aws_request_id", None)}
    logs.request_id.set(str(about["message_id"] or ""))
    logger.info("plan begins", extra={**about, "event": "job_start"})
    result: dict[str, Any] = {"outcome": "failed"}
    try:
        planned = _planned(event, context, planner)
        sent = dict(planned.sent)
        result = {
            "outcome": "done" if planned.whole else "not_whole",
            "sent": sent,
            "due": sum(sent.values()),
        }
    finally:
        took = round((time.monotonic() - began) * 1000, 1)
        logger.info("plan ends", extra={**about, **result, "event": "job_end", "duration_ms": took})
    return {"sent": sent, "whole": planned.whole}


def _planned(event: object, context: Any, planner: Planner) -> Planned:
    seconds = seconds_left(context, _MARGIN_SECONDS)
    if event == {}:
        return planner.run(seconds)
    asked = cast("dict[str, object]", event) if isinstance(event, dict) else {}
    job = asked.get("job") if asked.keys() == {"job"} else None
    if not isinstance(job, str):
        raise InvalidRequest('ask with {} for what is due, or with {"job": "refresh-readings"}')
    return planner.ask(job, seconds)
