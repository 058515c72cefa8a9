"""The deployer's policies allow what the program takes, and nothing that it does not."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import botocore.session
import pytest
import yaml
from botocore.loaders import Loader

from local.rights import __main__ as rights
from local.rights.needs import OPERATIONS, Need, needs, places, types
from local.rights.policies import MOST_CHARACTERS, Policies, missing
from local.settings import LocalError
from tests.infra.capture import declared

CALLS = Path(__file__).with_name("provider_calls.yaml")
# Of more than ten managed policies a role takes none without asking AWS for a higher quota.
MOST_POLICIES = 10

# API's operations that take a right of another name: by how they begin, and by their whole names.
# https://docs.aws.amazon.com/service-authorization/latest/reference/
RIGHT_OF = {
    "apigatewayv2": {"Create": "POST", "Delete": "DELETE", "Get": "GET", "Update": "PATCH"},
    "budgets": {"Create": "ModifyBudget", "Update": "ModifyBudget", "Delete": "ModifyBudget"},
}
RENAMED = {
    "apigatewayv2:TagResource": "apigateway:POST",
    "apigatewayv2:UntagResource": "apigateway:DELETE",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
    "cloudfront:CreateDistributionWithTags": "cloudfront:CreateDistribution",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
# Rights that are no operation of the service's API.
RIGHTS_ONLY = {
    *("apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"),
    *(
        "apigateway:PUT",
        "iam:PassRole",
        "lambda:InvokeFunction",
        "budgets:ModifyBudget",
        "budgets:ViewBudget",
    ),
    *("kms:ReEncryptFrom", "kms:ReEncryptTo", "s3:DeleteObjectVersion"),
    *("s3:ListBucket", "s3:ListBucketVersions"),
    # Of vended logs: API Gateway and WAF call them for whoever switches logging on.
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:GetLogDelivery"),
    *("logs:ListLogDeliveries", "logs:UpdateLogDelivery"),
    *(right for right in RENAMED.values() if right.startswith("s3:")),
}
MODELS = {"cognito-idp": "cognito-idp", "ses": "sesv2"}


@pytest.fixture(scope="module")
def policies() -> Policies:
    return json.loads(rights.POLICY.read_text())


@pytest.fixture(scope="module")
def needed() -> list[Need]:
    return needs()


def test_the_documents_are_what_the_program_makes() -> None:
    assert (rights.POLICY.read_text(), rights.TABLES.read_text()) == rights.texts(), "`make rights`"


def test_what_a_stack_declares_is_among_the_types() -> None:
    assert {resource.type for resource in declared("prod").declared} <= types()


def test_a_type_without_a_row_is_named() -> None:
    with pytest.raises(LocalError, match="aws:efs/fileSystem:FileSystem has no row"):
        needs(["aws:efs/fileSystem:FileSystem"])


def test_each_right_that_is_taken_away_is_named_with_what_then_fails(
    policies: Policies, needed: list[Need]
) -> None:
    assert missing(needed, policies) == []

    for sid, action in _granted(policies):
        fails = missing(needed, _without(policies, sid, action))

        users = {need.what for need in needed if (need.place.sid, need.action) == (sid, action)}
        assert {failure.partition(": ")[0] for failure in fails} == users != set()
        assert all(f": {action} on " in failure for failure in fails)


def test_a_statement_that_is_for_less_is_too_little(policies: Policies, needed: list[Need]) -> None:
    narrower = json.loads(json.dumps(policies).replace("table/holdings-*", "table/other-*"))

    assert missing(needed, narrower)[0].endswith(
        "dynamodb:CreateTable on arn:aws:dynamodb:*:ACCOUNT:table/holdings-*"
    )


def test_what_the_provider_was_seen_to_call_is_allowed(needed: list[Need]) -> None:
    calls = cast("dict[str, dict[str, list[str]]]", yaml.safe_load(CALLS.read_text()))
    allowed = {(need.what, need.action) for need in needed}

    unknown = [
        f"{operation} {kind}: {_right(call)}"
        for kind, by_operation in calls.items()
        for operation, called in by_operation.items()
        for call in called
        # What cannot be changed is made anew, which is a creation and a removal.
        if not any(
            (f"{may} {kind}", _right(call)) in allowed
            for may in ({operation, "read"} if operation != "update" else OPERATIONS)
        )
    ]

    assert unknown == []


def test_no_right_is_a_family_and_none_is_by_exclusion(policies: Policies) -> None:
    statements = [s for policy in policies.values() for s in policy["Statement"]]

    assert [s["Sid"] for s in statements if any("*" in a or "?" in a for a in s["Action"])] == []
    assert {key for s in statements for key in s} <= {
        *("Sid", "Effect", "Action", "Resource", "Condition")
    }


def test_every_right_is_one_that_aws_knows(policies: Policies) -> None:
    unknown = {
        action
        for _, action in _granted(policies)
        if action not in RIGHTS_ONLY
        and action.partition(":")[2] not in _operations(action.partition(":")[0])
    }

    assert unknown == set()


def test_what_is_for_any_resource_says_why() -> None:
    wide = {
        sid
        for sid, place in places().items()
        for arn in place.arns
        if "holdings-" not in arn and not place.why
    }

    assert wide == set()


def test_roles_are_passed_to_services_that_run_them_and_written_under_our_names_only(
    policies: Policies,
) -> None:
    passing = [s for s in _all(policies) if "iam:PassRole" in s["Action"]]
    ours = ["arn:aws:iam::ACCOUNT:role/holdings-*"]

    assert {s["Condition"]["StringEquals"]["iam:PassedToService"] for s in passing} <= {
        f"{service}.amazonaws.com" for service in ("codedeploy", "lambda", "scheduler")
    }
    writing = [s for s in _all(policies) if any(a.startswith("iam:") for a in s["Action"])]
    assert all(
        s["Resource"] == ours or s["Action"] == ["iam:CreateServiceLinkedRole"] for s in writing
    )


def test_the_policies_can_be_attached(policies: Policies) -> None:
    sizes = {
        name: len(json.dumps(policy, separators=(",", ":")).replace("ACCOUNT", "1" * 12))
        for name, policy in policies.items()
    }

    assert all(size <= MOST_CHARACTERS for size in sizes.values()), sizes
    assert len(policies) <= MOST_POLICIES


def test_a_number_that_is_no_account_s_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert rights.main(["--account", "12345"]) == 1
    assert "ACCOUNT=12345 is not an account's 12 digits" in capsys.readouterr().err


def _all(policies: Policies) -> list[dict[str, Any]]:
    return [statement for policy in policies.values() for statement in policy["Statement"]]


def _granted(policies: Policies) -> Iterator[tuple[str, str]]:
    for statement in _all(policies):
        for action in statement["Action"]:
            yield statement["Sid"], action


def _without(policies: Policies, sid: str, action: str) -> dict[str, Any]:
    return {
        name: {
            "Statement": [
                {**s, "Action": [a for a in s["Action"] if (s["Sid"], a) != (sid, action)]}
                for s in policy["Statement"]
            ]
        }
        for name, policy in policies.items()
    }


def _right(call: str) -> str:
    service, _, operation = call.partition(":")
    if call in RENAMED:
        return RENAMED[call]
    for start, right in RIGHT_OF.get(service, {}).items():
        if operation.startswith(start):
            return f"{service.removesuffix('v2')}:{right}"
    return f"{'ses' if service == 'sesv2' else service}:{operation}"


@cache
def _operations(service: str) -> set[str]:
    loader: Loader = botocore.session.Session().get_component("data_loader")
    names = [MODELS.get(service, service), *(["s3control"] if service == "s3" else [])]
    return {
        operation
        for name in names
        for operation in loader.load_service_model(name, "service-2")["operations"]
    }
