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
    """Fires when the metric, or the expression over them, exceeds `threshold`.

    It has to in `breaches` of the last `periods` of five minutes. The default suits one viewer
    whose page asks once a minute: whatever goes on failing fires, and one hiccup does not.
    """

    name: str
    title: str
    metrics: tuple[Metric, ...]
    threshold: float = 0
    expression: str = ""
    periods: int = 3
    breaches: int = 2


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Lines of the app's JSON log that are counted: `pattern` chooses them.

    `once` is for what does not pass by itself: the first one fires.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
    """

    name: str
    metric: str
    title: str
    pattern: str
    once: bool = False


def _event(name: str) -> str:
    return f'{{ $.event = "{name}" }}'


LOG_EVENTS = (
    LogEvent(
        "coinbase-failure",
        "CoinbaseFailures",
        "Coinbase cannot be read",
        _event("coinbase_failure"),
    ),
    LogEvent("stale-answer", "StaleAnswers", "Old figures are served", _event("stale_answer")),
    LogEvent(
        "cache-failure",
        "CacheFailures",
        "The cache cannot be read or written",
        _event("cache_failure"),
    ),
    LogEvent(
        "secret-failure",
        "SecretFailures",
        "Secrets Manager cannot be read",
        _event("secret_failure"),
    ),
    LogEvent(
        "problem",
        "Problems",
        "Viewers are answered with errors of ours",
        '{ $.event = "problem" && $.level = "ERROR" }',
    ),
    LogEvent(
        "setup-invalid",
        "SetupsInvalid",
        "The stored key or a setting cannot be used",
        # Also when last good figures are still served, and nobody is shown a problem.
        '{ ($.event = "problem" || $.event = "secret_failure")'
        ' && ($.code = "secret_invalid" || $.code = "misconfigured") }',
        once=True,
    ),
    LogEvent(
        "credentials-rejected",
        "CredentialsRejected",
        "Coinbase rejects the API key",
        _event("credentials_rejected"),
        once=True,
    ),
)


def log_rules(namespace: str) -> tuple[AlarmRule, ...]:
    return tuple(
        AlarmRule(
            name=event.name,
            title=event.title,
            metrics=(Metric("m", namespace, event.metric, {}),),
            periods=1 if event.once else 3,
            breaches=1 if event.once else 2,
        )
        for event in LOG_EVENTS
    )


def function_rules(function: pulumi.Input[str], *, timeout_seconds: int) -> tuple[AlarmRule, ...]:
    def metric(metric_id: str, name: str, statistic: str = "Sum") -> Metric:
        return Metric(metric_id, "AWS/Lambda", name, {"FunctionName": function}, statistic)

    return (
        AlarmRule(
            name="function-errors",
            title="The function's runs end without an answer",
            metrics=(metric("m", "Errors"),),
        ),
        AlarmRule(
            name="function-duration",
            title="The slowest runs come close to the function's timeout",
            metrics=(metric("m", "Duration", "p99"),),
            threshold=0.8 * timeout_seconds * 1000,
        ),
        AlarmRule(
            name="function-throttles",
            title="Lambda turns requests away",
            metrics=(metric("m", "Throttles"),),
        ),
    )


def api_rules(api_id: pulumi.Input[str]) -> tuple[AlarmRule, ...]:
    return (
        AlarmRule(
            name="api-5xx",
            title="The API answers with server errors",
            # An HTTP API counts them under this name, a REST API under 5XXError.
            metrics=(Metric("m", "AWS/ApiGateway", "5xx", {"ApiId": api_id}),),
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
        ),
    )
