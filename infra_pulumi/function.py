"""The app as a Lambda function, what it may do, and the one alias that everything invokes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.iam import Document, account_id, allow, document, policy_json, service
from infra_pulumi.logs import Logs
from infra_pulumi.records import Records
from infra_pulumi.storage import Storage

ROOT = Path(__file__).resolve().parents[1]
# Lambda's words for the levels of Python's logging, where they differ.
LAMBDA_LEVELS = {"WARNING": "WARN"}
# What Lambda does in the function's name to give it network interfaces in a VPC.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
INTERFACE_CHANGES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
)
INSIGHTS_LOG = "/aws/lambda-insights"
INTERFACE_READS = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets")


def lambda_trust() -> Document:
    return document(allow("LambdaRunsTheFunction", ["sts:AssumeRole"], principal=service("lambda")))


def function_policy(
    *,
    region: str,
    table_arn: str,
    secret_arn: str,
    key_arn: str,
    viewer_role_arn: str,
    queue_arns: Sequence[str],
    log_group_arn: str,
) -> Document:
    """Use the cache, read the secret, act for a viewer, ask for work, write its own log."""
    via = [f"{name}.{region}.amazonaws.com" for name in ("dynamodb", "secretsmanager")]
    return document(
        allow("Cache", ["dynamodb:GetItem", "dynamodb:PutItem"], [table_arn]),
        allow("CoinbaseCredentials", ["secretsmanager:GetSecretValue"], [secret_arn]),
        # Both services decrypt as the caller: DynamoDB its table's key, for reads and for writes,
        # Secrets Manager the data key of the secret's value.
        allow(
            "DecryptThroughThem",
            ["kms:Decrypt"],
            [key_arn],
            condition={"StringEquals": {"kms:ViaService": via}},
        ),
        # The records and their key are for that role alone, whose sessions are a viewer's each.
        allow("ActForAViewer", ["sts:AssumeRole", "sts:TagSession"], [viewer_role_arn]),
        allow("AskForWork", ["sqs:SendMessage"], queue_arns),
        # No CreateLogGroup: a group that Lambda made would have no retention and no key.
        allow(
            "OwnLog",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{log_group_arn}:log-stream:*"],
        ),
        # X-Ray knows no resources for these two.
        allow("Traces", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"]),
    )


def vpc_policy(*, account_id: str, region: str, function_name: str) -> Document:
    """Network interfaces for Lambda itself, and for nothing that runs inside the function."""
    function_arn = f"arn:aws:lambda:{region}:{account_id}:function:{function_name}"
    return document(
        # Deleting takes any resource's name or none: an interface has its name from EC2.
        allow(
            "LambdaAttachesTheFunction",
            INTERFACE_CHANGES,
            [f"arn:aws:ec2:{region}:{account_id}:*/*"],
        ),
        # EC2 knows no resources for describing.
        allow("LambdaLooksAtTheNetwork", INTERFACE_READS, ["*"]),
        allow(
            "TheCodeDoesNeither",
            [*INTERFACE_CHANGES, *INTERFACE_READS],
            ["*"],
            condition={"ArnEquals": {"lambda:SourceFunctionArn": [function_arn]}},
            effect="Deny",
        ),
    )


def insights_policy(*, account_id: str, region: str) -> Document:
    """Let the extension of Lambda Insights write to its log group, which makes its metrics.

    The group has one name for a whole account and region, so that no stack can own it: the
    operator makes it once, with a retention.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-example-event.html
    """
    return document(
        allow(
            "InsightsLog",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [f"arn:aws:logs:{region}:{account_id}:log-group:{INSIGHTS_LOG}:log-stream:*"],
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionArgs:
    config: StackConfig
    storage: Storage
    records: Records
    # Those of the jobs that the API asks for: their ARNs, and what it is told of them.
    queue_arns: Sequence[Input[str]]
    told: Mapping[str, Input[str]]
    logs: Logs


class Function(ComponentResource):
    def __init__(self, name: str, args: FunctionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Function", name, opts=opts)
        self._args, self._config = args, args.config
        self._child = ResourceOptions(parent=self)
        self._name = f"{self._config.prefix}-api"
        role = aws.iam.Role(
            "function-role",
            name=f"{self._config.prefix}-function",
            description=f"What the function {self._name} may do",
            assume_role_policy=json.dumps(lambda_trust()),
            opts=self._child,
        )
        function = self._function(role, self._rights(role))
        self.role_arn, self.name, self.alias = role.arn, function.name, self._live(function)
        self.arn = function.arn
        self.register_outputs({"name": self.name, "alias": self.alias.name})

    def _rights(self, role: aws.iam.Role) -> list[Resource]:
        config, storage = self._config, self._args.storage
        policies = {
            "own-resources": policy_json(
                partial(function_policy, region=config.region),
                table_arn=storage.table.arn,
                secret_arn=storage.secret.arn,
                key_arn=storage.key_arn,
                viewer_role_arn=self._args.records.viewer_role_arn,
                queue_arns=Output.all(*self._args.queue_arns),
                log_group_arn=self._args.logs.function.arn,
            )
        }
        if config.lambda_insights_layer_arn:
            policies["insights"] = policy_json(
                partial(insights_policy, region=config.region), account_id=account_id(self)
            )
        if config.subnet_ids:
            policies["vpc"] = policy_json(
                partial(vpc_policy, region=config.region, function_name=self._name),
                account_id=account_id(self),
            )
        return [
            aws.iam.RolePolicy(
                f"function-{name}", name=name, role=role.name, policy=policy, opts=self._child
            )
            for name, policy in policies.items()
        ]

    def _function(self, role: aws.iam.Role, rights: list[Resource]) -> aws.lambda_.Function:
        config = self._config
        return aws.lambda_.Function(
            "api",
            name=self._name,
            description="Serves the holdings API",
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler="app.handler",
            code=archive(config),
            # Each change of code or settings is a version of its own, to go back to.
            publish=True,
            memory_size=config.memory_mb,
            timeout=config.timeout_seconds,
            reserved_concurrent_executions=config.reserved_concurrency,
            environment={"variables": self._environment()},
            logging_config={
                "log_format": "JSON",
                "log_group": self._args.logs.function.id,
                "application_log_level": LAMBDA_LEVELS.get(config.log_level, config.log_level),
                "system_log_level": "INFO",  # the report of each call: duration, memory, start
            },
            tracing_config={"mode": "Active"},
            layers=[config.lambda_insights_layer_arn] if config.lambda_insights_layer_arn else None,
            snap_start={"apply_on": "PublishedVersions"} if config.snap_start else None,
            vpc_config=network(config),
            # Lambda tries the role's rights when it makes the function.
            opts=ResourceOptions(parent=self, depends_on=rights),
        )

    def _environment(self) -> dict[str, Input[str]]:
        config, args = self._config, self._args
        variables = environment(config, args.storage, args.records)
        variables |= {**args.told, "METRICS_NAMESPACE": config.metrics_namespace}
        if config.mail_from:
            variables["MAIL_FROM"] = config.mail_from
        if config.cors_origins:
            variables |= {
                "CORS_ALLOW_ORIGIN": ",".join(config.cors_origins),
                "CORS_ALLOW_HEADERS": ",".join(config.cors_headers),
                "CORS_ALLOW_METHODS": ",".join(config.cors_methods),
            }
        if config.origin_key:
            # Its digest is enough to know it by, and opens nothing.
            variables["ORIGIN_KEY_SHA256"] = sha256(config.origin_key.encode()).hexdigest()
        return variables

    def _live(self, function: aws.lambda_.Function) -> aws.lambda_.Alias:
        # Nothing is ignored here. A rollback or a canary moves the alias behind Pulumi's back,
        # and stays until the next change of code or settings: that publishes a version, and
        # `up` puts it live and ends the canary, as whoever runs it expects. Were the alias's
        # version ignored, a changed setting would be deployed and never reach anybody; a plan
        # with --refresh shows what an `up` would undo. Code that was deployed without Pulumi is
        # no drift: Lambda publishes nothing new for the same archive and settings.
        alias = aws.lambda_.Alias(
            "live",
            name="live",
            description="The version that the API invokes",
            function_name=function.name,
            function_version=function.version,
            opts=self._child,
        )
        warm = self._config.provisioned_concurrency
        if warm:
            pulumi.log.warn(
                "no canary beside provisionedConcurrency: Lambda takes no weights on such an alias",
                alias,
            )
            aws.lambda_.ProvisionedConcurrencyConfig(
                "live-warm",
                function_name=function.name,
                qualifier=alias.name,
                provisioned_concurrent_executions=warm,
                opts=self._child,
            )
        return alias


def environment(config: StackConfig, storage: Storage, records: Records) -> dict[str, Input[str]]:
    """Return what every function of the app is told."""
    variables: dict[str, Input[str]] = {
        "DEFAULT_USER_ID": config.default_user_id,
        "DDB_TABLE": storage.table.name,
        "CB_BASE_URL": config.cb_base_url,
        "CB_SECRET_NAME": storage.secret.name,
        "CB_ADVANCED_URL": config.cb_advanced_url,
        "RECORDS_TABLE": records.table.name,
        "VIEWER_ROLE_ARN": records.viewer_role_arn,
        "RECORDS_KEY_ID": records.key_arn,
        "ENVIRONMENT": config.stack,
        "SHARED_CONNECTION": json.dumps(config.shared_connection),
        "CACHE_TTL_SECONDS": str(config.cache_ttl_seconds),
        "STALE_TTL_SECONDS": str(config.stale_ttl_seconds),
        "SECRET_CACHE_TTL_SECONDS": str(config.secret_cache_ttl_seconds),
        "REFRESH_SECONDS": str(config.refresh_minutes * 60),
        "SYNC_HISTORY_SECONDS": str(config.sync_history_minutes * 60),
        "LOG_LEVEL": config.log_level,
        "API_PREFIX": config.api_prefix,
    }
    optional = {
        "CB_MARKET_URL": config.cb_market_url,
        "SHARED_LABEL": config.shared_label,
        "APP_NAME": config.app_name,
        "APP_VERSION": config.app_version,
    }
    return variables | {name: value for name, value in optional.items() if value}


def network(config: StackConfig) -> aws.lambda_.FunctionVpcConfigArgsDict | None:
    """Return the subnets and security groups that functions are attached to, None without any."""
    if not config.subnet_ids:
        return None
    return {
        "subnet_ids": list(config.subnet_ids),
        "security_group_ids": list(config.security_group_ids),
    }


def archive(config: StackConfig) -> pulumi.FileArchive:
    path = ROOT / config.code_archive
    if not path.is_file():
        raise pulumi.RunError(f"{config.code_archive} is not there: run `make package` first")
    return pulumi.FileArchive(str(path))
