"""A log group as every part of the system has it: retained so long, encrypted, never public."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra_pulumi.config import StackConfig


def log_group(
    resource_name: str,
    name: str,
    config: StackConfig,
    *,
    key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
) -> aws.cloudwatch.LogGroup:
    return aws.cloudwatch.LogGroup(
        resource_name,
        name=name,
        retention_in_days=config.log_retention_days,
        kms_key_id=key_arn,
        opts=pulumi.ResourceOptions(parent=parent, protect=config.keep_data),
    )
