"""`make redrive` and `make run-job`: failed work once more, and work ahead of its time."""

import json
from collections.abc import Mapping
from typing import Any

from operations.errors import OperationError

_DEAD = "-dead"


def redrive(client: Any, dead_queues: Mapping[str, str], job: str) -> str:
    """Move a job's failed messages back to its queue; `dead_queues` are addresses by job.

    Raises OperationError for a job that there is not.
    """
    job = job.removesuffix(_DEAD)
    if not (url := dead_queues.get(job)):
        known = ", ".join(sorted(dead_queues))
        raise OperationError(f"QUEUE={job} is none of this stack's: {known}")
    names = ["QueueArn", "ApproximateNumberOfMessages"]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    count = int(found["ApproximateNumberOfMessages"])
    if not count:
        return f"nothing has failed in {job}"
    client.start_message_move_task(SourceArn=found["QueueArn"])
    return f"about {count} failed messages of {job} go back to its queue: the alarm ends with them"


def run_job(client: Any, planner: str, job: str) -> str:
    """Have a job done for everybody now. Raises OperationError with what the planner says."""
    payload = json.dumps({"job": job}).encode()
    answer = client.invoke(FunctionName=planner, Payload=payload)
    try:
        told: dict[str, Any] = json.loads(answer["Payload"].read())
    except ValueError:
        raise OperationError("the planner's answer is none: look at its log") from None
    if answer.get("FunctionError"):
        raise OperationError(f"the planner refuses: {told.get('errorMessage', 'see its log')}")
    sent = sum(told["sent"].values())
    more = "" if told["whole"] else "; there was no time for all: run it once more"
    return f"{sent} messages are on the queue of {job}{more}"
