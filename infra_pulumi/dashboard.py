"""One page of graphs for four questions: is it up, is it fast, is it right, what does it cost.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output

from infra_pulumi.alarm_rules import FIVE_MINUTES, LOG_EVENTS

HOUR = 3600
# The page has 24 columns; a question's graphs are side by side, or in threes.
COLUMNS, HEADING, HEIGHT, MOST_BESIDE = 24, 2, 6, 4
# AWS tells of bills here alone, and only once an account's billing alerts are switched on.
BILLING_REGION = "us-east-1"

# Dollars, as docs/cost.md has them.
A_MILLION = 1_000_000
LAMBDA_RUN, LAMBDA_GB_SECOND = 0.20 / A_MILLION, 0.0000133334
GATEWAY_REQUEST = 1.00 / A_MILLION
TABLE_READ, TABLE_WRITE = 0.125 / A_MILLION, 0.625 / A_MILLION
QUEUE_CALL = 0.40 / A_MILLION
LOG_BYTE = 0.50 / 1e9

_BUT = "without free tiers and what stands still; AWS's own figure, once billing alerts are on, is"

Json = dict[str, Any]
# A namespace, a dimension and its value.
Of = tuple[str, str, Input[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What there is to look at: names, by job where there is one of each.

    `namespace` is where requests and log events are counted; `functions` have their memory in MB.
    """

    region: str
    namespace: str
    alarms: Sequence[Input[str]]
    api_id: Input[str]
    api: Input[str]
    api_log: Input[str]
    logs: Sequence[Input[str]]
    tables: Sequence[Input[str]]
    functions: Sequence[tuple[Input[str], int]]
    workers: Mapping[str, Input[str]]
    queues: Mapping[str, Input[str]]
    dead: Mapping[str, Input[str]]


