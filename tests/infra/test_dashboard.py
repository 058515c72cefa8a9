"""What an operator looks at: four questions, and under each what answers it."""

import json
import re
from typing import Any

import pytest

from infra_pulumi import dashboard
from tests.infra.capture import ROOT, Program, declare, settings

QUESTIONS = ["Is it up?", "Is it fast?", "Is it right?", "What does it cost?"]


def widgets(program: Program) -> list[dict[str, Any]]:
    return json.loads(program.one("Dashboard").arguments["dashboardBody"])["widgets"]


def titled(program: Program) -> dict[str, dict[str, Any]]:
    return {
        w["properties"]["title"]: w["properties"] for w in widgets(program) if w["type"] != "text"
    }


def test_four_headings_each_have_their_graphs_below_and_nothing_overlaps(program: Program) -> None:
    shown = widgets(program)
    headings = [w for w in shown if w["type"] == "text"]
    assert [w["properties"]["markdown"].partition("\n")[0] for w in headings] == [
        f"# {question}" for question in QUESTIONS
    ]
    assert [w["y"] for w in headings] == sorted(w["y"] for w in headings)
    cells = [
        (x, y)
        for w in shown
        for x in range(w["x"], w["x"] + w["width"])
        for y in range(w["y"], w["y"] + w["height"])
    ]
    assert len(set(cells)) == len(cells)
    assert {x for x, _ in cells} == set(range(24))


def test_every_alarm_is_shown_and_the_dashboard_has_the_stack_s_name(
    stack: str, program: Program
) -> None:
    name = program.one("Dashboard").arguments["dashboardName"]
    assert name == program.exports["dashboard"] == f"holdings-{stack}"
    alarms = [f"arn:of:{alarm.name}" for alarm in program.all("MetricAlarm")]
    assert sorted(titled(program)["Alarms"]["alarms"]) == alarms


def test_requests_are_shown_by_outcome_as_the_function_counts_them(program: Program) -> None:
    told = program.one("Function", "api").arguments["environment"]["variables"]
    namespace = told["METRICS_NAMESPACE"]
    graphs = titled(program)
    for title, statistic in (
        ("Requests by outcome", "SampleCount"),
        ("Requests by outcome, p95 (ms)", "p95"),
    ):
        (line,) = graphs[title]["metrics"]
        of = f'{{"{namespace}",outcome}} MetricName="duration_ms"'
        assert line[0]["expression"] == f"SEARCH('{of}', '{statistic}', 300)"
    waited = graphs["Of that with exchanges (ms)"]["metrics"]
    assert {tuple(line[:2]) for line in waited} == {(namespace, "upstream_ms")}
    counted = {one.arguments["name"] for one in program.all("LogMetricFilter")}
    told_of = graphs["What the log tells of"]["metrics"]
    assert {tuple(line[:2]) for line in told_of} == {(namespace, name) for name in counted}


def test_what_is_due_done_late_and_failed_is_shown_of_every_job(
    stack: str, program: Program
) -> None:
    graphs = {title.partition(":")[0]: shown for title, shown in titled(program).items()}
    jobs = sorted(program.exports["queues"])
    for title, end in (("Due", ""), ("Done", ""), ("Lag", ""), ("Failed", "-dead")):
        lines = graphs[title]["metrics"]
        assert sorted(line[3] for line in lines) == [f"holdings-{stack}-{job}{end}" for job in jobs]
    lines = graphs["Jobs' runs, p99 (ms)"]["metrics"]
    assert sorted(line[3] for line in lines) == [f"holdings-{stack}-{job}" for job in jobs]


def test_what_use_costs_is_summed_over_all_that_is_paid_by_use(
    stack: str, program: Program
) -> None:
    lines = titled(program)["What use costs (USD an hour)"]["metrics"]
    drawn = {line[0]["label"]: line[0]["expression"] for line in lines if len(line) == 1}
    counted = {line[4]["id"]: (line[1], line[3]) for line in lines if len(line) > 1}
    assert list(drawn) == ["Lambda", "API Gateway", "DynamoDB", "SQS", "Logs"]
    used = [name for text in drawn.values() for name in re.findall(r"FILL\((\w+), 0\)", text)]
    assert sorted(used) == sorted(counted)
    functions = {f.arguments["name"] for f in program.functions if "name" in f.arguments}
    for metric, names in (
        ("Duration", functions),
        ("Invocations", functions),
        ("ConsumedWriteCapacityUnits", {t.arguments["name"] for t in program.all("Table")}),
        ("NumberOfEmptyReceives", {f"holdings-{stack}-{job}" for job in program.exports["queues"]}),
    ):
        assert {name for shown, name in counted.values() if shown == metric} == names
    # 512 MB for a millisecond.
    assert drawn["Lambda"].startswith(
        "FILL(lambda0, 0) * 0.0000002 + FILL(lambda1, 0) * 0.0000000066667 + "
    )


def test_the_prices_are_those_of_the_cost_page() -> None:
    page = (ROOT / "docs/cost.md").read_text()
    for price, words in (
        (dashboard.LAMBDA_RUN * 1e6, "{:.2f} a million requests, 0.0000133334 a GB-second"),
        (dashboard.GATEWAY_REQUEST * 1e6, "{:.2f} a million requests |"),
        (dashboard.TABLE_READ * 1e6, "{:.3f} a million reads of 4 kB"),
        (dashboard.TABLE_WRITE * 1e6, "{:.3f} a million writes of 1 kB"),
        (dashboard.QUEUE_CALL * 1e6, "{:.2f} a million calls"),
        (dashboard.LOG_BYTE * 1e9, "{:.2f} a GB of logs"),
        (dashboard.LAMBDA_GB_SECOND, "{:.10f} a GB-second"),
    ):
        assert f"| {words.format(price)}" in page or f", {words.format(price)}" in page


def test_the_bill_is_looked_up_where_aws_tells_of_it(program: Program) -> None:
    bill = titled(program)["This month's bill so far, by AWS (USD)"]
    assert (bill["region"], bill["metrics"][0][:2]) == (
        "us-east-1",
        ["AWS/Billing", "EstimatedCharges"],
    )
    others = {w["region"] for w in titled(program).values() if w is not bill and "region" in w}
    assert {w for w in others if w != "us-east-1"} == {"eu-west-1"}


def test_a_level_that_leaves_out_requests_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    declare("dev")
    assert "not counted" not in caplog.text
    declare("dev", settings("dev") | {"holdings:logLevel": "WARNING"})
    assert "requests are not counted" in caplog.text
