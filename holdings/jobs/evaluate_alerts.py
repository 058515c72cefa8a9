"""The Lambda function of the queue `evaluate-alerts`: finds what fires, and mails it."""

from collections.abc import Mapping
from typing import Any

from holdings.jobs.batch import handle
from holdings.jobs.once import once_a_window


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    job = once_a_window("evaluate-alerts", parts.table(), context, parts.evaluate_alerts())
    return handle(event, context, job)
