"""Where the snapshots and Coinbase's credentials are kept, and the key that encrypts both."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra_pulumi.config import StackConfig
from infra_pulumi.policies import data_key_policy


class Storage(pulumi.ComponentResource):
    """The cache table, the empty container of the secret, and their key.

    The secret's value is an operator's business: a value that Pulumi knew would be in its state.
    """

    table_name: pulumi.Output[str]
    table_arn: pulumi.Output[str]
    secret_name: pulumi.Output[str]
    secret_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, config: StackConfig) -> None:
        super().__init__("holdings:infra:Storage", name)
        self._config = config
        key = self._key()
        table, secret = self._table(key), self._secret(key)
        self.table_name, self.table_arn = table.name, table.arn
        self.secret_name, self.secret_arn = secret.name, secret.arn
        self.key_arn = key.arn
        self.register_outputs({"table_name": self.table_name, "secret_name": self.secret_name})

    def _keep(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, protect=self._config.keep_data)

    def _key(self) -> aws.kms.Key:
        config = self._config
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        partition = aws.get_partition_output(opts=pulumi.InvokeOptions(parent=self))
        policy = pulumi.Output.all(account.account_id, partition.partition).apply(
            lambda found: json.dumps(
                data_key_policy(
                    account_id=str(found[0]),
                    partition=str(found[1]),
                    region=config.region,
                    services=("dynamodb", "secretsmanager"),
                )
            )
        )
        key = aws.kms.Key(
            "data-key",
            description=f"{config.prefix}: snapshots and credentials",
            policy=policy,
            enable_key_rotation=True,
            deletion_window_in_days=30 if config.keep_data else 7,
            opts=self._keep(),
        )
        aws.kms.Alias(
            "data-key-alias",
            name=f"alias/{config.prefix}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key

    def _table(self, key: aws.kms.Key) -> aws.dynamodb.Table:
        config = self._config
        return aws.dynamodb.Table(
            "cache",
            name=f"{config.prefix}-cache",
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            attributes=[{"name": "pk", "type": "S"}],
            ttl={"attribute_name": "ttl", "enabled": True},
            server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
            point_in_time_recovery={"enabled": config.keep_data},
            deletion_protection_enabled=config.keep_data,
            opts=self._keep(),
        )

    def _secret(self, key: aws.kms.Key) -> aws.secretsmanager.Secret:
        config = self._config
        return aws.secretsmanager.Secret(
            "coinbase",
            name=f"{config.prefix}-coinbase",
            description="Coinbase Exchange api_key, api_secret and passphrase, as JSON",
            kms_key_id=key.arn,
            # A deleted name stays reserved this long, which would stop the next `up`.
            recovery_window_in_days=30 if config.keep_data else 0,
            opts=self._keep(),
        )
