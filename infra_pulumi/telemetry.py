"""The key that encrypts logs and alarms: services use it in their own name."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra_pulumi.account import Account
from infra_pulumi.config import StackConfig
from infra_pulumi.policies import telemetry_key_policy


class Telemetry(pulumi.ComponentResource):
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, config: StackConfig) -> None:
        super().__init__("holdings:infra:Telemetry", name)
        account = Account.of(self)
        key = aws.kms.Key(
            "telemetry-key",
            description=f"{config.prefix}: logs and alarms",
            policy=pulumi.Output.all(account.id, account.partition).apply(
                lambda found: json.dumps(
                    telemetry_key_policy(
                        account_id=str(found[0]),
                        partition=str(found[1]),
                        region=config.region,
                        log_groups=(config.function_log_group, config.access_log_group),
                    )
                )
            ),
            enable_key_rotation=True,
            deletion_window_in_days=30 if config.keep_data else 7,
            # Logs cannot be read without the key that they were written with.
            opts=pulumi.ResourceOptions(parent=self, protect=config.keep_data),
        )
        aws.kms.Alias(
            "telemetry-key-alias",
            name=f"alias/{config.prefix}-telemetry",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.key_arn = key.arn
        self.register_outputs({"key_arn": self.key_arn})
