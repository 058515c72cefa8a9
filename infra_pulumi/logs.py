"""The log groups of functions and gateway, and the key that encrypts logs and alarms.

Own the groups before whatever writes to them: a group that a service makes has no retention.
"""

from collections.abc import Sequence
from functools import partial

import pulumi_aws as aws
from pulumi import ComponentResource, ResourceOptions

from infra_pulumi.alarm_topic import alarms_use_key
from infra_pulumi.config import StackConfig
from infra_pulumi.encryption import KEY_USE, EncryptionKey, KeyArgs, administration
from infra_pulumi.iam import Document, allow, document, service
from infra_pulumi.job_table import PLAN, jobs


def log_key_policy(*, account_id: str, region: str, log_groups: Sequence[str]) -> Document:
    """Return the policy of the key for these groups and for what alarms say.

    Two services use it in their own name: CloudWatch Logs for these groups alone, and the alarms
    when they publish.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    groups = [f"arn:aws:logs:{region}:{account_id}:log-group:{name}" for name in log_groups]
    return document(
        administration(account_id),
        allow(
            "LogsUseKeyForTheirGroups",
            KEY_USE,
            "*",
            principal=service(f"logs.{region}"),
            condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": groups}},
        ),
        alarms_use_key(),
    )


class Logs(ComponentResource):
    """`function`, `access` and, by name, `jobs` are the groups; alarms use the key too."""

    def __init__(self, name: str, config: StackConfig, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Logs", name, opts=opts)
        self._config = config
        function = f"/aws/lambda/{config.prefix}-api"
        working = (PLAN, *(job.name for job in jobs(config)))
        names = {job: f"/aws/lambda/{config.prefix}-{job}" for job in working}
        # Under this prefix the gateway adds nothing to the account's one policy for log
        # delivery, which has room for a few groups only.
        access = f"/aws/vendedlogs/{config.prefix}-access"
        key = EncryptionKey(
            "log-key",
            KeyArgs(
                config=config,
                description=f"{config.prefix}: logs and alarms",
                alias=f"{config.prefix}-logs",
                policy=partial(
                    log_key_policy,
                    region=config.region,
                    log_groups=sorted((function, *names.values(), access)),
                ),
            ),
            ResourceOptions(parent=self),
        )
        self.key_arn = key.arn
        self.function = self._group("function-log", function)
        self.jobs = {job: self._group(f"{job}-log", group) for job, group in names.items()}
        self.access = self._group("access-log", access)
        self.register_outputs({"key_arn": self.key_arn})

    def _group(self, resource_name: str, name: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            resource_name,
            name=name,
            retention_in_days=self._config.log_retention_days,
            kms_key_id=self.key_arn,
            opts=ResourceOptions(parent=self, protect=self._config.keep_data),
        )
