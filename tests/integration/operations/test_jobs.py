"""Failed work once more, and work ahead of its time."""

import io
import json
from typing import Any, cast

import pytest
from boto3.session import Session

from operations.errors import OperationError
from operations.jobs import redrive, run_job
from tests.integration.operations.conftest import Operate, Pulumi


class Moving:
    """moto's SQS, with the move that it lacks."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs
        self.moved: list[str] = []

    def get_queue_attributes(self, **request: Any) -> Any:
        return self._sqs.get_queue_attributes(**request)

    def start_message_move_task(self, SourceArn: str) -> None:  # noqa: N803 - its name there
        self.moved.append(SourceArn)


def test_failed_messages_go_back_to_the_queue_that_they_came_from(aws: Session) -> None:
    sqs = cast("Any", aws).client("sqs")
    url: str = sqs.create_queue(QueueName="holdings-dev-sync-history-dead")["QueueUrl"]
    client, queues = Moving(sqs), {"sync-history": url}
    assert redrive(client, queues, "sync-history") == "nothing has failed in sync-history"
    assert client.moved == []
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    said = redrive(client, queues, "sync-history-dead")
    assert said.startswith("about 1 failed messages of sync-history go back")
    assert [arn.rpartition(":")[2] for arn in client.moved] == ["holdings-dev-sync-history-dead"]


def test_a_queue_that_there_is_not_is_named_with_those_that_there_are(
    pulumi: Pulumi, operate: Operate
) -> None:
    pulumi.outputs(dead_queues={"forget": "u", "sync-history": "v"})
    said = operate("redrive", "--queue", "sync")
    assert (said.code, said.err) == (
        1,
        "redrive: QUEUE=sync is none of this stack's: forget, sync-history\n",
    )


class Planner:
    def __init__(self, payload: bytes, error: str = "") -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = {"Payload": io.BytesIO(payload), "FunctionError": error}

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return self._answer


@pytest.mark.parametrize(
    ("whole", "more"), [(True, ""), (False, "; there was no time for all: run it once more")]
)
def test_a_job_is_asked_of_the_planner(whole: bool, more: str) -> None:
    told = {"sent": {"compute-features": 12}, "whole": whole}
    client = Planner(json.dumps(told).encode())
    said = run_job(client, "holdings-dev-plan", "compute-features")
    assert said == f"12 messages are on the queue of compute-features{more}"
    assert client.asked == [
        {"FunctionName": "holdings-dev-plan", "Payload": b'{"job": "compute-features"}'}
    ]


def test_what_the_planner_refuses_is_said() -> None:
    client = Planner(b'{"errorMessage": "no such job: refresh-readings may be asked for"}', "x")
    with pytest.raises(OperationError, match="no such job: refresh-readings"):
        run_job(client, "p", "refresh")
    with pytest.raises(OperationError, match="look at its log"):
        run_job(Planner(b"<html>"), "p", "refresh")
