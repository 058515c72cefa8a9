"""One case for each type of resource: its arguments, one of them changed, and who tells of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.provision.resources import Aws

# What other resources of the cases are called in the emulator, by type, and the code's archive.
Ids = Mapping[str, Any]
Inputs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """`told` reads from the emulator, by the id, what `change` changes."""

    type: str
    inputs: Callable[[Ids], Inputs]
    change: Inputs
    told: Callable[[Any, str, Ids], Any]
    values: tuple[Any, Any]
    service: str

    def now(self, aws: Aws, physical_id: str, ids: Ids) -> Any:
        return self.told(aws.client(self.service), physical_id, ids)


def policy(action: str) -> str:
    statement = {"Effect": "Allow", "Action": [action], "Resource": ["*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def action(document: Any) -> str:
    found = json.loads(document) if isinstance(document, str) else document
    return found["Statement"][0]["Action"][0]


ROLE = Case(
    "aws:iam/role:Role",
    lambda _: {"name": "role", "assumeRolePolicy": policy("sts:AssumeRole"), "description": "a"},
    {"description": "b"},
    lambda iam, name, _: iam.get_role(RoleName=name)["Role"]["Description"],
    ("a", "b"),
    "iam",
)
ROLE_POLICY = Case(
    "aws:iam/rolePolicy:RolePolicy",
    lambda ids: {"role": ids["Role"], "policy": policy("s3:GetObject")},
    {"policy": policy("s3:PutObject")},
    lambda iam, found, ids: action(
        iam.get_role_policy(RoleName=ids["Role"], PolicyName=found.split(":")[1])["PolicyDocument"]
    ),
    ("s3:GetObject", "s3:PutObject"),
    "iam",
)
LOG_GROUP = Case(
    "aws:cloudwatch/logGroup:LogGroup",
    lambda _: {"name": "/a", "retentionInDays": 7.0, "kmsKeyId": "skipped", "tags": {"a": "b"}},
    {"retentionInDays": 0.0},
    lambda logs, name, _: logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0].get(
        "retentionInDays"
    ),
    (7, None),
    "logs",
)
METRIC_FILTER = Case(
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    lambda ids: {
        "name": "count",
        "logGroupName": ids["LogGroup"],
        "pattern": "a",
        "metricTransformation": {
            "namespace": "n",
            "name": "m",
            "value": "1",
            "defaultValue": "0",
            "unit": "Count",
        },
    },
    {"pattern": "b"},
    lambda logs, _, ids: [
        found["filterPattern"]
        for found in logs.describe_metric_filters(logGroupName=ids["LogGroup"])["metricFilters"]
    ],
    (["a"], ["b"]),
    "logs",
)
FUNCTION = Case(
    "aws:lambda/function:Function",
    lambda ids: {
        "name": "function",
        "role": ids["role_arn"],
        "runtime": "python3.13",
        "handler": "app.handler",
        "code": ids["archive"],
        "publish": True,
        "memorySize": 256.0,
        "reservedConcurrentExecutions": 2.0,
        "snapStart": {"applyOn": "PublishedVersions"},
        "environment": {"variables": {"lower_case": "kept"}},
    },
    {"memorySize": 512.0, "reservedConcurrentExecutions": -1.0},
    lambda functions, name, _: (
        functions.get_function_configuration(FunctionName=name)["MemorySize"],
        functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"],
        functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions"),
        [
            version["Version"]
            for version in functions.list_versions_by_function(FunctionName=name)["Versions"]
        ],
    ),
    (
        (256, {"lower_case": "kept"}, 2, ["$LATEST", "1"]),
        (512, {"lower_case": "kept"}, None, ["$LATEST", "1", "2"]),
    ),
    "lambda",
)
ALIAS = Case(
    "aws:lambda/alias:Alias",
    lambda ids: {"name": "live", "functionName": ids["Function"], "functionVersion": "1"},
    {
        "functionVersion": "2",
        "routingConfig": {"additionalVersionWeights": {"1": 0.25}},
    },
    lambda functions, _, ids: tuple(
        functions.get_alias(FunctionName=ids["Function"], Name="live").get(key)
        for key in ("FunctionVersion", "RoutingConfig")
    ),
    (("1", None), ("2", {"AdditionalVersionWeights": {"1": 0.25}})),
    "lambda",
)
PERMISSION = Case(
    "aws:lambda/permission:Permission",
    lambda ids: {
        "action": "lambda:InvokeFunction",
        "function": ids["Function"],
        "principal": "apigateway.amazonaws.com",
        "qualifier": "live",
        "sourceArn": "arn:a",
    },
    {"sourceArn": "arn:b"},
    lambda functions, _, ids: [
        statement["Condition"]["ArnLike"]["AWS:SourceArn"]
        for statement in json.loads(
            functions.get_policy(FunctionName=ids["Function"], Qualifier="live")["Policy"]
        )["Statement"]
    ],
    (["arn:a"], ["arn:b"]),
    "lambda",
)
WARM = Case(
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
    lambda ids: {
        "functionName": ids["Function"],
        "qualifier": "live",
        "provisionedConcurrentExecutions": 1.0,
    },
    {"provisionedConcurrentExecutions": 2.0},
    lambda functions, _, ids: functions.get_provisioned_concurrency_config(
        FunctionName=ids["Function"], Qualifier="live"
    )["RequestedProvisionedConcurrentExecutions"],
    (1, 2),
    "lambda",
)
# Each stands after those whose ids it needs.
CASES = [ROLE, ROLE_POLICY, LOG_GROUP, METRIC_FILTER, FUNCTION, ALIAS, PERMISSION, WARM]
