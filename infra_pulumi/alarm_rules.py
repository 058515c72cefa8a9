"""What is worth waking somebody for, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

FIVE_MINUTES = 300


@dataclass(frozen=True, slots=True)
class Metric:
    """`id` is the metric's name in an expression."""

    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Sum"


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """Rings when the metric, or the expression over them, exceeds `threshold`.

    It has to in `breaches` of the last `periods` of five minutes.
    """

    name: str
    title: str
    metrics: tuple[Metric, ...]
    threshold: float
    expression: str = ""
    periods: int = 1
    breaches: int = 1


@dataclass(frozen=True, slots=True)
class LogEvent:
    """An `event` of the app's JSON log that is counted, and how many in five minutes are many."""

    event: str
    metric: str
    title: str
    threshold: int

    @property
    def pattern(self) -> str:
        return f'{{ $.event = "{self.event}" }}'


LOG_EVENTS = (
    LogEvent("coinbase_failure", "CoinbaseFailures", "Coinbase cannot be read", 5),
    LogEvent("stale_answer", "StaleAnswers", "Old figures are served", 5),
    LogEvent("credentials_rejected", "CredentialsRejected", "Coinbase rejects the API key", 0),
    LogEvent("cache_failure", "CacheFailures", "The cache cannot be read or written", 5),
)


def log_rules(namespace: str) -> tuple[AlarmRule, ...]:
    return tuple(
        AlarmRule(
            name=event.event.replace("_", "-"),
            title=event.title,
            metrics=(Metric("m", namespace, event.metric, {}),),
            threshold=event.threshold,
        )
        for event in LOG_EVENTS
    )


def function_rules(function: pulumi.Input[str], *, timeout_seconds: int) -> tuple[AlarmRule, ...]:
    def metric(metric_id: str, name: str, statistic: str = "Sum") -> Metric:
        return Metric(metric_id, "AWS/Lambda", name, {"FunctionName": function}, statistic)

    return (
        AlarmRule(
            name="function-errors",
            title="More than 5 % of the function's runs fail",
            metrics=(metric("errors", "Errors"), metric("runs", "Invocations")),
            expression="IF(runs > 0, 100 * errors / runs, 0)",
            threshold=5,
        ),
        AlarmRule(
            name="function-duration",
            title="The slowest runs come close to the function's timeout",
            metrics=(metric("m", "Duration", "p99"),),
            threshold=0.8 * timeout_seconds * 1000,
            # One slow run in a quiet hour is its own 99th percentile.
            periods=3,
            breaches=2,
        ),
        AlarmRule(
            name="function-throttles",
            title="Lambda turns requests away",
            metrics=(metric("m", "Throttles"),),
            threshold=0,
        ),
    )


def api_rules(api_id: pulumi.Input[str]) -> tuple[AlarmRule, ...]:
    return (
        AlarmRule(
            name="api-5xx",
            title="The API answers with server errors",
            # An HTTP API counts them under this name, a REST API under 5XXError.
            metrics=(Metric("m", "AWS/ApiGateway", "5xx", {"ApiId": api_id}),),
            threshold=10,
        ),
    )


def table_rules(table: pulumi.Input[str]) -> tuple[AlarmRule, ...]:
    def metric(metric_id: str, name: str, operation: str = "") -> Metric:
        dimensions = {"TableName": table} | ({"Operation": operation} if operation else {})
        return Metric(metric_id, "AWS/DynamoDB", name, dimensions)

    return (
        AlarmRule(
            name="table-throttles",
            title="DynamoDB turns reads or writes of the cache away",
            metrics=(
                metric("reads", "ReadThrottleEvents"),
                metric("writes", "WriteThrottleEvents"),
            ),
            expression="FILL(reads, 0) + FILL(writes, 0)",
            threshold=0,
        ),
        AlarmRule(
            name="table-errors",
            title="DynamoDB fails by itself",
            # Counted for each operation only: by the table alone there is nothing to see.
            metrics=(
                metric("gets", "SystemErrors", "GetItem"),
                metric("puts", "SystemErrors", "PutItem"),
            ),
            expression="FILL(gets, 0) + FILL(puts, 0)",
            threshold=0,
        ),
    )
