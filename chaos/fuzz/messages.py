"""Events of jobs: batches of a queue, what wakes the planner, what SES says of mails."""

import json
from random import Random
from typing import Any

from chaos.fuzz.values import KNOWN_ID, KNOWN_VIEWER, damaged, junk, text

QUEUES = (
    *("refresh-readings", "sync-history", "evaluate-alerts", "forget", "mail-feedback"),
    *("compute-features", "assign-persona", "generate-recommendations"),
)
PLAN = "plan"
_FIELDS = {
    "refresh-readings": ("connection", "window"),
    "sync-history": ("connection",),
}
_WINDOWS = (1_795_251_600, 0, 1, -1, 10**11, 253_402_300_800, 1.0, True)
_MOST_RECORDS = 4


def event(rng: Random) -> tuple[str, Any]:
    """Return the job and its event; a third is not well formed somewhere."""
    job = rng.choice((*QUEUES, PLAN))
    made = _wake(rng) if job == PLAN else _batch(job, rng)
    if rng.random() < 0.15:
        made = damaged(made, rng)
    return job, made


def _wake(rng: Random) -> Any:
    roll = rng.random()
    if roll < 0.3:
        return {}
    if roll < 0.7:
        return {"job": rng.choice((*QUEUES, PLAN, text(rng)))}
    return junk(rng)


def _batch(job: str, rng: Random) -> Any:
    return {
        "Records": [_record(job, number, rng) for number in range(rng.randrange(_MOST_RECORDS))]
    }


def _record(job: str, number: int, rng: Random) -> dict[str, Any]:
    document = _feedback(rng) if job == "mail-feedback" else _message(job, rng)
    if rng.random() < 0.3:
        document = damaged(document, rng)
    body: Any = json.dumps(document)
    if rng.random() < 0.1:
        body = junk(rng) if rng.random() < 0.5 else body[: rng.randrange(len(body) + 1)]
    return {
        "messageId": f"m{number}",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": rng.choice(("1", "5", text(rng)))},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:holdings-dev-{job}",
        "awsRegion": "eu-west-1",
    }


def _message(job: str, rng: Random) -> dict[str, Any]:
    given: dict[str, Any] = {
        "connection": KNOWN_ID if rng.random() < 0.8 else text(rng),
        "window": _WINDOWS[0] if rng.random() < 0.7 else rng.choice(_WINDOWS),
    }
    viewer = KNOWN_VIEWER if rng.random() < 0.8 else text(rng)
    fields = _FIELDS.get(job, ("window",))
    return {"v": 1, "viewer": viewer, **{name: given[name] for name in fields}}


def _feedback(rng: Random) -> dict[str, Any]:
    return {
        "version": "0",
        "source": "aws.ses",
        "detail-type": rng.choice(("Email Bounced", "Email Complaint Received", text(rng))),
        "detail": {
            "bounce": {"bounceType": rng.choice(("Permanent", "Transient", text(rng)))},
            "complaint": {"complaintFeedbackType": rng.choice(("abuse", "not-spam", text(rng)))},
            "mail": {"tags": {"viewer": [KNOWN_VIEWER if rng.random() < 0.8 else text(rng)]}},
        },
    }
