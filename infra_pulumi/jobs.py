"""Work without a request: the queue of the job sync-history, and the function that does it."""

import json
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
from infra_pulumi.iam import Document, account_id, allow, document, policy_json
from infra_pulumi.logs import Logs
from infra_pulumi.records import Records
from infra_pulumi.storage import Storage

SYNC_HISTORY = "sync-history"
# At least six times as long as a run may take: a message that is being worked on is not seen.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_FACTOR = 6
MOST_RECEIVES = 5
# The longest that there is: whoever looks after it may be on leave.
DEAD_SECONDS = 14 * 24 * 3600


def worker_policy(
    *,
    region: str,
    queue_arn: str,
    table_arn: str,
    key_arn: str,
    viewer_role_arn: str,
    log_group_arn: str,
) -> Document:
    """Take and send messages of this queue, use the cache, act for a viewer, write its own log."""
    return document(
        allow(
            "OwnQueue",
            [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
            ],
            [queue_arn],
        ),
        allow("Cache", ["dynamodb:GetItem", "dynamodb:PutItem"], [table_arn]),
        allow(
            "DecryptTheCache",
            ["kms:Decrypt"],
            [key_arn],
            condition={"StringEquals": {"kms:ViaService": [f"dynamodb.{region}.amazonaws.com"]}},
        ),
        allow("ActForAViewer", ["sts:AssumeRole", "sts:TagSession"], [viewer_role_arn]),
        allow(
            "OwnLog",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{log_group_arn}:log-stream:*"],
        ),
        # X-Ray knows no resources for these two.
        allow("Traces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"]),
    )


class Queue(ComponentResource):
    """A queue of work, and where its messages end that cannot be done."""

    def __init__(self, name: str, config: StackConfig, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Queue", name, opts=opts)
        child = ResourceOptions(parent=self)
        self.name = f"{config.prefix}-{SYNC_HISTORY}"
        self.dead = aws.sqs.Queue(
            f"{SYNC_HISTORY}-dead",
            name=f"{self.name}-dead",
            message_retention_seconds=DEAD_SECONDS,
            sqs_managed_sse_enabled=True,
            # By its name: each of the two names the other.
            redrive_allow_policy=Output.json_dumps(
                {
                    "redrivePermission": "byQueue",
                    "sourceQueueArns": [
                        Output.concat(
                            f"arn:aws:sqs:{config.region}:", account_id(self), f":{self.name}"
                        )
                    ],
                }
            ),
            opts=child,
        )
        self.queue = aws.sqs.Queue(
            SYNC_HISTORY,
            name=self.name,
            visibility_timeout_seconds=VISIBILITY_FACTOR * config.job_timeout_seconds,
            message_retention_seconds=DEAD_SECONDS,
            sqs_managed_sse_enabled=True,
            redrive_policy=Output.json_dumps(
                {"deadLetterTargetArn": self.dead.arn, "maxReceiveCount": MOST_RECEIVES}
            ),
            opts=child,
        )
        self.register_outputs({"url": self.queue.url})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerArgs:
    config: StackConfig
    storage: Storage
    records: Records
    logs: Logs
    queue: Queue


class Worker(ComponentResource):
    """Takes one message at a time, each of which may take as long as a run may."""

    role_arn: Output[str]
    function: Output[str]

    def __init__(self, name: str, args: WorkerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Worker", name, opts=opts)
        self._child = ResourceOptions(parent=self)
        config, queue = args.config, args.queue.queue
        called = f"{config.prefix}-{SYNC_HISTORY}"
        role = aws.iam.Role(
            "worker-role",
            name=called,
            description=f"What the function {called} may do",
            assume_role_policy=json.dumps(lambda_trust()),
            opts=self._child,
        )
        rights = [
            aws.iam.RolePolicy(
                f"worker-{right}", name=right, role=role.name, policy=policy, opts=self._child
            )
            for right, policy in _policies(args, called, account_id(self)).items()
        ]
        function = aws.lambda_.Function(
            SYNC_HISTORY,
            name=called,
            description="Reads accounts' histories",
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler="holdings.jobs.sync_history.handler",
            code=archive(config),
            memory_size=config.job_memory_mb,
            timeout=config.job_timeout_seconds,
            environment={"variables": _variables(args)},
            logging_config={
                "log_format": "JSON",
                "log_group": args.logs.jobs.id,
                "application_log_level": LAMBDA_LEVELS.get(config.log_level, config.log_level),
                "system_log_level": "INFO",
            },
            tracing_config={"mode": "Active"},
            vpc_config=network(config),
            # Lambda tries the role's rights when it makes the function.
            opts=ResourceOptions(parent=self, depends_on=rights),
        )
        aws.lambda_.EventSourceMapping(
            f"{SYNC_HISTORY}-messages",
            event_source_arn=queue.arn,
            function_name=function.arn,
            batch_size=1,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": config.job_concurrency},
            opts=ResourceOptions(parent=self, depends_on=rights),
        )
        self.role_arn, self.function = role.arn, function.name
        self.register_outputs({"function": self.function})


def _policies(args: WorkerArgs, function_name: str, account: Output[str]) -> dict[str, Output[str]]:
    config, storage = args.config, args.storage
    policies = {
        "own-work": policy_json(
            partial(worker_policy, region=config.region),
            queue_arn=args.queue.queue.arn,
            table_arn=storage.table.arn,
            key_arn=storage.key_arn,
            viewer_role_arn=args.records.viewer_role_arn,
            log_group_arn=args.logs.jobs.arn,
        )
    }
    if config.subnet_ids:
        policies["vpc"] = policy_json(
            partial(vpc_policy, region=config.region, function_name=function_name),
            account_id=account,
        )
    return policies


def _variables(args: WorkerArgs) -> dict[str, Input[str]]:
    """As the API has them; the deployment's own key is none of its business."""
    variables = environment(args.config, args.storage, args.records)
    del variables["CB_SECRET_NAME"]
    return {
        **variables,
        "SHARED_CONNECTION": "false",
        "SYNC_HISTORY_QUEUE_URL": args.queue.queue.url,
    }
