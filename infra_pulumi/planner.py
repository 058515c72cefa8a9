"""What wakes the planner each minute, and what that may do: look at what is due, and ask for it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.function import (
    LAMBDA_LEVELS,
    archive,
    environment,
    lambda_trust,
    network,
    vpc_policy,
)
from infra_pulumi.iam import Document, account_id, allow, document, policy_json, service
from infra_pulumi.job_table import PLAN, PLANNED
from infra_pulumi.jobs import Queues
from infra_pulumi.logs import Logs
from infra_pulumi.records import DUE, Records
from infra_pulumi.storage import Storage

TIMEOUT_SECONDS, MEMORY_MB = 60, 256
EVERY = "rate(1 minute)"
# A minute that was missed is made up for by the next one.
MOST_RETRIES, LONGEST_SECONDS = 1, 120


def planner_policy(
    *,
    region: str,
    queue_arns: Sequence[str],
    table_arn: str,
    key_arn: str,
    records_table: str,
    records_arn: str,
    records_key_arn: str,
    log_group_arn: str,
) -> Document:
    """Look at the index alone, of whose items it has the keys; keep its place; put on queues."""
    via = {"kms:ViaService": [f"dynamodb.{region}.amazonaws.com"]}
    return document(
        allow("WhatIsDue", ["dynamodb:Query"], [f"{records_arn}/index/{DUE}"]),
        allow(
            "DecryptTheIndex",
            ["kms:Decrypt"],
            [records_key_arn],
            condition={
                "StringEquals": {
                    **via,
                    "kms:EncryptionContext:aws:dynamodb:tableName": records_table,
                }
            },
        ),
        allow("AskForWork", ["sqs:SendMessage"], queue_arns),
        allow("OwnPlace", ["dynamodb:GetItem", "dynamodb:PutItem"], [table_arn]),
        allow("DecryptTheCache", ["kms:Decrypt"], [key_arn], condition={"StringEquals": via}),
        allow(
            "OwnLog",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{log_group_arn}:log-stream:*"],
        ),
        # X-Ray knows no resources for these two.
        allow("Traces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"]),
    )


def schedule_trust(*, account_id: str) -> Document:
    return document(
        allow(
            "SchedulesOfThisAccount",
            ["sts:AssumeRole"],
            principal=service("scheduler"),
            condition={"StringEquals": {"aws:SourceAccount": account_id}},
        )
    )


def schedule_policy(*, function_arn: str) -> Document:
    return document(allow("WakeThePlanner", ["lambda:InvokeFunction"], [function_arn]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerArgs:
    config: StackConfig
    storage: Storage
    records: Records
    queues: Queues
    logs: Logs


class Planner(ComponentResource):
    def __init__(self, name: str, args: PlannerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Planner", name, opts=opts)
        self._child, self._args = ResourceOptions(parent=self), args
        config = args.config
        self._called = f"{config.prefix}-{PLAN}"
        function = self._function()
        role = aws.iam.Role(
            "schedule-role",
            name=f"{config.prefix}-schedule",
            description=f"What the schedule of {self._called} may do",
            assume_role_policy=policy_json(schedule_trust, account_id=account_id(self)),
            opts=self._child,
        )
        wakes = aws.iam.RolePolicy(
            "schedule-wakes-planner",
            name="wake-the-planner",
            role=role.name,
            policy=policy_json(schedule_policy, function_arn=function.arn),
            opts=self._child,
        )
        self.schedule = aws.scheduler.Schedule(
            "plan-schedule",
            name=self._called,
            description="Wakes the planner, which finds out what is due",
            schedule_expression=EVERY,
            flexible_time_window={"mode": "OFF"},
            state="ENABLED" if config.schedules else "DISABLED",
            target={
                "arn": function.arn,
                "role_arn": role.arn,
                "input": "{}",
                "retry_policy": {
                    "maximum_retry_attempts": MOST_RETRIES,
                    "maximum_event_age_in_seconds": LONGEST_SECONDS,
                },
            },
            opts=ResourceOptions(parent=self, depends_on=[wakes]),
        )
        self.function, self.arn = function.name, function.arn
        self.register_outputs({"function": self.function})

    def _function(self) -> aws.lambda_.Function:
        config, logs = self._args.config, self._args.logs
        role = aws.iam.Role(
            "plan-role",
            name=self._called,
            description=f"What the function {self._called} may do",
            assume_role_policy=json.dumps(lambda_trust()),
            opts=self._child,
        )
        rights = [
            aws.iam.RolePolicy(
                f"plan-{right}", name=right, role=role.name, policy=policy, opts=self._child
            )
            for right, policy in self._policies().items()
        ]
        return aws.lambda_.Function(
            PLAN,
            name=self._called,
            description="Finds out what is due, and asks for it",
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler="holdings.jobs.plan.handler",
            code=archive(config),
            memory_size=MEMORY_MB,
            timeout=TIMEOUT_SECONDS,
            environment={"variables": self._variables()},
            logging_config={
                "log_format": "JSON",
                "log_group": logs.jobs[PLAN].id,
                "application_log_level": LAMBDA_LEVELS.get(config.log_level, config.log_level),
                "system_log_level": "INFO",
            },
            tracing_config={"mode": "Active"},
            vpc_config=network(config),
            opts=ResourceOptions(parent=self, depends_on=rights),
        )

    def _policies(self) -> dict[str, Output[str]]:
        args, config = self._args, self._args.config
        policies = {
            "own-work": policy_json(
                partial(planner_policy, region=config.region),
                queue_arns=Output.all(*args.queues.arns(PLANNED)),
                table_arn=args.storage.table.arn,
                key_arn=args.storage.key_arn,
                records_table=args.records.table.name,
                records_arn=args.records.table.arn,
                records_key_arn=args.records.key_arn,
                log_group_arn=args.logs.jobs[PLAN].arn,
            )
        }
        if config.subnet_ids:
            policies["vpc"] = policy_json(
                partial(vpc_policy, region=config.region, function_name=self._called),
                account_id=account_id(self),
            )
        return policies

    def _variables(self) -> dict[str, Input[str]]:
        args = self._args
        variables = environment(args.config, args.storage, args.records)
        del variables["CB_SECRET_NAME"]
        return {
            **variables,
            "SHARED_CONNECTION": "false",
            "INSIGHTS_SECONDS": str(args.config.insights_minutes * 60),
            "INSIGHTS_HOUR": str(args.config.insights_hour),
            **args.queues.variables(PLANNED),
        }
