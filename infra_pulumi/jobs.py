"""Work without a request: each job's queue, where its failed messages end, and its function."""

import json
from collections.abc import Mapping, Sequence
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
from infra_pulumi.job_table import Job, jobs, queue_variable
from infra_pulumi.logs import Logs
from infra_pulumi.mail import Mail
from infra_pulumi.records import Records
from infra_pulumi.storage import Storage

MOST_RECEIVES = 5
# The longest that there is: whoever looks after it may be on leave.
DEAD_SECONDS = 14 * 24 * 3600
_RECEIVE = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
)


def worker_policy(
    *,
    region: str,
    job: Job,
    queue_arn: str,
    sends_to: Sequence[str],
    table_arn: str,
    secret_arn: str,
    key_arn: str,
    viewer_role_arn: str,
    log_group_arn: str,
    mail: Sequence[Document] = (),
) -> Document:
    """Take this queue's messages, ask for what follows, act for a viewer, write its own log."""
    cache = ["dynamodb:GetItem", "dynamodb:PutItem"]
    if job.once:
        # As Powertools keeps what came of a message.
        cache += ["dynamodb:DeleteItem", "dynamodb:UpdateItem"]
    via = [f"dynamodb.{region}.amazonaws.com"]
    statements = [allow("OwnQueue", _RECEIVE, [queue_arn])]
    if sends_to:
        statements.append(allow("AskForWork", ["sqs:SendMessage"], sends_to))
    statements.append(allow("Cache", cache, [table_arn]))
    if job.for_all:
        secret = "secretsmanager:GetSecretValue"  # noqa: S105 - an action's name
        statements.append(allow("CoinbaseCredentials", [secret], [secret_arn]))
        via.append(f"secretsmanager.{region}.amazonaws.com")
    return document(
        *statements,
        allow(
            "DecryptThroughThem",
            ["kms:Decrypt"],
            [key_arn],
            condition={"StringEquals": {"kms:ViaService": via}},
        ),
        allow("ActForAViewer", ["sts:AssumeRole", "sts:TagSession"], [viewer_role_arn]),
        *mail,
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

    def __init__(
        self, name: str, config: StackConfig, job: Job, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("holdings:infra:Queue", name, opts=opts)
        child = ResourceOptions(parent=self)
        self.name = f"{config.prefix}-{job.name}"
        self.dead = aws.sqs.Queue(
            f"{job.name}-dead",
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
            job.name,
            name=self.name,
            visibility_timeout_seconds=job.visibility,
            message_retention_seconds=DEAD_SECONDS,
            sqs_managed_sse_enabled=True,
            redrive_policy=Output.json_dumps(
                {"deadLetterTargetArn": self.dead.arn, "maxReceiveCount": MOST_RECEIVES}
            ),
            opts=child,
        )
        self.register_outputs({"url": self.queue.url})


class Queues(ComponentResource):
    """Every job's, by its name."""

    def __init__(self, name: str, config: StackConfig, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Queues", name, opts=opts)
        child = ResourceOptions(parent=self)
        self.of: Mapping[str, Queue] = {
            job.name: Queue(f"{job.name}-queue", config, job, child) for job in jobs(config)
        }
        self.register_outputs({})

    def arns(self, names: Sequence[str]) -> list[Output[str]]:
        return [self.of[name].queue.arn for name in names]

    def variables(self, names: Sequence[str]) -> dict[str, Input[str]]:
        """Return what a function is told that sends to these."""
        return {queue_variable(name): self.of[name].queue.url for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerArgs:
    config: StackConfig
    storage: Storage
    records: Records
    logs: Logs
    queues: Queues
    mail: Mail
    job: Job
    # What the function is told besides, by variable.
    told: Mapping[str, Input[str]]


class Worker(ComponentResource):
    """Takes a job's messages, each of which is answered for by itself."""

    role_arn: Output[str]
    function: Output[str]

    def __init__(self, name: str, args: WorkerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Worker", name, opts=opts)
        child = ResourceOptions(parent=self)
        config, job = args.config, args.job
        called, group = f"{config.prefix}-{job.name}", args.logs.jobs[job.name]
        queue = args.queues.of[job.name].queue
        role = aws.iam.Role(
            f"{job.name}-role",
            name=called,
            description=f"What the function {called} may do",
            assume_role_policy=json.dumps(lambda_trust()),
            opts=child,
        )
        rights = [
            aws.iam.RolePolicy(
                f"{job.name}-{right}", name=right, role=role.name, policy=policy, opts=child
            )
            for right, policy in _policies(args, called, account_id(self)).items()
        ]
        function = aws.lambda_.Function(
            job.name,
            name=called,
            description=job.does,
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler=job.handler,
            code=archive(config),
            memory_size=job.memory_mb,
            timeout=job.timeout,
            environment={"variables": _variables(args)},
            logging_config={
                "log_format": "JSON",
                "log_group": group.id,
                "application_log_level": LAMBDA_LEVELS.get(config.log_level, config.log_level),
                "system_log_level": "INFO",
            },
            tracing_config={"mode": "Active"},
            vpc_config=network(config),
            # Lambda tries the role's rights when it makes the function.
            opts=ResourceOptions(parent=self, depends_on=rights),
        )
        aws.lambda_.EventSourceMapping(
            f"{job.name}-messages",
            event_source_arn=queue.arn,
            function_name=function.arn,
            batch_size=job.batch,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": config.job_concurrency},
            opts=ResourceOptions(parent=self, depends_on=rights),
        )
        self.role_arn, self.function, self.arn = role.arn, function.name, function.arn
        self.register_outputs({"function": self.function})


def _policies(args: WorkerArgs, function_name: str, account: Output[str]) -> dict[str, Output[str]]:
    config, storage, job = args.config, args.storage, args.job
    policies = {
        "own-work": policy_json(
            partial(worker_policy, region=config.region, job=job),
            sends_to=Output.all(*args.queues.arns(job.sends)),
            queue_arn=args.queues.of[job.name].queue.arn,
            table_arn=storage.table.arn,
            secret_arn=storage.secret.arn,
            key_arn=storage.key_arn,
            viewer_role_arn=args.records.viewer_role_arn,
            log_group_arn=args.logs.jobs[job.name].arn,
            mail=args.mail.statements if job.mails else [],
        )
    }
    if config.subnet_ids:
        policies["vpc"] = policy_json(
            partial(vpc_policy, region=config.region, function_name=function_name),
            account_id=account,
        )
    return policies


def _variables(args: WorkerArgs) -> dict[str, Input[str]]:
    """As the API has them; the deployment's own key is for those that read with it."""
    variables = environment(args.config, args.storage, args.records)
    if not args.job.for_all:
        del variables["CB_SECRET_NAME"]
        variables["SHARED_CONNECTION"] = "false"
    return {**variables, **args.queues.variables(args.job.sends), **args.told}
