"""Rules over what stands in front: the edge and its firewall. Each returns what breaks it."""

from collections.abc import Iterator
from typing import Any

from infra_pulumi.paths import PAGE_PATHS
from infra_pulumi.web import ALL_BUT_HOST, CACHING_DISABLED, METHODS
from tests.infra.capture import Program


def kept_at_the_edge(program: Program) -> Iterator[str]:
    """Whatever would let one viewer see another's answer, or lose what the API is asked by."""
    for behavior in program.one("Distribution").arguments["orderedCacheBehaviors"]:
        path = behavior["pathPattern"]
        if behavior.get("cachePolicyId") != CACHING_DISABLED:
            yield f"{path} is kept at the edge"
        if behavior.get("originRequestPolicyId") != ALL_BUT_HOST:
            yield f"{path} does not hand on token and query"
        if behavior.get("viewerProtocolPolicy") != "https-only":
            yield f"{path} takes a token in clear"
        if sorted(behavior["allowedMethods"]) != sorted(METHODS):
            yield f"{path} refuses what the API does"


def errors_become_the_page(program: Program) -> Iterator[str]:
    distribution = program.one("Distribution").arguments
    if distribution.get("customErrorResponses"):
        yield "an error of the API is shown as the page"
    functions = distribution["defaultCacheBehavior"].get("functionAssociations", [])
    known = {f"arn:of:{one.name}": one for one in program.all("cloudfront/function:Function")}
    paths = [known.get(one["functionArn"]) for one in functions]
    if not any(one and one.arguments["code"] == PAGE_PATHS for one in paths):
        yield "a path inside the page is refused"
    if any(one and not one.arguments.get("publish") for one in paths):
        yield "the function at the edge is never live"


def unguarded_headers(program: Program) -> Iterator[str]:
    distribution = program.one("Distribution").arguments
    policies = {f"{one.name}-id" for one in program.all("ResponseHeadersPolicy")}
    for behavior in (
        distribution["defaultCacheBehavior"],
        *distribution["orderedCacheBehaviors"],
    ):
        if behavior.get("responseHeadersPolicyId") not in policies:
            yield f"{behavior.get('pathPattern', 'the page')} has no security headers"


def open_origins(program: Program) -> Iterator[str]:
    bucket, api = program.one("Distribution").arguments["origins"]
    if not bucket.get("originAccessControlId"):
        yield "the bucket is asked by nobody in particular"
    if api["customOriginConfig"]["originProtocolPolicy"] != "https-only":
        yield "the gateway is asked in clear"
    if bucket["domainName"] == api["domainName"]:
        yield "page and API come from one place"


def weak_firewall(program: Program) -> Iterator[str]:
    """Where there is one, it refuses by AWS's rules and by rate, and its log gives nothing away."""
    distribution = program.one("Distribution").arguments
    for acl in program.all("WebAcl"):
        if distribution.get("webAclId") != f"arn:of:{acl.name}":
            yield f"{acl.name} stands before nothing"
        yield from _weak_rules(acl.arguments["rules"])
        logged = [
            one.arguments
            for one in program.all("WebAclLoggingConfiguration")
            if one.arguments["resourceArn"] == f"arn:of:{acl.name}"
        ]
        if not logged:
            yield f"{acl.name} writes no log"
        for log in logged:
            redacted = log.get("redactedFields", [])
            if {"singleHeader": {"name": "authorization"}} not in redacted:
                yield f"{acl.name} logs tokens"
            if {"queryString": {}} not in redacted:
                yield f"{acl.name} logs what unsubscribes"


def _weak_rules(rules: list[dict[str, Any]]) -> Iterator[str]:
    managed = [rule for rule in rules if "managedRuleGroupStatement" in rule["statement"]]
    if len(managed) < 3:
        yield "a list of AWS's rules is not asked"
    if not any("rateBasedStatement" in rule["statement"] for rule in rules):
        yield "an address may ask without end"
    for rule in rules:
        if rule.get("overrideAction", rule.get("action")) not in ({"none": {}}, {"block": {}}):
            yield f"{rule['name']} refuses nothing"
        if rule["visibilityConfig"]["sampledRequestsEnabled"]:
            yield f"{rule['name']} shows whole headers in the console"
