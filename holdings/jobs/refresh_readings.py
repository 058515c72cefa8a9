"""The Lambda function of the queue `refresh-readings`: reads connections at their time."""

from collections.abc import Mapping
from typing import Any

from holdings.core.schedule.refresh import RefreshReadings
from holdings.jobs.batch import Job, Message, handle


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    return handle(event, context, job(parts.refresh_readings()))


def job(refresh: RefreshReadings) -> Job:
    def run(asked: Message) -> str:
        return refresh.run(asked.viewer, asked.connection, asked.window, seconds=asked.seconds)

    return Job("refresh-readings", ("connection", "window"), run)
