"""Policy documents as plain data: a function of plain arguments, with nothing of Pulumi in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]

# What it takes to look after a key. Deciding who uses it is in it; using it is not.
KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
KEY_USE = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def data_key_policy(
    *, account_id: str, region: str, services: Sequence[str], partition: str = "aws"
) -> Document:
    """The policy of the key that encrypts what we store.

    The account's own IAM policies decide who may do either (that is what naming its root as the
    principal means), but nobody decrypts with the key directly: only by way of `services`
    ("dynamodb"), in this account and region.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    account = {"AWS": f"arn:{partition}:iam::{account_id}:root"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            _administration(account),
            {
                "Sid": "AccountUsesKeyThroughServices",
                "Effect": "Allow",
                "Principal": account,
                "Action": list(KEY_USE),
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:CallerAccount": account_id,
                        "kms:ViaService": [f"{name}.{region}.amazonaws.com" for name in services],
                    }
                },
            },
        ],
    }


def telemetry_key_policy(
    *, account_id: str, region: str, partition: str, log_groups: Sequence[str]
) -> Document:
    """The policy of the key that encrypts the logs named `log_groups` and what alarms say.

    Two services use it in their own name: CloudWatch Logs for these groups alone, and the alarms
    when they publish, which the topic's policy keeps to this account. CloudWatch's requests
    carry no caller's account, so a condition on one would silence every alarm.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    account = {"AWS": f"arn:{partition}:iam::{account_id}:root"}
    logs = f"arn:{partition}:logs:{region}:{account_id}:log-group"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _administration(account),
            {
                "Sid": "LogsUseKeyForTheirGroups",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{region}.amazonaws.com"},
                "Action": [action for action in KEY_USE if action != "kms:CreateGrant"],
                "Resource": "*",
                "Condition": {
                    "ArnEquals": {
                        "kms:EncryptionContext:aws:logs:arn": [
                            f"{logs}:{name}" for name in log_groups
                        ]
                    }
                },
            },
            {
                "Sid": "AlarmsPublishEncrypted",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
            },
        ],
    }


def alarm_topic_policy(*, account_id: str, topic_arn: str) -> Document:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AlarmsPublish",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": ["sns:Publish"],
                "Resource": [topic_arn],
                "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
            }
        ],
    }


def _administration(account: dict[str, str]) -> Document:
    return {
        # Without it nobody could ever change or delete the key again.
        "Sid": "AccountAdministersKey",
        "Effect": "Allow",
        "Principal": account,
        "Action": list(KEY_ADMINISTRATION),
        "Resource": "*",  # in a key's policy: this key, which has no name of its own yet
    }
