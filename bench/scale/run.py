"""Plans and reads for real, over crowds of several sizes, with ccxt's loops in between."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.scale.aws import CACHE, RECORDS
from bench.scale.work import LOOPS

BATCH = 10
HOUR, DAY = 3_600, 86_400
# A crowd of one is read in as many hours as there are readings.
DAYS = 20
# Of a round: of a small crowd in successive hours, of a large one each viewer in one of the rounds.
READINGS = LOOP_READINGS = 60
# Of the loop that takes longest.
FEW = 10
_QUEUE = "holdings-bench-refresh-readings"


class Process:
    """A `bench.scale` module in a process of its own, asked and answering by lines."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-m", f"bench.scale.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=None if env is None else {**os.environ, **env},
        )

    def line(self) -> str:
        assert self._process.stdout  # noqa: S101 - a pipe
        return self._process.stdout.readline().strip()

    def ask(self, work: Sequence[Any]) -> dict[str, float]:
        assert self._process.stdin  # noqa: S101 - a pipe
        self._process.stdin.write(json.dumps(work) + "\n")
        self._process.stdin.flush()
        return json.loads(self.line())

    def end(self) -> None:
        self._process.communicate()  # which closes its pipes


@dataclass(frozen=True, slots=True)
class Crowd:
    """What so many viewers took: seconds and calls each a reading, bytes of a process."""

    viewers: int
    readings: int
    cpu: float
    batch_wall: float
    calls: Mapping[str, float]
    peak: int
    plan_cpu: float
    plan_peak: int
    load: float
    loops: Mapping[str, float] = field(default_factory=dict[str, float])
    rounds: Sequence[Mapping[str, float]] = ()


@contextlib.contextmanager
def started(*processes: Process) -> Generator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.end()


def crowd(viewers: int, *, rounds: int, workers: int, loops: bool) -> Crowd:
    """Plan and read all of them, by so many workers side by side.

    With `loops` ccxt's take turns with a worker, round by round, over as many readings.
    """
    exchange, aws = Process("exchange"), Process("aws", str(viewers))
    with started(exchange, aws):
        exchange_url, aws_url = (f"http://127.0.0.1:{one.line()}" for one in (exchange, aws))
        env = environment(exchange_url, aws_url)
        planner = Process("work", "plan", exchange_url, env=env)
        ours = [Process("work", "worker", exchange_url, env=env) for _ in range(workers)]
        others = {name: Process("work", name, exchange_url) for name in LOOPS} if loops else {}
        with started(planner, *ours, *others.values()):
            return _measured(viewers, rounds, aws_url, planner, ours, others)


