"""The exchange is down for an hour while the queue is emptied; then our own AWS is."""

import json
from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from holdings.core.clock import iso
from holdings.core.errors import RecordsUnavailable
from holdings.core.record_ports import LastRead
from holdings.core.sources import reading_place
from tests.crowd import HOUR, MINUTE, START, Crowd, Member, silence

DOWN, UP = START + 2 * HOUR + 10 * MINUTE, START + 3 * HOUR + 10 * MINUTE
HOURS = 8


class Outage:
    """Eight hours, and what some viewers were shown in the middle of the outage."""

    def __init__(self) -> None:
        self.crowd = Crowd(220)
        self.crowd.down_between = DOWN, UP
        self.crowd.minutes(2 * 60 + 40)
        self.shown: dict[str, tuple[Any, Any]] = {}
        for one in list(self.crowd.members.values())[::10]:
            # As it was kept when the exchange went down.
            entry = self.crowd.cache(reading_place(one.id)).entry
            self.shown[one.viewer] = self.crowd.shown(one.viewer), entry
        self.waiting_when_down = len(self.crowd.queue.waiting)
        self.crowd.minutes(HOURS * 60 - (2 * 60 + 40))


@pytest.fixture(scope="module")
def outage() -> Outage:
    with silence():
        return Outage()


def test_the_queue_is_emptied_meanwhile_and_nothing_is_lost(outage: Outage) -> None:
    crowd = outage.crowd
    assert outage.waiting_when_down == 0
    assert crowd.queue.dead == []
    assert crowd.outcomes["exchange_unavailable"] > 0.9 * len(crowd.members)
    for name, one in crowd.members.items():
        tried = crowd.tried[name]
        failed = [at for at, _ in tried if DOWN <= at < UP]
        read = [at for at, _ in tried if at >= UP]
        # Who failed once is read in the next window, who failed twice in the one after that.
        due = max(failed, default=UP) + len(failed[-2:]) * HOUR
        late = [body for body in crowd.queue.late if one.id in body]
        assert read[0] <= max(due, UP) + 2 * MINUTE + len(late) * HOUR
        last = crowd.records.refresh.last[one.viewer, one.id]
        assert (last.failures, last.retry_at) == (0, 0)
        assert last.window >= START + (HOURS - 2) * HOUR


def test_nothing_is_read_twice_for_a_window(outage: Outage) -> None:
    for tried in outage.crowd.tried.values():
        windows = [window for _, window in tried]
        assert len(windows) == len(set(windows)) >= HOURS - 2
        assert windows == sorted(windows)


def test_meanwhile_the_last_figures_are_shown_with_their_age_and_why(outage: Outage) -> None:
    crowd, failed = outage.crowd, 0
    for viewer, (response, entry) in outage.shown.items():
        document = response.json
        mine = crowd.of_viewer(viewer)
        balances = {holding["balance"] for holding in document["holdings"]}
        assert balances == {one.balance for one in mine}
        assert response.status_code == 200
        of_first = document["sources"][0]
        assert of_first["as_of"] == iso(entry.as_of)
        if response.headers["X-Cache"] == "HIT":
            # Their turn has not come yet: what was read an hour ago counts until then.
            assert document["stale"] is False
            continue
        failed += 1
        assert document["stale"] is True
        assert {one["warning"]["code"] for one in document["sources"]} == {"exchange_unavailable"}
        assert response.headers["Cache-Control"] == "no-store"
    assert failed >= 5


# Our own AWS.


class Lambda:
    """SQS in moto, and what Lambda does between a queue and its function."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.sqs = cast("Any", boto3).client("sqs")
        self.dead = self.sqs.create_queue(QueueName="refresh-readings-dead")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
        policy = {
            "deadLetterTargetArn": arn["Attributes"]["QueueArn"],
            "maxReceiveCount": 5,
        }
        self.queue = self.sqs.create_queue(
            QueueName="refresh-readings",
            Attributes={"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"},
        )["QueueUrl"]

    def receive(self, url: str) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return found.get("Messages", [])

    def drain(self) -> int:
        """Work until the queue is empty; return how often a message was given to the function."""
        count = 0
        while messages := self.receive(self.queue):
            count += len(messages)
            records = [
                {
                    "messageId": one["MessageId"],
                    "body": one["Body"],
                    "attributes": one["Attributes"],
                }
                for one in messages
            ]
            failed, _ = self.crowd.handle(records)
            for one in messages:
                if one["MessageId"] not in failed:
                    self._delete(self.queue, one)
        return count

    def redrive(self) -> int:
        """As StartMessageMoveTask does it, which moto lacks."""
        count = 0
        while messages := self.receive(self.dead):
            for one in messages:
                self.sqs.send_message(QueueUrl=self.queue, MessageBody=one["Body"])
                self._delete(self.dead, one)
                count += 1
        return count

    def waiting(self, url: str) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    def _delete(self, url: str, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def lambda_() -> Iterator[Lambda]:
    with mock_aws(), silence():
        yield Lambda(Crowd(30, unkind=False))


def ask(lambda_: Lambda, window: int) -> list[Member]:
    members = list(lambda_.crowd.members.values())
    for one in members:
        body = {"v": 1, "viewer": one.viewer, "connection": one.id, "window": window}
        lambda_.sqs.send_message(QueueUrl=lambda_.queue, MessageBody=json.dumps(body))
    return members


@pytest.mark.parametrize("broken", ["records", "cache"])
def test_dead_letters_are_redriven_to_success(lambda_: Lambda, broken: str) -> None:
    crowd = lambda_.crowd
    if broken == "records":
        crowd.records.error = RecordsUnavailable("the table does not answer")
    else:
        crowd.cache.readable = crowd.cache.writable = False
    members = ask(lambda_, START)

    assert lambda_.drain() == 5 * len(members)
    assert (lambda_.waiting(lambda_.queue), lambda_.waiting(lambda_.dead)) == (0, len(members))
    assert crowd.records.refresh.last == {}

    crowd.records.error = None
    crowd.cache.readable = crowd.cache.writable = True
    before = {name: len(tried) for name, tried in crowd.tried.items()}
    assert lambda_.redrive() == len(members)
    assert lambda_.drain() == len(members)
    assert (lambda_.waiting(lambda_.queue), lambda_.waiting(lambda_.dead)) == (0, 0)
    for name, one in crowd.members.items():
        assert len(crowd.tried[name]) - before.get(name, 0) == 1
        assert crowd.records.refresh.last[one.viewer, one.id] == LastRead(START)
        shown = crowd.shown(one.viewer)
        assert shown.headers["X-Cache"] == "HIT"
        assert {of["balance"] for of in shown.json["holdings"]} == {
            own.balance for own in crowd.of_viewer(one.viewer)
        }


def test_dead_letters_that_come_too_late_change_nothing(lambda_: Lambda) -> None:
    crowd = lambda_.crowd
    crowd.records.error = RecordsUnavailable("the table does not answer")
    members = ask(lambda_, START)
    lambda_.drain()
    crowd.records.error = None
    crowd.time.base += HOUR
    ask(lambda_, START + HOUR)
    lambda_.drain()
    tried = {name: list(of) for name, of in crowd.tried.items()}
    kept = dict(crowd.records.refresh.last)

    assert lambda_.redrive() == len(members)
    lambda_.drain()
    assert crowd.outcomes["done_before"] == len(members)
    assert (crowd.tried, crowd.records.refresh.last) == (tried, kept)
