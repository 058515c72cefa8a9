"""From what a reading takes to what a million cost, how long that is, and which quota binds. Pure.

Prices are AWS's list prices in US dollars, of US East (N. Virginia): docs/cost.md has their pages.
"""

from collections.abc import Mapping
from typing import NamedTuple

BATCH = 10
MEMORY_MB = 512
PLANNER_MEMORY_MB = 256
# Lambda gives a function a share of a processor by its memory, a whole one at so many MB.
ONE_CPU_MB = 1_769

EXCHANGE_SECONDS, AWS_SECONDS = 0.120, 0.005

_GB_SECOND = 0.0000133334
_INVOCATION = 0.20e-6
_SQS_CALL = 0.40e-6
_WRITE_UNIT, _READ_UNIT = 0.625e-6, 0.125e-6
_KMS_CALL = 0.03e-4
# A queue is looked into by so many at once, each waiting 20 s for a message, day and night.
_POLLS_AN_HOUR = 5 * 180
_PLANS_AN_HOUR = 60
# How often a history is asked for, where readings are hourly: once a day.
_HISTORIES = 1 / 24


class Reading(NamedTuple):
    """What one reading takes: calls, units of DynamoDB, milliseconds of CPU.

    `sent` are its messages but for the day's history; `plan_cpu_ms` and `plan_reads` are its share
    of the planner's work.
    """

    cpu_ms: float
    kms: float
    sts: float
    dynamodb: float
    sent: float
    write_units: float
    read_units: float
    plan_cpu_ms: float
    plan_reads: float

    @property
    def aws_calls(self) -> float:
        """Return the calls of a worker: those of its function alone."""
        return self.kms + self.sts + self.dynamodb + self.sent + _HISTORIES


class Quota(NamedTuple):
    """A default limit, `per_second` of what a reading takes `each` of."""

    name: str
    per_second: float
    each: float

    @property
    def readings(self) -> float:
        """Return how many readings a second it allows."""
        return self.per_second / self.each if self.each else float("inf")


def batch_seconds(reading: Reading, *, slower: float = 1.0) -> float:
    """Return how long a batch is billed: ten wait side by side, and share a part of a processor.

    As if nobody's waiting and nobody's work were ever at one time, which is the longest that it may
    take. `slower` is how much longer the work takes there than here.
    """
    calls = reading.kms + reading.sts + reading.dynamodb + reading.sent
    share = min(1.0, MEMORY_MB / ONE_CPU_MB)
    work = BATCH * reading.cpu_ms / 1_000 * slower / share
    return EXCHANGE_SECONDS + calls * AWS_SECONDS + work


def drain_seconds(
    reading: Reading, readings: int, *, concurrency: int, slower: float = 1.0
) -> float:
    """Return how long so many functions side by side take for it, quotas left aside."""
    return readings / BATCH / concurrency * batch_seconds(reading, slower=slower)


def costs(reading: Reading, readings: int, *, slower: float = 1.0) -> Mapping[str, float]:
    """Return what an hour with so many readings costs, by service, without free tiers."""
    batches = max(readings / BATCH, 1.0)
    planning = readings * reading.plan_cpu_ms / 1_000 / (PLANNER_MEMORY_MB / ONE_CPU_MB)
    planning += batches * AWS_SECONDS + _PLANS_AN_HOUR * 3 * AWS_SECONDS
    gb_seconds = batches * batch_seconds(reading, slower=slower) * MEMORY_MB / 1_024
    gb_seconds += planning * slower * PLANNER_MEMORY_MB / 1_024
    # Sent by the planner, received and deleted, each ten at a time.
    messages = 3 * batches + readings * (reading.sent + _HISTORIES) + _POLLS_AN_HOUR
    plan_reads = readings * reading.plan_reads + _PLANS_AN_HOUR * 2
    plan_writes = _PLANS_AN_HOUR * 2
    return {
        "Lambda": gb_seconds * _GB_SECOND + (batches + _PLANS_AN_HOUR) * _INVOCATION,
        "SQS": messages * _SQS_CALL,
        "DynamoDB": (readings * reading.write_units + plan_writes) * _WRITE_UNIT
        + (readings * reading.read_units + plan_reads) * _READ_UNIT,
        "KMS": readings * reading.kms * _KMS_CALL,
    }


def quotas(reading: Reading, *, slower: float = 1.0) -> list[Quota]:
    """Return what an account may do in a Region until it asks for more, the tightest first.

    Sources: "IAM and AWS STS quotas", "Request quotas" of KMS in the smaller Regions, "Quotas in
    Amazon DynamoDB", "Lambda quotas".
    """
    found = [
        Quota("STS, AssumeRole and its like", 600, reading.sts),
        Quota("Lambda, 1,000 at a time", 1_000 / batch_seconds(reading, slower=slower), 1 / BATCH),
        Quota("KMS, symmetric operations", 10_000, reading.kms),
        Quota("DynamoDB, write units of a table", 40_000, reading.write_units),
        Quota("DynamoDB, a new table's write units", 4_000, reading.write_units),
    ]
    return sorted(found, key=lambda quota: quota.readings)


def slowest(reading: Reading, *, readings: int, concurrency: int, within: float) -> float:
    """Return how much slower Lambda's processors may be than this one, for it to be in time."""
    waits = batch_seconds(reading, slower=0)
    work = batch_seconds(reading) - waits
    return (within * BATCH * concurrency / readings - waits) / work