def _measured(
    viewers: int,
    rounds: int,
    aws_url: str,
    planner: Process,
    ours: list[Process],
    others: Mapping[str, Process],
) -> Crowd:
    ask = {"job": "refresh-readings"}
    planner.ask([ask])  # which also loads it
    _asked(aws_url, f"_messages/{_QUEUE}")
    planned = planner.ask([ask])
    bodies: list[str] = _asked(aws_url, f"_messages/{_QUEUE}")
    plan_calls = _asked(aws_url, "_counts")
    assert len(bodies) == viewers, f"{len(bodies)} of {viewers} were planned"  # noqa: S101 - ditto
    windows = _windows(bodies)
    # A first batch loads the process and fills what it keeps for all viewers.
    for one in ours:
        _sound(one.ask([next(windows)]))
    for other in others.values():
        _sound(other.ask([0]))
    _asked(aws_url, "_counts")
    found: list[dict[str, float]] = []
    for number in range(rounds):
        told = _side_by_side(ours, _events(windows, max(0, viewers // rounds - READINGS)))
        # Then one worker alone, as a function of Lambda is, and the loops in turn with it.
        events = _events(windows, READINGS)
        alone = _sound(ours[0].ask(events))
        readings = sum(len(event["Records"]) for event in events)
        round_ = {
            "load": os.getloadavg()[0],
            "cpu": alone["cpu"] / readings,
            "batch_wall": alone["wall"] / len(events),
            "peak": max(one["peak"] for one in (alone, *told)),
        }
        first = number * READINGS
        numbers = [one % viewers for one in range(first, first + READINGS)]
        for name, other in others.items():
            some = numbers[:FEW] if name == "as_written" else numbers
            round_[name] = _sound(other.ask(some))["cpu"] / len(some)
        found.append(round_)
    counts: dict[str, float] = _asked(aws_url, "_counts")
    readings = int(counts["items.reading"])

    def median(name: str) -> float:
        return statistics.median(one[name] for one in found)

    calls = {name: count / readings for name, count in counts.items()}
    calls |= {f"plan.{name}": count / viewers for name, count in plan_calls.items()}
    return Crowd(
        viewers,
        readings,
        cpu=median("cpu"),
        batch_wall=median("batch_wall"),
        calls=calls,
        peak=int(max(one["peak"] for one in found)),
        plan_cpu=planned["cpu"] / viewers,
        plan_peak=int(planned["peak"]),
        load=median("load"),
        loops={name: median(name) for name in others},
        rounds=found,
    )


def environment(exchange_url: str, aws_url: str) -> dict[str, str]:
    """Return what a stack's function of this job is told."""
    return {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "t" * 700,
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_LAMBDA_FUNCTION_NAME": "holdings-bench-refresh-readings",
        "DEFAULT_USER_ID": "bench",
        "DDB_TABLE": CACHE,
        "CB_BASE_URL": exchange_url,
        "SHARED_CONNECTION": "false",
        "RECORDS_TABLE": RECORDS,
        "VIEWER_ROLE_ARN": "arn:aws:iam::123456789012:role/holdings-bench-viewer",
        "RECORDS_KEY_ID": "arn:aws:kms:eu-west-1:123456789012:key/" + "0" * 36,
        "ENVIRONMENT": "bench",
        "REFRESH_SECONDS": str(HOUR),
        "REFRESH_READINGS_QUEUE_URL": f"{aws_url}/123456789012/{_QUEUE}",
        "SYNC_HISTORY_QUEUE_URL": f"{aws_url}/123456789012/holdings-bench-sync-history",
        "EVALUATE_ALERTS_QUEUE_URL": f"{aws_url}/123456789012/holdings-bench-evaluate-alerts",
    }


def _side_by_side(workers: Sequence[Process], events: list[Any]) -> list[dict[str, float]]:
    parts = [events[place :: len(workers)] for place in range(len(workers))]
    with ThreadPoolExecutor(len(workers)) as threads:
        asked = [
            threads.submit(worker.ask, part) for worker, part in zip(workers, parts, strict=True)
        ]
    return [_sound(one.result()) for one in asked]


def _windows(bodies: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield events of Lambda with the planner's messages, hour after hour."""
    messages = [json.loads(body) for body in bodies]
    # Up to now, as what has yet to come is not read; from one in the morning, as in the first hour
    # of a day histories are asked for too.
    first = (messages[0]["window"] // DAY - DAYS) * DAY + HOUR
    hour = 0
    while True:
        for start in range(0, len(messages), BATCH):
            window = first + hour * HOUR
            some = [{**one, "window": window} for one in messages[start : start + BATCH]]
            yield {"Records": [_record(json.dumps(one), n) for n, one in enumerate(some)]}
        hour += 1


def _events(windows: Iterator[dict[str, Any]], readings: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while sum(len(event["Records"]) for event in events) < readings:
        events.append(next(windows))
    return events


def _record(body: str, number: int) -> dict[str, Any]:
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-{number:012}",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a" * 4,
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{_QUEUE}",
        "awsRegion": "eu-west-1",
    }


def _sound(told: dict[str, float]) -> dict[str, float]:
    if told["failed"]:
        raise RuntimeError(f"{told['failed']:.0f} readings did not succeed")
    return told


def _asked(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}/{path}") as answer:  # noqa: S310 - ours, on this machine
        return json.load(answer)
