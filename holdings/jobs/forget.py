"""The Lambda function of the queue `forget`: deletes what a request had no time for."""

from collections.abc import Mapping
from typing import Any

from holdings.core.schedule.forget import Forget
from holdings.jobs.batch import Job, Message, handle

# A page of deletions that has begun is ended.
_MARGIN_SECONDS = 20.0


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    return handle(event, context, job(parts.forget()))


def job(forget: Forget) -> Job:
    def run(asked: Message) -> str:
        return forget.run(asked.viewer, asked.window, seconds=asked.seconds)

    return Job("forget", ("window",), run, _MARGIN_SECONDS)
