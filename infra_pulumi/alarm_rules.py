"""What is worth waking somebody for, as plain data: a new alarm is an entry here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import Input

from infra_pulumi.job_table import Job

FIVE_MINUTES = 300


@dataclass(frozen=True, slots=True)
class Metric:
    """`id` is the metric's name in an expression."""

    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, Input[str]]
    statistic: str = "Sum"

    @property
    def arguments(self) -> dict[str, Any]:
        """As an alarm takes it, but for the statistic, whose argument has several names."""
        return {
            "namespace": self.namespace,
            "metric_name": self.name,
            "dimensions": dict(self.dimensions),
            "period": FIVE_MINUTES,
        }


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """Fires when the metric, or the expression over them, compares so with `threshold`.

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
    comparison: str = "GreaterThanThreshold"
    # Nothing measured is nothing wrong: a quiet night wakes nobody.
    missing: str = "notBreaching"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """Lines of the app's JSON log that are counted, as a metric of this name.

    `pattern` chooses them; without one it is `event` of the same name. `once` is for what does not
    pass by itself: the first one fires.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
    """

    name: str
    title: str
    pattern: str = ""
    once: bool = False

    @property
    def chosen(self) -> str:
        return self.pattern or '{ $.event = "%s" }' % self.name.replace("-", "_")  # noqa: UP031 - a format() would double every brace


LOG_EVENTS = (
    LogEvent("exchange-failure", "Coinbase cannot be read"),
    LogEvent("price-failure", "Prices cannot be read"),
    LogEvent("queue-failure", "Work cannot be asked for"),
    LogEvent("stale-answer", "Old figures are served"),
    LogEvent("cache-failure", "The cache cannot be read or written"),
    LogEvent("secret-failure", "The API key cannot be had"),
    LogEvent("records-failure", "What is kept of viewers cannot be read or written"),
    LogEvent(
        "records-key-failure",
        "Viewers' keys cannot be encrypted or decrypted",
        '{ $.event = "records_failure" && $.service = "kms" }',
    ),
    LogEvent(
        "problem",
        "Viewers are answered with errors of ours",
        '{ $.event = "problem" && $.level = "ERROR" }',
    ),
    LogEvent(
        "setup-invalid",
        "The stored key or a setting cannot be used",
        # Also when last good figures are still served, and nobody is shown a problem.
        '{ ($.event = "problem" || $.event = "secret_failure")'
        ' && ($.code = "secret_invalid" || $.code = "misconfigured") }',
        once=True,
    ),
    LogEvent("credentials-rejected", "Coinbase rejects the API key", once=True),
)


def log_rules(namespace: str) -> list[AlarmRule]:
    return [
        AlarmRule(
            event.name,
            event.title,
            (Metric("m", namespace, event.name, {}),),
            periods=1 if event.once else 3,
            breaches=1 if event.once else 2,
        )
        for event in LOG_EVENTS
    ]


def queue_rules(job: Job, *, queue: Input[str], dead: Input[str]) -> list[AlarmRule]:
    """What SQS says of a queue of work and of its failed messages."""

    def sqs_metric(name: str, of: Input[str]) -> tuple[Metric]:
        return (Metric("m", "AWS/SQS", name, {"QueueName": of}, "Maximum"),)

    return [
        AlarmRule(
            f"{job.name}-dead",
            f"{job.name} failed, however often it was tried",
            sqs_metric("ApproximateNumberOfMessagesVisible", dead),
            periods=1,
            breaches=1,
        ),
        AlarmRule(
            f"{job.name}-late",
            f"{job.name} waits to be done",
            sqs_metric("ApproximateAgeOfOldestMessage", queue),
            threshold=job.late,
        ),
    ]


def run_rule(function: Input[str]) -> AlarmRule:
    """Of the job whose messages come one by one, half an hour apart."""
    return AlarmRule(
        "sync-history-errors",
        "Runs that read histories end without an answer",
        (Metric("m", "AWS/Lambda", "Errors", {"FunctionName": function}),),
        # Half an hour lies between two tries of a message: two of three would never fire.
        periods=1,
        breaches=1,
    )


def planner_rules(function: Input[str]) -> list[AlarmRule]:
    """What Lambda says of the planner, which a schedule wakes each minute."""

    def lambda_metric(name: str) -> tuple[Metric]:
        return (Metric("m", "AWS/Lambda", name, {"FunctionName": function}),)

    return [
        AlarmRule(
            "plan-errors",
            "The planner ends without having planned",
            lambda_metric("Errors"),
        ),
        AlarmRule(
            "plan-missing",
            "Nobody wakes the planner",
            lambda_metric("Invocations"),
            threshold=1,
            breaches=3,
            comparison="LessThanThreshold",
            missing="breaching",
        ),
    ]


def service_rules(
    *, api_id: Input[str], function: Input[str], timeout_seconds: int, table: Input[str]
) -> list[AlarmRule]:
    """What AWS's own metrics say of the gateway, the function and the table."""

    def lambda_metric(name: str, statistic: str = "Sum") -> tuple[Metric]:
        return (Metric("m", "AWS/Lambda", name, {"FunctionName": function}, statistic),)

    def table_metric(metric_id: str, name: str, **operation: str) -> Metric:
        return Metric(metric_id, "AWS/DynamoDB", name, {"TableName": table, **operation})

    return [
        AlarmRule(
            "api-5xx",
            "The API answers with server errors",
            # An HTTP API counts them under this name, a REST API under 5XXError.
            (Metric("m", "AWS/ApiGateway", "5xx", {"ApiId": api_id}),),
        ),
        AlarmRule(
            "function-errors", "The function's runs end without an answer", lambda_metric("Errors")
        ),
        AlarmRule(
            "function-duration",
            "The slowest runs come close to the function's timeout",
            lambda_metric("Duration", "p99"),
            threshold=0.8 * timeout_seconds * 1000,
        ),
        AlarmRule("function-throttles", "Lambda turns requests away", lambda_metric("Throttles")),
        AlarmRule(
            "table-throttles",
            "DynamoDB turns reads or writes of the cache away",
            (
                table_metric("reads", "ReadThrottleEvents"),
                table_metric("writes", "WriteThrottleEvents"),
            ),
            expression="FILL(reads, 0) + FILL(writes, 0)",
        ),
        AlarmRule(
            "table-errors",
            "DynamoDB fails by itself",
            # Counted for each operation only: by the table alone there is nothing to see.
            (
                table_metric("gets", "SystemErrors", Operation="GetItem"),
                table_metric("puts", "SystemErrors", Operation="PutItem"),
            ),
            expression="FILL(gets, 0) + FILL(puts, 0)",
        ),
    ]
