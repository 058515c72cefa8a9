"""What stands in front keeps its rules in every stack, and each rule notices when it is broken."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from tests.infra import front_contracts as front
from tests.infra.capture import Program, declare, declared, settings

Rule = Callable[[Program], Iterator[str]]
RULES: list[Rule] = [
    front.kept_at_the_edge,
    front.errors_become_the_page,
    front.unguarded_headers,
    front.open_origins,
    front.weak_firewall,
]
UNLISTED = {
    "holdings:apiPrefix": "/service/v2",
    "holdings:originKey": "k" * 40,
    "holdings:waf": True,
    "holdings:wafRequests": 100,
    "holdings:healthCheck": True,
    "holdings:webDomain": "holdings.example",
    "holdings:webCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/3-4",
    "holdings:apiDomain": "api.holdings.example",
    "holdings:apiCertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1-2",
}


@pytest.mark.parametrize("rule", RULES)
def test_every_stack_keeps_the_rule(rule: Rule, program: Program) -> None:
    assert list(rule(program)) == []


@pytest.fixture(scope="module")
def unlisted() -> Program:
    return declare("staging", settings("staging") | UNLISTED)


@pytest.mark.parametrize("rule", RULES)
def test_so_does_a_stack_of_other_settings(rule: Rule, unlisted: Program) -> None:
    assert list(rule(unlisted)) == []


def _at(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return what sets the argument at `path`, such as "origins.0.domainName"."""

    def change(arguments: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = arguments
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value

    return change


API, PAGE = "orderedCacheBehaviors.0", "defaultCacheBehavior"
BROKEN: list[tuple[Rule, str, str, Any]] = [
    (front.kept_at_the_edge, "web-distribution", f"{API}.cachePolicyId", "658327ea"),
    (front.kept_at_the_edge, "web-distribution", f"{API}.originRequestPolicyId", None),
    (front.kept_at_the_edge, "web-distribution", f"{API}.viewerProtocolPolicy", "allow-all"),
    (front.kept_at_the_edge, "web-distribution", f"{API}.allowedMethods", ["GET", "HEAD"]),
    (
        front.errors_become_the_page,
        "web-distribution",
        "customErrorResponses",
        [{"errorCode": 403}],
    ),
    (front.errors_become_the_page, "web-distribution", f"{PAGE}.functionAssociations", []),
    (front.errors_become_the_page, "web-paths", "code", "function handler(e) { return e.request }"),
    (front.errors_become_the_page, "web-paths", "publish", False),
    (front.unguarded_headers, "web-distribution", f"{API}.responseHeadersPolicyId", None),
    (front.unguarded_headers, "web-distribution", f"{PAGE}.responseHeadersPolicyId", "other"),
    (front.open_origins, "web-distribution", "origins.0.originAccessControlId", None),
    (
        front.open_origins,
        "web-distribution",
        "origins.1.customOriginConfig.originProtocolPolicy",
        "http-only",
    ),
    (front.weak_firewall, "web-distribution", "webAclId", None),
    (front.weak_firewall, "firewall", "rules.0.action", {"count": {}}),
    (front.weak_firewall, "firewall", "rules.1.overrideAction", {"count": {}}),
    (front.weak_firewall, "firewall", "rules.0.statement", {}),
    (front.weak_firewall, "firewall", "rules.2.statement", {}),
    (front.weak_firewall, "firewall", "rules.3.visibilityConfig.sampledRequestsEnabled", True),
    (front.weak_firewall, "firewall-logging", "resourceArn", "arn:of:another"),
    (front.weak_firewall, "firewall-logging", "redactedFields", [{"queryString": {}}]),
    (
        front.weak_firewall,
        "firewall-logging",
        "redactedFields",
        [{"singleHeader": {"name": "authorization"}}],
    ),
]


@pytest.mark.parametrize(("rule", "name", "path", "value"), BROKEN)
def test_a_rule_notices_when_it_is_broken(rule: Rule, name: str, path: str, value: Any) -> None:
    arguments = deepcopy(dict(declared("prod").named(name).arguments))
    _at(path, value)(arguments)

    wrong = declared("prod").altered(name, lambda right: replace(right, arguments=arguments))

    assert len(list(rule(wrong))) == 1
