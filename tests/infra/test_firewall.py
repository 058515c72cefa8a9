"""The firewall in front of page and API: by the stack's settings, in the one region for it."""

import json
from typing import Any

import pytest

from infra_pulumi.config import ConfigError
from tests.infra.capture import Program, declare, declared, settings

MANAGED = [
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesCommonRuleSet",
]


def rules(program: Program) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in program.one("WebAcl").arguments["rules"]}


@pytest.mark.parametrize(("stack", "count"), [("dev", 0), ("staging", 0), ("prod", 1)])
def test_it_stands_before_prod_unless_a_stack_says_otherwise(stack: str, count: int) -> None:
    assert len(declared(stack).all("WebAcl")) == count
    switched = declare(stack, settings(stack) | {"holdings:waf": count == 0})
    assert len(switched.all("WebAcl")) == 1 - count


def test_the_distribution_asks_it() -> None:
    assert declared("prod").one("Distribution").arguments["webAclId"] == "arn:of:firewall"
    assert "webAclId" not in declared("dev").one("Distribution").arguments


def test_all_of_it_is_where_cloudfront_looks() -> None:
    program = declared("prod")
    (provider,) = program.providers
    assert provider.arguments["region"] == "us-east-1"
    assert json.loads(provider.arguments["defaultTags"]) == {
        "tags": {"Project": "holdings", "Environment": "prod", "ManagedBy": "pulumi"}
    }
    assert program.one("WebAcl").arguments["scope"] == "CLOUDFRONT"
    assert {one.name for one in program.declared if one.provider == "us-east-1"} == {
        "firewall",
        "firewall-log",
        "firewall-logging",
    }


def test_it_refuses_by_awss_rules_and_by_the_rate_of_an_address() -> None:
    found = rules(declared("prod"))
    assert [found[name]["priority"] for name in ("rate", *MANAGED)] == [0, 1, 2, 3]
    for name in MANAGED:
        assert found[name]["overrideAction"] == {"none": {}}
        assert found[name]["statement"] == {
            "managedRuleGroupStatement": {"name": name, "vendorName": "AWS"}
        }
    assert found["rate"]["action"] == {"block": {}}
    assert found["rate"]["statement"]["rateBasedStatement"] == {
        "aggregateKeyType": "IP",
        "limit": 2000,
        "evaluationWindowSec": 300,
    }


def test_it_may_count_first() -> None:
    counting = {"holdings:wafCounts": True, "holdings:wafRequests": 50}
    found = rules(declare("prod", settings("prod") | counting))
    assert all(found[name]["overrideAction"] == {"count": {}} for name in MANAGED)
    assert found["rate"]["action"] == {"count": {}}
    assert found["rate"]["statement"]["rateBasedStatement"]["limit"] == 50


def test_its_log_has_what_was_refused_and_nothing_that_opens_anything() -> None:
    program = declared("prod")
    logging = program.one("WebAclLoggingConfiguration").arguments
    assert logging["resourceArn"] == "arn:of:firewall"
    assert logging["logDestinationConfigs"] == ["arn:of:firewall-log"]
    assert logging["redactedFields"] == [
        {"singleHeader": {"name": "authorization"}},
        {"queryString": {}},
    ]
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"
    kept = [
        condition["actionCondition"]["action"]
        for one in logging["loggingFilter"]["filters"]
        for condition in one["conditions"]
    ]
    assert kept == ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"]
    assert program.named("firewall-log").arguments["name"] == "aws-waf-logs-holdings-prod"
    sampled = [rule["visibilityConfig"] for rule in rules(program).values()]
    assert not any(one["sampledRequestsEnabled"] for one in sampled)


@pytest.mark.parametrize(("key", "value"), [("wafRequests", "9"), ("waf", "yes")])
def test_a_bad_setting_of_it_is_named(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"holdings:{key}: "):
        declare("prod", settings("prod") | {f"holdings:{key}": value})
