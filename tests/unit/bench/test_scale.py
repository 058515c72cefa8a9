"""docs/scale.md: its costs are the formula's, of the figures that it shows as measured."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.scale import page
from bench.scale.aws import Cloud, size, viewer
from bench.scale.cost import (
    Reading,
    batch_seconds,
    costs,
    drain_seconds,
    quotas,
    slowest,
)
from bench.scale.exchange import Exchange, key
from bench.scale.latency import Request
from bench.scale.run import Crowd
from holdings.adapters.coinbase_exchange.signing import sign

PAGE = Path(__file__).parents[3] / "docs" / "scale.md"
READING = Reading(
    cpu_ms=2.9,
    kms=1,
    sts=1,
    dynamodb=5,
    sent=0,
    write_units=5,
    read_units=2,
    plan_cpu_ms=0.04,
    plan_reads=0.1,
)
CALLS = {
    "kms.Decrypt": 1.0,
    "sts.AssumeRole": 1.0,
    "dynamodb.Query": 2.0,
    "dynamodb.PutItem": 3.0,
    "units.write": 5.0,
    "units.read": 2.0,
    "bytes.reading": 900.0,
    "bytes.answer": 2_500.0,
    "plan.units.read": 0.1,
    "plan.sqs.SendMessageBatch": 0.1,
}
ROUND = {"cpu": 0.0029, "a_client_a_key": 0.005, "one_client": 0.0015, "as_written": 0.012}
CROWD = Crowd(
    viewers=10_000,
    readings=10_000,
    cpu=0.0029,
    batch_wall=0.19,
    calls=CALLS,
    peak=72_000_000,
    plan_cpu=0.00004,
    plan_peak=55_000_000,
    load=1.0,
    loops={},
    rounds=[ROUND, ROUND],
)
FEW = replace(CROWD, viewers=100, peak=70_000_000)


def rows(text: str, heads: str) -> list[list[str]]:
    """Return the cells of the table under these heads."""
    lines = text[text.index(heads) :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_batch_waits_once_and_works_ten_times() -> None:
    assert batch_seconds(READING, slower=0) == pytest.approx(0.120 + 7 * 0.005)
    work = batch_seconds(READING) - batch_seconds(READING, slower=0)
    assert work == pytest.approx(10 * 0.0029 * 1_769 / 512)


def test_a_million_readings_are_a_hundred_thousand_batches() -> None:
    drained = drain_seconds(READING, 1_000_000, concurrency=100)
    assert drained == pytest.approx(1_000 * batch_seconds(READING))
    slower = slowest(READING, readings=1_000_000, concurrency=100, within=1_200)
    found = drain_seconds(READING, 1_000_000, concurrency=100, slower=slower)
    assert found == pytest.approx(1_200)


def test_what_a_million_cost_is_each_services_list_price() -> None:
    found = costs(READING, 1_000_000)
    assert found["KMS"] == pytest.approx(3.00)
    assert found["DynamoDB"] == pytest.approx(5 * 0.625 + 2.1 * 0.125, abs=0.001)
    assert found["SQS"] == pytest.approx((0.3 + 1 / 24) * 0.40, abs=0.001)
    batches = 100_000 * batch_seconds(READING) * 0.5 * 0.0000133334 + 0.02
    assert batches < found["Lambda"] < batches * 1.2


def test_the_quota_that_allows_the_fewest_readings_is_first() -> None:
    first, *others = quotas(READING)
    assert (first.name.partition(",")[0], first.readings) == ("STS", 600)
    assert [each.readings for each in others] == sorted(each.readings for each in others)
    assert quotas(READING._replace(sts=0))[0].name.startswith("DynamoDB")


def test_a_goal_that_is_missed_says_so() -> None:
    assert [goal.missed for goal in page.goals([FEW, CROWD])] == [False] * 5
    dear = replace(CROWD, calls={**CALLS, "units.write": 14.0, "dynamodb.GetItem": 2.0})
    grown = replace(dear, peak=90_000_000, rounds=[{**ROUND, "cpu": 0.0040}] * 2)
    missed = [goal.text.partition(",")[0] for goal in page.goals([FEW, grown]) if goal.missed]
    assert missed == [
        "calls to AWS a reading",
        "CPU a reading",
        "a million readings in an hour",
        "memory of a worker",
    ]


def test_the_page_shows_what_was_measured_and_what_follows() -> None:
    text = page.render([replace(FEW, viewers=1), FEW, CROWD], {"processor": "a fast one"})
    assert "| processor | a fast one |" in text
    assert "| viewers | 1 | 100 | 10,000 |" in text
    assert "| Holdings | 2.90 |  |" in text
    assert "0.58" in text
    assert not re.search(r"[{}]", text)


def test_the_costs_on_the_page_are_the_formulas_of_its_figures() -> None:
    text = PAGE.read_text(encoding="utf-8")
    figures = {name: float(value) for name, value in rows(text, "| figure | value |")}
    reading = Reading(**figures)
    for viewers, *cells in rows(text, "| viewers | Lambda |"):
        due = costs(reading, int(viewers.replace(",", "")))
        assert cells == [f"{cost:.4f}" for cost in (*due.values(), sum(due.values()))]
    for name, _, allowed in rows(text, "| quota | default |"):
        quota = next(each for each in quotas(reading) if each.name == name)
        assert allowed == f"{quota.readings:,.0f}"
    minutes = drain_seconds(reading, 1_000_000, concurrency=100) / 60
    assert f"{minutes:.1f} minutes" in text


def test_a_signature_of_another_key_is_refused() -> None:
    exchange = Exchange()

    def status(secret: str) -> int:
        signed = sign(base64.b64decode(secret), timestamp="1", method="GET", path="/accounts")
        headers = {
            "cb-access-key": key(7)["api_key"],
            "cb-access-timestamp": "1",
            "cb-access-sign": signed,
        }
        answer, seconds = exchange.respond(Request("/accounts", headers, b""))
        assert seconds == 0.120
        return answer.status

    assert status(key(7)["api_secret"]) == 200
    assert status(key(8)["api_secret"]) == 401


def test_an_item_is_as_large_as_dynamodb_bills_it() -> None:
    # Example of the developer guide's rules: names, UTF-8, two digits a byte and one more.
    assert size({"pk": {"S": "é"}, "n": {"N": "12345"}}) == (2 + 2) + (1 + 3 + 1)
    assert size({"b": {"B": "AAAA"}, "t": {"BOOL": True}}) == (1 + 3) + (1 + 1)


def test_every_viewer_of_the_crowd_is_due_once() -> None:
    cloud = Cloud(130)
    due = [item for items in cloud.due.values() for item in items]
    assert sorted(item["pk"]["S"] for item in due if item["sk"]["S"] != "profile") == sorted(
        f"viewer#{viewer(number)}" for number in range(130)
    )
