"""A KMS key of our own, its alias, and what every key's policy begins with."""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.iam import Document, account_id, allow, policy_json


def _kms(names: str) -> list[str]:
    return [f"kms:{name}" for name in names.split()]


# What it takes to look after a key. Deciding who uses it is in it; using it is not.
KEY_ADMINISTRATION = _kms(
    "CancelKeyDeletion CreateAlias DeleteAlias DescribeKey DisableKey DisableKeyRotation"
    " EnableKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListAliases ListGrants"
    " ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy RevokeGrant"
    " RotateKeyOnDemand ScheduleKeyDeletion TagResource UntagResource UpdateAlias"
    " UpdateKeyDescription"
)
KEY_USE = _kms(
    "Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext"
    " ReEncryptFrom ReEncryptTo"
)


def account(account_id: str) -> Document:
    """The account itself as a principal: its IAM policies then decide who in it may.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    return {"AWS": f"arn:aws:iam::{account_id}:root"}


def administration(account_id: str) -> Document:
    return allow(
        # Without it nobody could ever change or delete the key again.
        "AccountAdministersKey",
        KEY_ADMINISTRATION,
        "*",  # in a key's policy: this key, which has no name of its own yet
        principal=account(account_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyArgs:
    """`policy` makes the key's policy from `account_id`; `alias` has no "alias/" before it."""

    config: StackConfig
    description: str
    alias: str
    policy: Callable[..., Document]
    # Whether anything that is kept is written with it.
    encrypts_data: bool = True


class EncryptionKey(ComponentResource):
    def __init__(self, name: str, args: KeyArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:EncryptionKey", name, opts=opts)
        keep = args.config.keep_data and args.encrypts_data
        key = aws.kms.Key(
            name,
            description=args.description,
            policy=policy_json(args.policy, account_id=account_id(self)),
            enable_key_rotation=True,
            deletion_window_in_days=30 if keep else 7,
            # What is kept cannot be read without the key that it was written with.
            opts=ResourceOptions(parent=self, protect=keep),
        )
        aws.kms.Alias(
            f"{name}-alias",
            name=f"alias/{args.alias}",
            target_key_id=key.key_id,
            opts=ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
