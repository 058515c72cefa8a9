import json
import re
from pathlib import Path
from typing import Any

import pytest

from holdings.api.problems import KINDS
from infra_pulumi.alarm_rules import LOG_EVENTS
from infra_pulumi.alarm_topic import alarm_topic_policy
from infra_pulumi.config import ConfigError
from infra_pulumi.logs import log_key_policy
from tests.infra.capture import ACCOUNT, ROOT, Program, declare, settings

# After how many seconds a job is late.
LATE = {
    "refresh-readings": 900,
    "sync-history": 3600,
    "compute-features": 3600,
    "assign-persona": 3600,
    "generate-recommendations": 3600,
    "evaluate-alerts": 900,
    "forget": 3600,
}
ADDRESSES = {"holdings:alarmEmails": '["a@holdings.example", "b@holdings.example"]'}


def _alarm(program: Program, name: str) -> dict[str, Any]:
    return dict(program.named(name).arguments)


def test_there_is_an_alarm_for_everything_that_an_operator_must_know(program: Program) -> None:
    assert {
        alarm.name: tuple(
            alarm.arguments[key] for key in ("threshold", "datapointsToAlarm", "evaluationPeriods")
        )
        for alarm in program.all("MetricAlarm")
    } == {
        "api-5xx": (0, 2, 3),
        "function-errors": (0, 2, 3),
        "function-duration": (16_000, 2, 3),
        "function-throttles": (0, 2, 3),
        "table-throttles": (0, 2, 3),
        "table-errors": (0, 2, 3),
        "exchange-failure": (0, 2, 3),
        "stale-answer": (0, 2, 3),
        "cache-failure": (0, 2, 3),
        "secret-failure": (0, 2, 3),
        "records-failure": (0, 2, 3),
        "price-failure": (0, 2, 3),
        "queue-failure": (0, 2, 3),
        **{f"{job}-dead": (0, 1, 1) for job in LATE},
        **{f"{job}-late": (late, 2, 3) for job, late in LATE.items()},
        "plan-errors": (0, 2, 3),
        "plan-missing": (1, 3, 3),
        "sync-history-errors": (0, 1, 1),
        "records-key-failure": (0, 2, 3),
        "problem": (0, 2, 3),
        "setup-invalid": (0, 1, 1),
        "credentials-rejected": (0, 1, 1),
    }
    below = {
        a.name
        for a in program.all("MetricAlarm")
        if a.arguments["comparisonOperator"] != "GreaterThanThreshold"
    }
    assert below == {"plan-missing"}
    missing = _alarm(program, "plan-missing")
    assert (missing["comparisonOperator"], missing["metricName"]) == (
        "LessThanThreshold",
        "Invocations",
    )
    assert missing["dimensions"] == {"FunctionName": program.exports["planner"]}


def test_every_alarm_has_its_remedy_in_the_troubleshooting_page(program: Program) -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text()
    assert [a.name for a in program.all("MetricAlarm") if f"| `{a.name}` |" not in page] == []


def test_the_api_s_errors_are_counted_under_the_name_that_http_apis_give(program: Program) -> None:
    alarm = _alarm(program, "api-5xx")

    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/ApiGateway", "5xx")
    assert alarm["dimensions"] == {"ApiId": "http-api-id"}
    assert (alarm["period"], alarm["statistic"]) == (300, "Sum")


@pytest.mark.parametrize("name", LATE)
def test_a_job_s_alarms_watch_its_own_queues(name: str, stack: str, program: Program) -> None:
    job = f"holdings-{stack}-{name}"

    def watched(alarm_name: str) -> tuple[str, str, dict[str, str]]:
        alarm = program.one("MetricAlarm", alarm_name).arguments
        return alarm["metricName"], alarm["statistic"], alarm["dimensions"]

    assert watched(f"{name}-dead") == (
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        {"QueueName": f"{job}-dead"},
    )
    assert watched(f"{name}-late") == (
        "ApproximateAgeOfOldestMessage",
        "Maximum",
        {"QueueName": job},
    )


def test_a_run_that_reads_a_history_and_ends_without_an_answer_fires(
    stack: str, program: Program
) -> None:
    alarm = _alarm(program, "sync-history-errors")
    assert (alarm["metricName"], alarm["dimensions"]) == (
        "Errors",
        {"FunctionName": f"holdings-{stack}-sync-history"},
    )


def test_durations_are_held_against_the_timeout_that_is_configured() -> None:
    program = declare("prod", settings("prod") | {"holdings:timeoutSeconds": "25"})

    alarm = _alarm(program, "function-duration")
    assert alarm["threshold"] == 20_000
    assert (alarm["extendedStatistic"], alarm["metricName"]) == ("p99", "Duration")
    assert "statistic" not in alarm


Watched = dict[str, tuple[str, dict[str, str]]]
EXPRESSIONS: list[tuple[str, str, Watched]] = [
    (
        "table-throttles",
        "FILL(reads, 0) + FILL(writes, 0)",
        {"reads": ("ReadThrottleEvents", {}), "writes": ("WriteThrottleEvents", {})},
    ),
    (
        "table-errors",
        "FILL(gets, 0) + FILL(puts, 0)",
        {
            "gets": ("SystemErrors", {"Operation": "GetItem"}),
            "puts": ("SystemErrors", {"Operation": "PutItem"}),
        },
    ),
]


