"""The Lambda function of the queue `mail-feedback`: what comes back of mails, as SES says it."""

from collections.abc import Mapping
from typing import Any

from holdings.core.alerts.jobs import MailFeedback
from holdings.jobs.batch import Event, handle


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    return handle(event, context, job(parts.mail_feedback()))


def job(feedback: MailFeedback) -> Event:
    return Event("mail-feedback", feedback.run)
