"""Where the snapshots and Coinbase's credentials are kept, and the key that encrypts both."""

from collections.abc import Sequence
from functools import partial

import pulumi_aws as aws
from pulumi import ComponentResource, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.encryption import KEY_USE, EncryptionKey, KeyArgs, account, administration
from infra_pulumi.iam import Document, allow, document


def data_key_policy(*, account_id: str, region: str, services: Sequence[str]) -> Document:
    """Return the policy of the key that encrypts what we store.

    Nobody decrypts with it directly: only by way of `services` ("dynamodb"), in this account and
    region.
    """
    via = [f"{name}.{region}.amazonaws.com" for name in services]
    return document(
        administration(account_id),
        allow(
            "AccountUsesKeyThroughServices",
            sorted([*KEY_USE, "kms:CreateGrant"]),
            "*",
            principal=account(account_id),
            condition={"StringEquals": {"kms:CallerAccount": account_id, "kms:ViaService": via}},
        ),
    )


class Storage(ComponentResource):
    """The cache table, the empty container of the secret, and their key.

    The secret's value is an operator's business: a value that Pulumi knew would be in its state.
    """

    def __init__(self, name: str, config: StackConfig, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Storage", name, opts=opts)
        kept = ResourceOptions(parent=self, protect=config.keep_data)
        services = ("dynamodb", "secretsmanager")
        key = EncryptionKey(
            "data-key",
            KeyArgs(
                config=config,
                description=f"{config.prefix}: snapshots and credentials",
                alias=config.prefix,
                policy=partial(data_key_policy, region=config.region, services=services),
            ),
            ResourceOptions(parent=self),
        )
        self.table = aws.dynamodb.Table(
            "cache",
            name=f"{config.prefix}-cache",
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            attributes=[{"name": "pk", "type": "S"}],
            ttl={"attribute_name": "ttl", "enabled": True},
            server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
            point_in_time_recovery={"enabled": config.keep_data},
            deletion_protection_enabled=config.keep_data,
            opts=kept,
        )
        self.secret = aws.secretsmanager.Secret(
            "coinbase",
            name=f"{config.prefix}-coinbase",
            description="Coinbase Exchange api_key, api_secret and passphrase, as JSON",
            kms_key_id=key.arn,
            # A deleted name stays reserved this long, which would stop the next `up`.
            recovery_window_in_days=30 if config.keep_data else 0,
            opts=kept,
        )
        self.key_arn = key.arn
        self.register_outputs({"table": self.table.name, "secret": self.secret.name})
