"""The queue of histories and its worker, from the archive, on an emulator that enforces IAM."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import boto3.session
import pytest
from botocore.exceptions import ClientError

from holdings.adapters import tls
from holdings.adapters.aws import Aws as AppAws
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.sqs import SqsJobQueues, SyncHistoryQueue
from local.provision import Aws
from tests.e2e.emulated import aws, emulator, provisioned

GIVE_UP_SECONDS = 60
# Of no connection: its viewer has removed it meanwhile.
REMOVED = "0" * 32


@dataclass(frozen=True)
class Cloud:
    aws: Aws
    queue: str
    dead: str
    worker: str
    api_key: dict[str, str]

    def waiting(self, url: str) -> int:
        """Return how many messages there are, those that are worked on too."""
        found = self.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        states = ("", "NotVisible", "Delayed")
        return sum(int(found["Attributes"][f"ApproximateNumberOfMessages{s}"]) for s in states)

    def log(self) -> str:
        """Return what the worker's own log group has."""
        group = f"/aws/lambda/{self.worker}"
        found = self.aws.client("logs").filter_log_events(logGroupName=group)["events"]
        return "\n".join(str(event["message"]) for event in found)

    def send(self, viewer: str) -> None:
        """Ask for a history as the API does, by its role."""
        environment = AwsEnvironment.from_env(
            {
                "AWS_ENDPOINT_URL": self.aws.endpoint_url,
                "AWS_REGION": self.aws.region,
                "AWS_ACCESS_KEY_ID": self.api_key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": self.api_key["SecretAccessKey"],
                "AWS_SESSION_TOKEN": self.api_key["SessionToken"],
            }
        )
        with closing(AppAws(environment, self.aws.region, tls.context)) as reached:
            SyncHistoryQueue(
                SqsJobQueues(reached.service("sqs"), {"sync-history": self.queue})
            ).send(viewer, REMOVED)

    @contextmanager
    def without_viewers(self) -> Generator[None]:
        """Take from the worker's role, for a while, to act for a viewer."""
        iam, policy = self.aws.client("iam"), {"RoleName": self.worker, "PolicyName": "own-work"}
        right = iam.get_role_policy(**policy)["PolicyDocument"]
        kept = [one for one in right["Statement"] if one["Sid"] != "ActForAViewer"]
        assert len(kept) == len(right["Statement"]) - 1
        less = {**right, "Statement": kept}
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(less))
        try:
            yield
        finally:
            iam.put_role_policy(**policy, PolicyDocument=json.dumps(right))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulator(tmp_path_factory.mktemp("jobs"), enforce_iam=True) as running:
        outputs = provisioned(running)
        made = aws(running)
        role = outputs["function_role"]
        given = made.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
        yield Cloud(
            made,
            queue=outputs["queues"]["sync-history"],
            dead=outputs["dead_queues"]["sync-history"],
            worker=outputs["job_functions"]["sync-history"],
            api_key=given["Credentials"],
        )


def wait_until(met: Callable[[], bool]) -> None:
    give_up = time.monotonic() + GIVE_UP_SECONDS
    while not met():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_what_the_api_asks_for_the_worker_does_in_the_viewer_s_name(cloud: Cloud) -> None:
    cloud.send("ann")

    wait_until(lambda: "sync-history ends" in cloud.log())
    wait_until(lambda: not cloud.waiting(cloud.queue))
    assert "is tried again" not in cloud.log()
    assert not cloud.waiting(cloud.dead)


def test_what_is_no_message_of_ours_is_gone_after_one_look(cloud: Cloud) -> None:
    sent = cloud.aws.client("sqs").send_message(QueueUrl=cloud.queue, MessageBody="junk")

    wait_until(lambda: not cloud.waiting(cloud.queue))
    wait_until(lambda: f"[{sent['MessageId']}] a message is not one of ours" in cloud.log())
    assert not cloud.waiting(cloud.dead)


def test_what_fails_five_times_ends_where_somebody_finds_it(cloud: Cloud) -> None:
    sqs = cloud.aws.client("sqs")
    # Half an hour lies between two tries otherwise.
    sqs.set_queue_attributes(QueueUrl=cloud.queue, Attributes={"VisibilityTimeout": "1"})

    with cloud.without_viewers():
        cloud.send("bob")
        wait_until(lambda: cloud.waiting(cloud.dead) == 1)

    assert not cloud.waiting(cloud.queue)
    (found,) = sqs.receive_message(QueueUrl=cloud.dead)["Messages"]
    assert json.loads(found["Body"]) == {"v": 1, "viewer": "bob", "connection": REMOVED}
    tries = f"[{found['MessageId']}] sync-history is tried again"
    assert cloud.log().count(tries) == 5


def test_the_api_s_role_may_ask_for_work_and_neither_see_nor_take_it(cloud: Cloud) -> None:
    session: Any = boto3.session.Session(
        cloud.api_key["AccessKeyId"],
        cloud.api_key["SecretAccessKey"],
        cloud.api_key["SessionToken"],
        region_name=cloud.aws.region,
    )
    api = session.client("sqs", endpoint_url=cloud.aws.endpoint_url)

    for denied in (
        lambda: api.receive_message(QueueUrl=cloud.queue),
        lambda: api.get_queue_attributes(QueueUrl=cloud.queue, AttributeNames=["All"]),
        lambda: api.purge_queue(QueueUrl=cloud.queue),
        lambda: api.send_message(QueueUrl=cloud.dead, MessageBody="{}"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            denied()
