"""The app as a Lambda function, behind the one alias that everything invokes."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_aws as aws

from infra_pulumi.config import StackConfig
from infra_pulumi.config_function import FunctionConfig
from infra_pulumi.log_group import log_group
from infra_pulumi.role import FunctionRole
from infra_pulumi.storage import Storage

ROOT = Path(__file__).resolve().parents[1]
LIVE = "live"
# Lambda's words for the levels of Python's logging, where they differ.
LAMBDA_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}


class Function(pulumi.ComponentResource):
    name: pulumi.Output[str]
    alias: pulumi.Output[str]
    alias_invoke_arn: pulumi.Output[str]
    log_group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        config: StackConfig,
        *,
        storage: Storage,
        telemetry_key_arn: pulumi.Input[str],
    ) -> None:
        super().__init__("holdings:infra:Function", name)
        self._config = config
        logs = log_group(
            "function-log",
            config.function_log_group,
            config,
            key_arn=telemetry_key_arn,
            parent=self,
        )
        role = FunctionRole("role", config, storage=storage, log_group_arn=logs.arn, parent=self)
        function = self._function(role, storage, logs)
        alias = self._alias(function)
        self.name, self.alias = function.name, alias.name
        self.alias_invoke_arn, self.log_group_id = alias.invoke_arn, logs.id
        self.register_outputs({"name": self.name, "alias": self.alias})

    def _function(
        self, role: FunctionRole, storage: Storage, logs: aws.cloudwatch.LogGroup
    ) -> aws.lambda_.Function:
        config, settings = self._config, self._config.function
        return aws.lambda_.Function(
            "api",
            name=config.function_name,
            description="Serves the holdings API",
            role=role.arn,
            runtime="python3.13",
            architectures=["arm64"],
            handler="app.handler",
            code=_archive(settings),
            # Each change of code or settings is a version of its own, to go back to.
            publish=True,
            memory_size=settings.memory_mb,
            timeout=settings.timeout_seconds,
            reserved_concurrent_executions=settings.reserved_concurrency,
            environment={"variables": self._environment(storage)},
            logging_config={
                "log_format": "JSON",
                "log_group": logs.id,
                "application_log_level": LAMBDA_LEVELS.get(
                    settings.app.log_level, settings.app.log_level
                ),
                "system_log_level": "INFO",  # the report of each call: duration, memory, start
            },
            tracing_config={"mode": "Active"},
            snap_start={"apply_on": "PublishedVersions"} if settings.snap_start else None,
            vpc_config={
                "subnet_ids": list(settings.subnet_ids),
                "security_group_ids": list(settings.security_group_ids),
            }
            if settings.in_vpc
            else None,
            # Lambda tries the role's rights when it makes the function.
            opts=pulumi.ResourceOptions(parent=self, depends_on=role.rights),
        )

    def _environment(self, storage: Storage) -> dict[str, pulumi.Input[str]]:
        app = self._config.function.app
        variables: dict[str, pulumi.Input[str]] = {
            "DEFAULT_USER_ID": app.default_user_id,
            "DDB_TABLE": storage.table_name,
            "CB_BASE_URL": app.cb_base_url,
            "CB_SECRET_NAME": storage.secret_name,
            "CACHE_TTL_SECONDS": str(app.cache_ttl_seconds),
            "STALE_TTL_SECONDS": str(app.stale_ttl_seconds),
            "SECRET_CACHE_TTL_SECONDS": str(app.secret_cache_ttl_seconds),
            "LOG_LEVEL": app.log_level,
        }
        if self._config.http_api.cors_origins:
            variables["CORS_ALLOW_ORIGIN"] = ",".join(self._config.http_api.cors_origins)
        if app.app_version:
            variables["APP_VERSION"] = app.app_version
        return variables

    def _alias(self, function: aws.lambda_.Function) -> aws.lambda_.Alias:
        # Nothing is ignored here. A rollback or a canary moves the alias behind Pulumi's back,
        # and stays until the next change of code or settings: that publishes a version, and
        # `up` puts it live and ends the canary, as whoever runs it expects. Were the alias's
        # version ignored, a changed setting would be deployed and never reach anybody; a plan
        # with --refresh shows what an `up` would undo. Code that was deployed without Pulumi is
        # no drift: Lambda publishes nothing new for the same archive and settings.
        alias = aws.lambda_.Alias(
            "live",
            name=LIVE,
            description="The version that the API invokes",
            function_name=function.name,
            function_version=function.version,
            opts=pulumi.ResourceOptions(parent=self),
        )
        warm = self._config.function.provisioned_concurrency
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
                opts=pulumi.ResourceOptions(parent=self),
            )
        return alias


def _archive(settings: FunctionConfig) -> pulumi.FileArchive:
    path = ROOT / settings.code_archive
    if not path.is_file():
        raise pulumi.RunError(f"{settings.code_archive} is not there: run `make package` first")
    return pulumi.FileArchive(str(path))
