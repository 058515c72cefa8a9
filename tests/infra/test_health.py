"""What asks for /health from outside, and who hears when the answer is another."""

import json
from dataclasses import replace
from typing import Any

import pytest

from holdings import create_app
from infra_pulumi.alarm_topic import alarm_topic_policy, alarms_use_key
from infra_pulumi.health import ANSWER, health_key_policy
from tests.builders import make_settings
from tests.infra import contracts
from tests.infra.capture import ACCOUNT, Program, declare, settings

PEOPLE = ["a@holdings.example", "b@holdings.example"]
WITH = {"holdings:healthCheck": "true", "holdings:alarmEmails": json.dumps(PEOPLE)}


@pytest.fixture(scope="module")
def watched() -> Program:
    return declare("staging", settings("staging") | WITH)


def test_nobody_asks_unless_a_stack_says_so(program: Program) -> None:
    assert program.all("HealthCheck") == []
    assert not [r.name for r in program.declared if r.component == "holdings:infra:Health"]
    assert program.exports["health_topic"] == ""


def test_three_regions_ask_the_api_s_address_for_the_answer_that_it_gives(
    watched: Program,
) -> None:
    url = watched.exports["api_url"]

    assert watched.one("HealthCheck").arguments == {
        "type": "HTTPS_STR_MATCH",
        "fqdn": url.split("/")[2],
        "port": 443,
        "resourcePath": "/".join(["", *url.split("/")[3:], "health"]),
        "searchString": ANSWER,
        "requestInterval": 30,
        "failureThreshold": 3,
        "regions": ["us-east-1", "eu-west-1", "ap-southeast-1"],
        "tags": {"Name": "holdings-staging-health"},
    }
    app = create_app(make_settings(DEMO_MODE="true"))
    assert ANSWER in app.test_client().get("/health").text


def test_the_alarm_fires_when_the_check_fails_and_when_nobody_asks_any_more(
    watched: Program,
) -> None:
    assert watched.one("MetricAlarm", "health").arguments == {
        "name": "holdings-staging-health",
        "alarmDescription": "/health is not answered, or otherwise than with ok",
        "namespace": "AWS/Route53",
        "metricName": "HealthCheckStatus",
        "dimensions": {"HealthCheckId": "health-check-id"},
        "statistic": "Minimum",
        "comparisonOperator": "LessThanThreshold",
        "threshold": 1,
        "period": 60,
        "evaluationPeriods": 2,
        "datapointsToAlarm": 2,
        "treatMissingData": "breaching",
        "alarmActions": ["arn:of:health-alarms"],
        "okActions": ["arn:of:health-alarms"],
    }


def test_whoever_hears_of_alarms_hears_of_this_one(watched: Program) -> None:
    subscribed = [s.arguments for s in watched.all("TopicSubscription")]
    topic = json.loads(watched.named("health-alarms-publish").arguments["policy"])
    key = json.loads(watched.named("health-key").arguments["policy"])

    assert [s["endpoint"] for s in subscribed if s["topic"] == "arn:of:health-alarms"] == PEOPLE
    assert topic == alarm_topic_policy(account_id=ACCOUNT, topic_arn="arn:of:health-alarms")
    assert key == health_key_policy(account_id=ACCOUNT)
    assert alarms_use_key() in key["Statement"]
    assert watched.exports["health_topic"] == "arn:of:health-alarms"


def test_all_of_it_is_where_route_53_publishes_and_carries_the_stack_s_tags(
    watched: Program,
) -> None:
    provider = watched.providers[0].arguments
    there = {r.name for r in watched.declared if r.provider == "us-east-1"}

    assert provider["region"] == "us-east-1"
    assert json.loads(provider["defaultTags"]) == settings("staging")["aws:defaultTags"]
    assert there == {
        "health",
        "health-check",
        "health-key",
        "health-key-alias",
        "health-alarms",
        "health-alarms-publish",
        *(f"health-alarms-{address}" for address in PEOPLE),
    }


RULES: list[Any] = [
    contracts.unencrypted,
    contracts.public,
    contracts.wildcards,
    contracts.silent_alarms,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_keeps_the_rules_for_everything(rule: Any, watched: Program) -> None:
    assert list(rule(watched)) == []
    assert list(contracts.unguarded(watched, kept=True)) == []


@pytest.mark.parametrize(
    ("rule", "name", "change"),
    [
        (contracts.silent_alarms, "health", {"alarmActions": []}),
        (contracts.silent_alarms, "health", {"alarmActions": ["arn:of:alarms"]}),
        (contracts.silent_alarms, "health", {"treatMissingData": "notBreaching"}),
        (contracts.unencrypted, "health-alarms", {"kmsMasterKeyId": "alias/aws/sns"}),
        (contracts.unencrypted, "health-key", {"enableKeyRotation": False}),
    ],
)
def test_a_rule_notices_when_one_of_them_breaks_it(
    rule: Any, name: str, change: dict[str, Any], watched: Program
) -> None:
    wrong = watched.altered(
        name, lambda right: replace(right, arguments={**right.arguments, **change})
    )

    (fault,) = rule(wrong)
    assert fault.startswith(name)


def test_its_key_goes_with_it_also_where_data_is_kept(watched: Program) -> None:
    kept = watched.altered("health-key", lambda right: replace(right, protect=True))

    (fault,) = contracts.unguarded(kept, kept=True)
    assert fault.startswith("health-key")
