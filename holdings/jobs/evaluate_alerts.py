"""The Lambda function of the queue `evaluate-alerts`: finds what fires, and mails it."""

from collections.abc import Mapping
from typing import Any

from holdings.core.alerts.jobs import EvaluateAlerts
from holdings.jobs.batch import Job, Message, handle


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    return handle(event, context, job(parts.evaluate_alerts()))


def job(alerts: EvaluateAlerts) -> Job:
    """Each of a viewer's connections that is read asks for it anew, all of them in one window.

    So it is not done once a window: it bears being done twice, and at once.
    """

    def run(asked: Message) -> str:
        return alerts.run(asked.viewer, asked.window, seconds=asked.seconds)

    return Job("evaluate-alerts", ("window",), run)
