"""Workers that are killed fifty times while they read connections: each is read all the same."""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

import holdings
from holdings.adapters import tls
from holdings.adapters.aws import Aws
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.dynamodb import DynamoDBCache
from holdings.adapters.records import DynamoDBRecords, ViewerSessions
from holdings.adapters.records.due import DynamoDBDueIndex
from holdings.adapters.sqs import SqsJobQueues
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.record_ports import LastRead
from holdings.core.schedule.planner import Planner
from holdings.core.sources import reading_place
from holdings.settings import Settings
from local.simulator import Credentials, Simulator

TABLE, CACHE = "records", "cache"
JOBS = ("refresh-readings", "sync-history", "evaluate-alerts")
VIEWERS = [f"viewer-{number}" for number in range(10)]
KILLS, KILLS_A_ROUND = 50, 10

# A process that has all loaded and gives each event to a child, as Lambda gives it to a process.
WORKER = """
import json, os, sys
import holdings.api.schemas, holdings.core.portfolio, holdings.core.valuation
import holdings.adapters.records, holdings.adapters.sqs, requests
from holdings.jobs import parts
from holdings.jobs.refresh_readings import handler
parts.refresh_readings()
for line in sys.stdin:
    child = os.fork()
    if not child:
        print(os.getpid(), flush=True)
        print(json.dumps(handler(json.loads(line), None)), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.fixture
def aws() -> None:
    """Not the one of the folder, which answers in this process."""


@pytest.fixture
def environ(at_moto: dict[str, str], tmp_path: Path) -> dict[str, str]:
    client = cast("Any", boto3).client
    client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "slot")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [{"AttributeName": "slot", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").create_table(
        TableName=CACHE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    queues = {
        f"{job.upper().replace('-', '_')}_QUEUE_URL": client("sqs").create_queue(
            # Who was killed gives it back at once.
            QueueName=job,
            Attributes={"VisibilityTimeout": "0"},
        )["QueueUrl"]
        for job in JOBS
    }
    return {
        **at_moto,
        **queues,
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DEFAULT_USER_ID": "default",
        "DDB_TABLE": CACHE,
        "RECORDS_TABLE": TABLE,
        "RECORDS_KEY_ID": client("kms").create_key()["KeyMetadata"]["Arn"],
        "VIEWER_ROLE_ARN": "arn:aws:iam::123456789012:role/viewer",
        "ENVIRONMENT": "dev",
        "SHARED_CONNECTION": "false",
        "REFRESH_SECONDS": "3600",
        "SYNC_HISTORY_SECONDS": "86400",
        "CB_SECRET_NAME": "none",
        "LOG_LEVEL": "ERROR",
    }


class Unlimited:
    """No limits: how long it takes is not what is looked at."""

    def take(self, *_: object) -> None:
        """Let everybody pass."""

    def refill(self) -> None:
        """There is nothing to fill."""


class Cloud:
    """The tables and queues of moto, and the worker that takes messages from them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.clock = Clock()
        self.aws = Aws(AwsEnvironment.from_env(environ), "eu-west-1", tls.context)
        self.records = DynamoDBRecords(
            ViewerSessions(self.aws, environ["VIEWER_ROLE_ARN"], self.clock),
            table=TABLE,
            key_id=environ["RECORDS_KEY_ID"],
            environment="dev",
            clock=self.clock,
        )
        self.sqs = cast("Any", boto3).client("sqs")
        self.dynamodb = cast("Any", boto3).client("dynamodb")
        urls = {job: environ[f"{job.upper().replace('-', '_')}_QUEUE_URL"] for job in JOBS}
        self.urls = urls
        self.planner = Planner(
            routines=(),
            index=DynamoDBDueIndex(self.aws.service("dynamodb"), TABLE),
            queues=SqsJobQueues(self.aws.service("sqs"), urls),
            cache=DynamoDBCache(self.aws.service("dynamodb"), CACHE),
            clock=self.clock,
        )
        self.killed = 0
        self.worker = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def close(self) -> None:
        assert self.worker.stdin
        assert self.worker.stdout
        self.worker.stdin.close()
        self.worker.wait(10)
        self.worker.stdout.close()

    def services(self) -> holdings.Services:
        """As a process has them that has just started."""
        return holdings.services(Settings.from_env(self.environ), self.clock)

    def prove(self, window: int) -> None:
        """Everybody has their own reading of the window, the note of it, and the answer ready."""
        for number, viewer in enumerate(VIEWERS):
            last = self.records.refresh.readable(viewer, self.deadline).last_read
            assert last == {_id(viewer): LastRead(window)}
            made = self.services()
            reading = made.cache(reading_place(_id(viewer))).get(self.deadline)
            assert reading
            assert reading.as_of >= window
            answer = made.holdings.read(viewer)
            assert (answer.outcome, answer.passing) == ("HIT", False)
            assert answer.entry.as_of >= window
            shown = json.loads(answer.entry.payload)
            assert shown["stale"] is False
            balances = {one["currency"]: one["balance"] for one in shown["holdings"]}
            assert balances == dict.fromkeys(("BTC", "ETH"), f"1{number % 3}.5")
        assert {(viewer, window) for viewer in VIEWERS} <= self.asked_for_alerts()

    @property
    def deadline(self) -> Deadline:
        return Deadline.after(60, self.clock)

    def connect(self, viewer: str, key: Credentials) -> None:
        connection = Connection(_id(viewer), "coinbase_exchange", "Main", f"of {viewer}", "", 0)
        self.records.add(viewer, connection, key.credential(), None, self.deadline)
        # As it is kept when there is a rule.
        self.dynamodb.update_item(
            TableName=TABLE,
            Key={"pk": {"S": f"viewer#{viewer}"}, "sk": {"S": "profile"}},
            UpdateExpression="SET alerts = :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def messages(self, job: str) -> list[Any]:
        found = self.sqs.receive_message(
            QueueUrl=self.urls[job], MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return found.get("Messages", [])

    def take(self, seconds: float | None) -> float | None:
        """Have a batch worked on, for so long; return how long it took, None if it was killed.

        As Lambda does it, a message is deleted once the worker has answered that it is done.
        """
        messages = self.messages("refresh-readings")
        records = [
            {"messageId": of["MessageId"], "body": of["Body"], "attributes": of["Attributes"]}
            for of in messages
        ]
        assert self.worker.stdin
        assert self.worker.stdout
        self.worker.stdin.write(json.dumps({"Records": records}).encode() + b"\n")
        child = int(self.worker.stdout.readline())
        began = time.monotonic()
        ready, _, _ = select.select([self.worker.stdout], [], [], seconds)
        took = time.monotonic() - began
        if not ready:
            os.kill(child, signal.SIGKILL)
        line = self.worker.stdout.readline()
        if line == b"ended\n":
            self.killed += 1
            return None
        assert self.worker.stdout.readline() == b"ended\n"
        failed = {one["itemIdentifier"] for one in json.loads(line)["batchItemFailures"]}
        for one in messages:
            if one["MessageId"] not in failed:
                self.sqs.delete_message(
                    QueueUrl=self.urls["refresh-readings"], ReceiptHandle=one["ReceiptHandle"]
                )
        return took

    def is_empty(self) -> bool:
        found = self.sqs.get_queue_attributes(
            QueueUrl=self.urls["refresh-readings"], AttributeNames=["All"]
        )
        return found["Attributes"]["ApproximateNumberOfMessages"] == "0"

    def keys_of(self, table: str) -> list[str]:
        items = self.dynamodb.scan(TableName=table)["Items"]
        return sorted(f"{one['pk']['S']} {one.get('sk', {}).get('S', '')}" for one in items)

    def asked_for_alerts(self) -> set[tuple[str, int]]:
        found: set[tuple[str, int]] = set()
        while messages := self.messages("evaluate-alerts"):
            for one in messages:
                body = json.loads(one["Body"])
                found.add((body["viewer"], body["window"]))
                self.sqs.delete_message(
                    QueueUrl=self.urls["evaluate-alerts"], ReceiptHandle=one["ReceiptHandle"]
                )
        return found

    def next_window(self) -> int:
        """Ask for everybody; return for which window."""
        now = int(self.clock.now())
        while int(self.clock.now()) == now:
            time.sleep(0.01)
        assert self.planner.ask("refresh-readings", 50).sent == {"refresh-readings": len(VIEWERS)}
        body = json.loads(self.messages("refresh-readings")[0]["Body"])
        return int(body["window"])


def _id(viewer: str) -> str:
    return f"{VIEWERS.index(viewer):032x}"


@pytest.mark.slow
def test_each_connection_is_read_however_often_its_worker_is_killed(
    environ: dict[str, str],
) -> None:
    rng = random.Random(14)  # noqa: S311 - not for secrets
    keys = [Credentials.random() for _ in range(3)]
    with Simulator(credentials=keys[0], others=keys[1:]) as simulator:
        exchange = simulator.exchange
        exchange.rate_limits = cast("Any", Unlimited())
        for number, holder in enumerate(exchange.holders):
            few = [one for one in cast("Any", holder.accounts) if one["currency"] in {"BTC", "ETH"}]
            own = {"balance": f"1{number}.5", "available": f"1{number}.5", "hold": "0"}
            holder.accounts = [{**one, **own} for one in few]
        with closing(Cloud({**environ, "CB_BASE_URL": simulator.url})) as cloud:
            for number, viewer in enumerate(VIEWERS):
                cloud.connect(viewer, keys[number % 3])
            # Of the prices, which are everybody's, the lease of who was killed would be waited for.
            cloud.services().prices().read(cloud.deadline)
            cloud.next_window()
            usual = cloud.take(None)
            assert usual
            kept = cloud.keys_of(TABLE), cloud.keys_of(CACHE)
            while cloud.killed < KILLS:
                window, before = cloud.next_window(), cloud.killed
                while not cloud.is_empty():
                    spared = cloud.killed - before >= KILLS_A_ROUND
                    cloud.take(None if spared else rng.uniform(0, usual))
                calls = exchange.counts()
                cloud.prove(window)
                assert exchange.counts() == calls
            assert (cloud.keys_of(TABLE), cloud.keys_of(CACHE)) == kept