@pytest.mark.parametrize(("name", "expression", "watched"), EXPRESSIONS)
def test_an_alarm_over_several_metrics_returns_the_expression_alone(
    program: Program, name: str, expression: str, watched: Watched
) -> None:
    *metrics, total = _alarm(program, name)["metricQueries"]
    own = {"FunctionName", "TableName"}

    assert (total["expression"], total["returnData"]) == (expression, True)
    assert {
        query["id"]: (
            query["metric"]["metricName"],
            {k: v for k, v in query["metric"]["dimensions"].items() if k not in own},
        )
        for query in metrics
    } == watched
    assert not [query for query in metrics if query["returnData"]]


def test_the_app_s_own_events_are_counted_from_its_log(stack: str, program: Program) -> None:
    for counted in LOG_EVENTS:
        arguments = program.named(f"count-{counted.name}").arguments
        alarm = _alarm(program, counted.name)
        metric = arguments["metricTransformation"]

        assert arguments["logGroupName"] == "function-log-id"
        assert metric["namespace"] == alarm["namespace"] == f"holdings/{stack}"
        assert metric["name"] == alarm["metricName"]


def test_every_event_that_is_counted_is_one_that_the_app_logs() -> None:
    source = "".join(path.read_text() for path in Path(ROOT / "holdings").rglob("*.py"))
    logged = set(re.findall(r'"([a-z_]+)"', source)) | KINDS.keys()
    counted = {
        word
        for event in LOG_EVENTS
        for word in re.findall(r'\$\.(?:event|code) = "(\w+)"', event.chosen)
    }

    assert counted <= logged


def test_everybody_on_the_list_is_written_to() -> None:
    program = declare("prod", settings("prod") | ADDRESSES)

    assert [s.arguments for s in program.all("TopicSubscription")] == [
        {"topic": "arn:of:alarms", "protocol": "email", "endpoint": address}
        for address in ("a@holdings.example", "b@holdings.example")
    ]
    assert [
        (n["notificationType"], n["threshold"], n["subscriberEmailAddresses"])
        for n in program.one("Budget").arguments["notifications"]
    ] == [
        ("ACTUAL", 80, ["a@holdings.example", "b@holdings.example"]),
        ("FORECASTED", 100, ["a@holdings.example", "b@holdings.example"]),
    ]


def test_without_a_list_nobody_is_subscribed_and_up_warns_of_it_outside_dev(
    caplog: pytest.LogCaptureFixture,
) -> None:
    declare("dev")
    assert "reach nobody" not in caplog.text

    program = declare("prod", settings("prod"))

    assert "alarms reach nobody: set holdings:alarmEmails" in caplog.text
    assert program.all("TopicSubscription") == []
    assert "notifications" not in program.one("Budget").arguments


def test_cloudwatch_of_this_account_may_publish_and_use_the_key(program: Program) -> None:
    topic = json.loads(program.one("TopicPolicy").arguments["policy"])
    key = json.loads(program.named("log-key").arguments["policy"])
    logs = [group.arguments["name"] for group in program.all("LogGroup") if not group.provider]

    assert topic == alarm_topic_policy(account_id=ACCOUNT, topic_arn="arn:of:alarms")
    assert topic["Statement"][0]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert key == log_key_policy(
        account_id=ACCOUNT,
        region="eu-west-1",
        log_groups=sorted(logs),
    )
    cloudwatch = key["Statement"][-1]
    assert cloudwatch["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert cloudwatch["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert key["Statement"][1]["Condition"]["ArnEquals"] == {
        "kms:EncryptionContext:aws:logs:arn": [
            f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:{name}" for name in sorted(logs)
        ]
    }


def test_the_cost_page_counts_what_is_watched(program: Program) -> None:
    watched = sum(
        len(alarm.arguments.get("metricQueries", [{}, {}])) - 1
        for alarm in program.all("MetricAlarm")
    )
    own = len(program.all("LogMetricFilter"))

    page = (ROOT / "docs/cost.md").read_text()
    assert f"beyond({watched}, 10) * 0.10 + beyond({own} + 8, 10) * 0.30" in page
    assert f"standing = {len(program.all('Key'))} * 1.00" in page


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("alarmEmails", '["nobody"]', "not an e-mail address: 'nobody'"),
        ("alarmEmails", "me@holdings.example", "a list of e-mail addresses"),
        ("alarmEmails", '["a@b.example", "a@b.example"]', "name each once"),
        ("alarmEmails", json.dumps([f"a{n}@b.example" for n in range(11)]), "at most 10"),
        ("budgetUsd", "0", "from 1"),
        ("logRetentionDays", "8", "one of 1, 3, 5, 7"),
    ],
)
def test_a_bad_setting_of_the_alarms_is_named(key: str, value: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=rf"holdings:{key}: .*{remedy}"):
        declare("prod", settings("prod") | {f"holdings:{key}": value})
