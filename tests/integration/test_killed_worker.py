"""A worker that is killed at random, again and again: in the end the same is kept as without."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from holdings.adapters import tls
from holdings.adapters.aws import Aws
from holdings.adapters.aws_environment import AwsEnvironment
from holdings.adapters.records import DynamoDBRecords, ViewerSessions
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.history.months import Month
from local.simulator import Credentials, Simulator
from local.simulator.ledger import history

TABLE, CACHE, QUEUE = "records", "cache", "sync-history"
VIEWER, CONNECTION = "ann", "0" * 32
KILLS = 20

# As the function of the queue does it, but for the pace: places are kept many times a second.
WORKER = """
import json, sys
from holdings.core.history import sync, walk
walk.PACE_SECONDS, sync._CHECKPOINT_SECONDS, sync._BUSY_SECONDS = 0.01, 0.05, 0
from holdings.jobs.sync_history import handler
print("ready", flush=True)
body = json.dumps({"v": 1, "viewer": sys.argv[1], "connection": sys.argv[2]})
answer = handler({"Records": [{"messageId": "m", "body": body}]}, None)
sys.exit(len(answer["batchItemFailures"]))
"""


@pytest.fixture
def aws() -> None:
    """Not the one of the folder, which answers in this process."""


@pytest.fixture
def environ(at_moto: dict[str, str], tmp_path: Path) -> dict[str, str]:
    client = cast("Any", boto3).client
    for table, keys in ((TABLE, {"pk": "HASH", "sk": "RANGE"}), (CACHE, {"pk": "HASH"})):
        client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    queue = client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
    return {
        **at_moto,
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DEFAULT_USER_ID": "default",
        "DDB_TABLE": CACHE,
        "RECORDS_TABLE": TABLE,
        "RECORDS_KEY_ID": key,
        "VIEWER_ROLE_ARN": "arn:aws:iam::123456789012:role/viewer",
        "ENVIRONMENT": "dev",
        "SHARED_CONNECTION": "false",
        "SYNC_HISTORY_QUEUE_URL": queue,
        "LOG_LEVEL": "ERROR",
    }


def records_of(environ: dict[str, str]) -> DynamoDBRecords:
    aws = Aws(AwsEnvironment.from_env(environ), "eu-west-1", tls.context)
    return DynamoDBRecords(
        ViewerSessions(aws, environ["VIEWER_ROLE_ARN"], Clock()),
        table=TABLE,
        key_id=environ["RECORDS_KEY_ID"],
        environment="dev",
        clock=Clock(),
    )


def worker(environ: dict[str, str], viewer: str) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", WORKER, viewer, CONNECTION],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout
    assert started.stdout.readline() == "ready\n"
    return started


def kept_of(records: DynamoDBRecords, viewer: str) -> tuple[dict[str, Any], set[str]]:
    """Return what is kept of each month, and the ids of all entries."""
    deadline = Deadline.after(60, Clock())
    months: dict[str, Any] = {}
    ids: list[str] = []
    for one in records.history.summaries(viewer, CONNECTION, deadline):
        month = records.history.month(viewer, CONNECTION, one.month, deadline)
        assert month
        months[one.month] = month.entries, month.summary, month.partial
        accounts = Month.unpack(month.entries).accounts
        ids += [entry.id for entries in accounts.values() for entry in entries]
    assert len(ids) == len(set(ids))
    return months, set(ids)


class Unlimited:
    """No limits: how long it takes is not what is looked at."""

    def take(self, *_: object) -> None:
        """Let everybody pass."""

    def refill(self) -> None:
        """There is nothing to fill."""


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_however_often_it_is_killed(environ: dict[str, str]) -> None:
    key = Credentials.random()
    rng = random.Random(20)  # noqa: S311 - not for secrets
    with Simulator(credentials=key) as simulator:
        # Those with a past, and few others.
        accounts = simulator.exchange.accounts
        used = [one for one in accounts if one["currency"] in history("default")]
        simulator.exchange.accounts = used + accounts[:5]
        simulator.exchange.page_size = 40
        simulator.exchange.rate_limits = cast("Any", Unlimited())
        environ = {**environ, "CB_BASE_URL": simulator.url}
        records = records_of(environ)
        for viewer in (VIEWER, "bob"):
            connection = Connection(CONNECTION, "coinbase_exchange", "Main", "a", "", 0)
            deadline = Deadline.after(60, Clock())
            records.add(viewer, connection, key.credential(), None, deadline)
        killed = 0
        while killed < KILLS:
            started = worker(environ, VIEWER)
            time.sleep(rng.random())
            if started.poll() is None:
                started.send_signal(signal.SIGKILL)
                killed += 1
            else:
                # It had come to its end: from the start again.
                records.history.forget_history(VIEWER, CONNECTION, Deadline.after(60, Clock()))
            started.communicate()
        progress = None
        for viewer in (VIEWER, "bob"):
            for _ in range(10):
                started = worker(environ, viewer)
                started.communicate(timeout=120)
                assert started.returncode == 0
                progress = records.history.progress(viewer, CONNECTION, Deadline.after(60, Clock()))
                if progress and progress.state == "done":
                    break
    months, ids = kept_of(records, VIEWER)
    straight, all_ids = kept_of(records, "bob")
    assert ids == all_ids == {str(one.id) for of in history("default").values() for one in of}
    assert months == straight
    assert progress
    assert progress.entries == len(ids)