def body(shown: Shown) -> Output[str]:
    """Return the dashboard as CloudWatch takes it."""
    questions = (
        ("Is it up?", "What an alarm asks for is in docs/troubleshooting.md.", _up(shown)),
        ("Is it fast?", "How long viewers wait, and what for.", _fast(shown)),
        ("Is it right?", "How requests end, and what is due, done and failed.", _right(shown)),
        (
            "What does it cost?",
            f"Dollars an hour by the prices of docs/cost.md, {_BUT} of the whole account.",
            _cost(shown),
        ),
    )
    placed: list[Json] = []
    top = 0
    for title, told, graphs in questions:
        heading = {"type": "text", "properties": {"markdown": f"# {title}\n{told}"}}
        placed.append({**heading, "x": 0, "y": top, "width": COLUMNS, "height": HEADING})
        top += HEADING
        beside = len(graphs) if len(graphs) <= MOST_BESIDE else 3
        width = COLUMNS // beside
        for place, graph in enumerate(graphs):
            where = {"x": place % beside * width, "y": top + place // beside * HEIGHT}
            placed.append({**graph, **where, "width": width, "height": HEIGHT})
        top += -(-len(graphs) // beside) * HEIGHT
    return Output.json_dumps({"widgets": placed})


def _up(shown: Shown) -> list[Json]:
    gateway: Of = ("AWS/ApiGateway", "ApiId", shown.api_id)
    function: Of = ("AWS/Lambda", "FunctionName", shown.api)
    return [
        {"type": "alarm", "properties": {"title": "Alarms", "alarms": list(shown.alarms)}},
        _graph(
            shown,
            "Requests and errors at the gateway",
            [_line(gateway, name) for name in ("Count", "4xx", "5xx")],
        ),
        _graph(
            shown,
            "Runs without an answer",
            [_line(function, name) for name in ("Errors", "Throttles")],
        ),
        _graph(shown, "Runs at a time", [_line(function, "ConcurrentExecutions", stat="Maximum")]),
    ]


def _fast(shown: Shown) -> list[Json]:
    gateway: Of = ("AWS/ApiGateway", "ApiId", shown.api_id)
    percentiles = ("p50", "p95", "p99")
    return [
        _graph(
            shown,
            "At the gateway (ms)",
            [_line(gateway, "Latency", stat=one, label=one) for one in percentiles],
        ),
        _graph(shown, "Requests by outcome, p95 (ms)", [_by_outcome(shown, "p95")]),
        _graph(
            shown,
            "Of that with exchanges (ms)",
            [[shown.namespace, "upstream_ms", {"stat": one, "label": one}] for one in percentiles],
        ),
        _starts(shown),
        _graph(
            shown,
            "Jobs' runs, p99 (ms)",
            [
                _line(("AWS/Lambda", "FunctionName", worker), "Duration", stat="p99", label=job)
                for job, worker in shown.workers.items()
            ],
        ),
    ]


def _starts(shown: Shown) -> Json:
    """Of cold starts Lambda has no metric, only the report that ends each run."""
    query = (
        "filter type = 'platform.report' | stats count(*) as runs,"
        " count(record.metrics.initDurationMs) as starts,"
        " avg(record.metrics.initDurationMs) as average_ms,"
        " max(record.metrics.initDurationMs) as slowest_ms by bin(1h)"
    )
    return {
        "type": "log",
        "properties": {
            "region": shown.region,
            "title": "Cold starts",
            "view": "table",
            "query": Output.concat("SOURCE '", shown.api_log, f"' | {query}"),
        },
    }


def _right(shown: Shown) -> list[Json]:
    def by_job(title: str, of: Mapping[str, Input[str]], name: str, stat: str = "Maximum") -> Json:
        return _graph(
            shown,
            title,
            [
                _line(("AWS/SQS", "QueueName", queue), name, stat=stat, label=job)
                for job, queue in of.items()
            ],
        )

    return [
        _graph(shown, "Requests by outcome", [_by_outcome(shown, "SampleCount")], stacked=True),
        _graph(
            shown,
            "What the log tells of",
            [
                [shown.namespace, one.name, {"stat": "Sum", "label": one.title}]
                for one in LOG_EVENTS
            ],
        ),
        by_job(
            "Failed: messages that wait for somebody",
            shown.dead,
            "ApproximateNumberOfMessagesVisible",
        ),
        by_job("Due: messages sent", shown.queues, "NumberOfMessagesSent", "Sum"),
        by_job("Done: messages deleted", shown.queues, "NumberOfMessagesDeleted", "Sum"),
        by_job("Lag: age of the oldest message (s)", shown.queues, "ApproximateAgeOfOldestMessage"),
    ]


def _cost(shown: Shown) -> list[Json]:
    def runs(of: Of, memory_mb: int) -> list[tuple[Of, str, float]]:
        a_millisecond = memory_mb / 1024 * LAMBDA_GB_SECOND / 1000
        return [(of, "Invocations", LAMBDA_RUN), (of, "Duration", a_millisecond)]

    def table(of: Of) -> list[tuple[Of, str, float]]:
        return [
            (of, "ConsumedReadCapacityUnits", TABLE_READ),
            (of, "ConsumedWriteCapacityUnits", TABLE_WRITE),
        ]

    priced = {
        "Lambda": [
            part
            for name, memory in shown.functions
            for part in runs(("AWS/Lambda", "FunctionName", name), memory)
        ],
        "API Gateway": [(("AWS/ApiGateway", "ApiId", shown.api_id), "Count", GATEWAY_REQUEST)],
        "DynamoDB": [
            part for name in shown.tables for part in table(("AWS/DynamoDB", "TableName", name))
        ],
        # A queue that has nothing is asked day and night, which is most of its calls.
        "SQS": [
            (("AWS/SQS", "QueueName", name), "NumberOfEmptyReceives", QUEUE_CALL)
            for name in shown.queues.values()
        ],
        "Logs": [
            (("AWS/Logs", "LogGroupName", name), "IncomingBytes", LOG_BYTE) for name in shown.logs
        ],
    }
    lines = [line for label, parts in priced.items() for line in _dollars(label, parts)]
    return [
        _graph(shown, "What use costs (USD an hour)", lines, period=HOUR, stacked=True),
        {
            "type": "metric",
            "properties": {
                "region": BILLING_REGION,
                "title": "This month's bill so far, by AWS (USD)",
                "view": "timeSeries",
                "period": 6 * HOUR,
                "metrics": [
                    ["AWS/Billing", "EstimatedCharges", "Currency", "USD", {"stat": "Maximum"}]
                ],
            },
        },
    ]


def _dollars(label: str, parts: Iterable[tuple[Of, str, float]]) -> list[Any]:
    """Lines of what is counted, which are not drawn, and one of what all of it costs."""
    prefix = "".join(filter(str.isalnum, label)).lower()
    counted: list[Any] = []
    terms: list[str] = []
    for place, (of, name, price) in enumerate(parts):
        counted.append(_line(of, name, id=f"{prefix}{place}", visible=False))
        # Without an exponent, which metric math does not know.
        terms.append(f"FILL({prefix}{place}, 0) * {price:.15f}".rstrip("0"))
    return [*counted, [{"id": prefix, "expression": " + ".join(terms), "label": label}]]


def _graph(shown: Shown, title: str, lines: Sequence[Any], **properties: Any) -> Json:
    about = {"region": shown.region, "view": "timeSeries", "stat": "Sum", "period": FIVE_MINUTES}
    return {
        "type": "metric",
        "properties": {**about, "title": title, "metrics": list(lines), **properties},
    }


def _line(of: Of, name: str, **how: Any) -> list[Any]:
    namespace, dimension, value = of
    return [namespace, name, dimension, value, *([how] if how else [])]


def _by_outcome(shown: Shown, statistic: str) -> list[Json]:
    """A line for each outcome that there was; how often is the count of the durations."""
    of = f'{{"{shown.namespace}",outcome}} MetricName="duration_ms"'
    return [{"expression": f"SEARCH('{of}', '{statistic}', {FIVE_MINUTES})", "id": "outcomes"}]
