"""The rules hold in every stack, and each notices when it is broken."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from local.provision.program import HANDLERS
from tests.infra import contracts
from tests.infra.capture import Program, declare, declared, settings

Rule = Callable[[Program], Iterator[str]]
VPC = {
    "holdings:subnetIds": '["subnet-0123456789abcdef0"]',
    "holdings:securityGroupIds": '["sg-0123456789abcdef0"]',
}
RULES = [
    contracts.unencrypted,
    contracts.unretained,
    contracts.public,
    contracts.wildcards,
    contracts.silent_alarms,
    contracts.unthrottled,
    contracts.secrets_shown,
    contracts.invoked_past_the_alias,
]
KEPT = partial(contracts.unguarded, kept=True)
STRICT = partial(contracts.open_doors, any_origin=False)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_stack_keeps_the_rule(rule: Rule, program: Program) -> None:
    assert list(rule(program)) == []


def test_where_data_lives_nothing_goes_away_by_a_change_of_the_program(
    stack: str, program: Program
) -> None:
    assert list(contracts.unguarded(program, kept=stack != "dev")) == []


@pytest.mark.parametrize("keep", [True, False])
def test_one_key_says_whether_data_is_kept(stack: str, keep: bool) -> None:
    program = declare(stack, settings(stack) | {"holdings:keepData": keep})
    table, pool = program.named("cache").arguments, program.one("UserPool").arguments
    records = program.named("records").arguments
    windows = [program.one("Secret").arguments["recoveryWindowInDays"]] + [
        key.arguments["deletionWindowInDays"] for key in program.all("Key")
    ]

    assert list(contracts.unguarded(program, kept=keep)) == []
    assert table["deletionProtectionEnabled"] is keep
    assert table["pointInTimeRecovery"] == {"enabled": keep}
    assert records["deletionProtectionEnabled"] is keep
    assert records["pointInTimeRecovery"] == {"enabled": True}
    assert pool["deletionProtection"] == ("ACTIVE" if keep else "INACTIVE")
    # A secret's name stays taken as long as it can be had back; keys have no names.
    assert windows == ([30, 30, 30, 30] if keep else [0, 7, 7, 7])


def test_every_stack_lets_only_signed_in_callers_of_named_pages_read(program: Program) -> None:
    assert list(STRICT(program)) == []


@pytest.mark.parametrize("rule", [*RULES, KEPT, STRICT])
def test_a_function_in_a_vpc_with_names_of_its_own_keeps_the_rules_too(rule: Rule) -> None:
    own_names = {
        "holdings:apiDomain": "api.holdings.example",
        "holdings:apiCertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1-2",
        "holdings:webDomain": "holdings.example",
        "holdings:webCertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/3-4",
        "holdings:provisionedConcurrency": "2",
        "holdings:apiScope": "",
    }

    assert list(rule(declare("prod", settings("prod") | VPC | own_names))) == []


def test_everything_is_tagged_with_project_environment_and_maker(
    stack: str, program: Program
) -> None:
    tags = settings(stack)["aws:defaultTags"]["tags"]

    assert tags == {"Project": "holdings", "Environment": stack, "ManagedBy": "pulumi"}
    assert not [r.name for r in program.declared if tags.keys() & r.arguments.get("tags", {})]


def test_the_laptop_can_make_everything_that_is_declared(program: Program) -> None:
    assert {resource.type for resource in program.declared} <= HANDLERS.keys()


def _policy(action: str, resource: str, sid: str = "Own") -> str:
    statement = {"Sid": sid, "Effect": "Allow", "Action": [action], "Resource": [resource]}
    return json.dumps({"Statement": [statement]})


BROKEN: list[tuple[Rule, str, dict[str, Any]]] = [
    (contracts.unencrypted, "cache", {"serverSideEncryption": {"enabled": True}}),
    (contracts.unencrypted, "coinbase", {"kmsKeyId": None}),
    (contracts.unencrypted, "function-log", {"kmsKeyId": None}),
    (contracts.unencrypted, "access-log", {"kmsKeyId": None}),
    (contracts.unencrypted, "alarms", {"kmsMasterKeyId": "alias/aws/sns"}),
    (contracts.unencrypted, "data-key", {"enableKeyRotation": False}),
    (contracts.unencrypted, "web-encryption", {"bucket": "another"}),
    (contracts.unretained, "function-log", {"retentionInDays": 0}),
    (contracts.unretained, "api", {"loggingConfig": {"logGroup": "/aws/lambda/other"}}),
    (contracts.public, "web-public-access", {"restrictPublicBuckets": False}),
    (contracts.public, "web-bucket", {"acl": "public-read"}),
    (contracts.public, "web-ownership", {"rule": {"objectOwnership": "ObjectWriter"}}),
    (contracts.wildcards, "function-own-resources", {"policy": _policy("dynamodb:*", "arn")}),
    (contracts.wildcards, "function-own-resources", {"policy": _policy("s3:GetObject", "*")}),
    (contracts.wildcards, "function-own-resources", {"policy": _policy("a:B", "*", "OwnLog")}),
    (contracts.silent_alarms, "api-5xx", {"alarmActions": []}),
    (contracts.silent_alarms, "api-5xx", {"actionsEnabled": False}),
    (contracts.silent_alarms, "table-errors", {"treatMissingData": "missing"}),
    (contracts.unthrottled, "default-stage", {"defaultRouteSettings": {"throttlingRateLimit": 5}}),
    (contracts.unthrottled, "default-stage", {"routeSettings": []}),
    (contracts.secrets_shown, "coinbase", {"secretString": "x"}),
    (contracts.secrets_shown, "web", {"generateSecret": True}),
    (contracts.secrets_shown, "api", {"environment": {"variables": {"API_SECRET_KEY": "x"}}}),
    (contracts.invoked_past_the_alias, "function-live", {"integrationUri": "arn:of:api"}),
    (contracts.invoked_past_the_alias, "api-invokes-live", {"qualifier": None}),
    (contracts.invoked_past_the_alias, "api-invokes-live", {"sourceArn": "arn:*"}),
    (STRICT, "get-holdings", {"authorizationType": "NONE"}),
    (STRICT, "get-me", {"authorizationType": "NONE"}),
    (STRICT, "delete-connections-id", {"authorizationScopes": ["holdings/read"]}),
    (STRICT, "head-holdings", {"authorizerId": None}),
    (STRICT, "get-holdings", {"routeKey": "ANY /holdings"}),
    (STRICT, "http-api", {"corsConfiguration": {"allowOrigins": ["*"]}}),
]


@pytest.mark.parametrize(("rule", "name", "change"), BROKEN)
def test_a_rule_notices_when_it_is_broken(rule: Rule, name: str, change: dict[str, Any]) -> None:
    wrong = declared("prod").altered(
        name, lambda right: replace(right, arguments={**right.arguments, **change})
    )

    assert list(rule(wrong))


@pytest.mark.parametrize(
    "name", ["users", "cache", "records", "coinbase", "data-key", "records-key", "access-log"]
)
@pytest.mark.parametrize("change", [{"protect": False}, {"retain": True}])
def test_the_rule_for_data_notices_a_missing_guard_and_what_stays_behind(
    name: str, change: dict[str, Any]
) -> None:
    (fault,) = KEPT(declared("prod").altered(name, lambda right: replace(right, **change)))

    assert fault.startswith(name)
