"""Work is asked for on a queue of moto's, by requests that are signed here and by boto3."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

import boto3
import pytest

from holdings.adapters import tls
from holdings.adapters.aws import Aws
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.sqs import SqsJobQueues, SyncHistoryQueue
from holdings.core.errors import RecordsUnavailable
from holdings.core.schedule.slots import Due


@pytest.fixture
def aws() -> None:
    """Not the one of the folder, which answers in this process."""


@pytest.mark.parametrize("signed", [True, False])
def test_a_message_says_whose_connection_and_no_more(
    at_moto: dict[str, str], *, signed: bool
) -> None:
    sqs = cast("Any", boto3.client)("sqs")
    url = sqs.create_queue(QueueName=f"work-{signed}")["QueueUrl"]
    known = AwsEnvironment.from_env(at_moto) if signed else None
    service = Aws(known, "eu-west-1", tls.context).service("sqs")
    queue = SyncHistoryQueue(SqsJobQueues(service, {"sync-history": url}))
    queue.send("ann", "0" * 32)
    message = sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert json.loads(message["Body"]) == {"v": 1, "viewer": "ann", "connection": "0" * 32}
    queue.send("ann", "1" * 32, delay_seconds=5_000)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    attributes = found["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_queue_that_is_not_there_is_said_so(
    at_moto: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    aws = Aws(AwsEnvironment.from_env(at_moto), "eu-west-1", tls.context)
    queue = SyncHistoryQueue(
        SqsJobQueues(
            aws.service("sqs"), {"sync-history": f"{at_moto['AWS_ENDPOINT_URL']}/1/nowhere"}
        )
    )
    with pytest.raises(RecordsUnavailable, match="could not be asked for"):
        queue.send("ann", "0" * 32)
    assert [getattr(record, "event", "") for record in caplog.records][-1] == "queue_failure"


def test_a_batch_arrives_whole(at_moto: dict[str, str]) -> None:
    sqs = cast("Any", boto3.client)("sqs")
    url = sqs.create_queue(QueueName="many")["QueueUrl"]
    service = Aws(AwsEnvironment.from_env(at_moto), "eu-west-1", tls.context).service("sqs")
    work = [Due(f"viewer-{number}", "0" * 32) for number in range(23)]
    SqsJobQueues(service, {"refresh-readings": url}).send_all("refresh-readings", work, 7_200)
    bodies: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [json.loads(one["Body"]) for one in messages]
    assert sorted(one["viewer"] for one in bodies) == sorted(one.viewer for one in work)
    assert {(one["v"], one["connection"], one["window"]) for one in bodies} == {
        (1, "0" * 32, 7_200)
    }


@dataclass
class FakeSqs:
    """Takes of each call all but the last `refused`."""

    refused: int = 0
    calls: int = 0
    taken: list[str] = field(default_factory=list[str])

    def call(self, operation: str, request: Any, *, seconds: float = 3.0) -> Any:
        assert operation == "SendMessageBatch"
        self.calls += 1
        entries = request["Entries"][: len(request["Entries"]) - self.refused]
        self.taken += [json.loads(one["MessageBody"])["viewer"] for one in entries]
        return {"Successful": [{"Id": one["Id"]} for one in entries]}


@pytest.mark.parametrize("count", [0, 1, 10, 11, 100, 101, 1_234])
def test_as_many_as_there_are_each_is_sent_once_and_ten_in_a_call(count: int) -> None:
    sqs, work = FakeSqs(), [Due(f"viewer-{number}", "0" * 32) for number in range(count)]
    SqsJobQueues(cast("Any", sqs), {"refresh-readings": "url"}).send_all(
        "refresh-readings", work, 7_200
    )
    assert sorted(sqs.taken) == sorted(one.viewer for one in work)
    assert sqs.calls == -(-count // 10)


def test_what_sqs_does_not_take_three_times_is_a_failure() -> None:
    sqs = FakeSqs(refused=1)
    queues = SqsJobQueues(cast("Any", sqs), {"refresh-readings": "url"})
    with pytest.raises(RecordsUnavailable, match="could not be asked for"):
        queues.send_all("refresh-readings", [Due("ann", "0" * 32), Due("bob", "0" * 32)], 0)
    assert (sqs.calls, sqs.taken) == (3, ["ann"])
