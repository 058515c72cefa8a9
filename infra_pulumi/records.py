"""What is kept of viewers for good, its key, and the role by which each viewer reaches their own.

The functions' roles have no right on the table or the key. They assume the viewer role with one
session tag, `viewer`, and AWS compares it with the key of every item and with the context of every
encryption: "attribute-based access control" in the IAM user guide.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from infra_pulumi.config import StackConfig
from infra_pulumi.encryption import KEY_USE, EncryptionKey, KeyArgs, account, administration
from infra_pulumi.iam import Document, account_id, allow, document, policy_json

# By this index the planner finds what is due: keys of items, and nothing that they hold.
DUE = "due"
# What the app writes into each encryption's context beside the viewer and the connection.
APP = "holdings"
VIEWER = "${aws:PrincipalTag/viewer}"
# No Scan, and no batch: "for all values" of a leading key also holds where a request has none.
READS = ("dynamodb:GetItem", "dynamodb:Query")
WRITES = (
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
# Where `docs/recovery.md` restores the table to: under the same key, which knows tables by name.
RESTORED = "-restored"
# Of a role that a role assumes, which no setting can prolong.
SESSION_SECONDS = 3600


def _own_context(environment: str) -> Document:
    return {
        "kms:EncryptionContext:app": APP,
        "kms:EncryptionContext:environment": environment,
        "kms:EncryptionContext:viewer": VIEWER,
    }


def _table_context(table: str | list[str]) -> Document:
    """DynamoDB encrypts a table's items in this context, in the name of whoever asks for them."""
    return {"kms:EncryptionContext:aws:dynamodb:tableName": table}


def records_key_policy(
    *, account_id: str, region: str, environment: str, table: str, viewer_role: str
) -> Document:
    """Return the policy of the key: DynamoDB for this table, and sessions of the viewer role.

    Whoever administers the account cannot decrypt a viewer's key with it: the second statement is
    for sessions with the viewer's tag, the first for what DynamoDB encrypts: of the table, and of
    the one that it is restored to.
    """
    caller = {"kms:CallerAccount": account_id}
    dynamodb = {"kms:ViaService": f"dynamodb.{region}.amazonaws.com"}
    return document(
        administration(account_id),
        allow(
            "TableIsEncrypted",
            KEY_USE,
            "*",
            principal=account(account_id),
            condition={
                "StringEquals": {
                    **caller,
                    **dynamodb,
                    **_table_context([table, f"{table}{RESTORED}"]),
                }
            },
        ),
        allow(
            # For the time in which nobody asks: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
            "TableKeepsItsKey",
            ["kms:CreateGrant", "kms:DescribeKey"],
            "*",
            principal=account(account_id),
            condition={"StringEquals": {**caller, **dynamodb}},
        ),
        allow(
            "ViewersUseKeyForTheirOwn",
            ["kms:Decrypt", "kms:Encrypt"],
            "*",
            principal=account(account_id),
            condition={
                "ArnEquals": {"aws:PrincipalArn": viewer_role},
                "StringEquals": {**caller, **_own_context(environment)},
            },
        ),
    )


def viewer_trust(*, callers: Sequence[str]) -> Document:
    """Return who may take the role: the functions, with the one tag that says for whom."""
    return document(
        allow(
            "FunctionsNameTheViewer",
            ["sts:AssumeRole", "sts:TagSession"],
            principal={"AWS": list(callers)},
            condition={
                "StringLike": {"aws:RequestTag/viewer": "?*"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["viewer"]},
            },
        )
    )


def viewer_policy(
    *, region: str, environment: str, table: str, table_arn: str, key_arn: str
) -> Document:
    """Return what a session may do: all with the viewer's own, and read what is everybody's."""
    return document(
        allow(
            "OwnRecords",
            [*READS, *WRITES],
            [table_arn],
            condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"viewer#{VIEWER}"]}},
        ),
        allow(
            "SharedRecords",
            READS,
            [table_arn],
            condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["shared"]}},
        ),
        allow(
            "OwnKeys",
            ["kms:Decrypt", "kms:Encrypt"],
            [key_arn],
            condition={"StringEquals": _own_context(environment)},
        ),
        allow(
            "DecryptTheTable",
            ["kms:Decrypt"],
            [key_arn],
            condition={
                "StringEquals": {
                    "kms:ViaService": f"dynamodb.{region}.amazonaws.com",
                    **_table_context(table),
                }
            },
        ),
    )


class Records(ComponentResource):
    """`viewer_role_arn` is of the role below, which has to know the functions that need its ARN."""

    def __init__(self, name: str, config: StackConfig, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Records", name, opts=opts)
        table = f"{config.prefix}-records"
        self.viewer_role_arn = Output.concat(
            "arn:aws:iam::", account_id(self), f":role/{viewer_role_name(config)}"
        )
        key = EncryptionKey(
            "records-key",
            KeyArgs(
                config=config,
                description=f"{config.prefix}: what is kept of viewers",
                alias=f"{config.prefix}-records",
                policy=_key_policy(config, table),
            ),
            ResourceOptions(parent=self),
        )
        self.key_arn = key.arn
        self.table = aws.dynamodb.Table(
            "records",
            name=table,
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            range_key="sk",
            attributes=[{"name": name, "type": "S"} for name in ("pk", "sk", "slot")],
            global_secondary_indexes=[
                {"name": DUE, "hash_key": "slot", "projection_type": "KEYS_ONLY"}
            ],
            ttl={"attribute_name": "ttl", "enabled": True},
            server_side_encryption={"enabled": True, "kms_key_arn": key.arn},
            # In dev too: unlike the cache it cannot be read again.
            point_in_time_recovery={"enabled": True},
            deletion_protection_enabled=config.keep_data,
            opts=ResourceOptions(parent=self, protect=config.keep_data),
        )
        self.register_outputs({"table": self.table.name, "key_arn": self.key_arn})


def viewer_role_name(config: StackConfig) -> str:
    return f"{config.prefix}-viewer"


def _key_policy(config: StackConfig, table: str) -> Callable[..., Document]:
    def build(*, account_id: str) -> Document:
        return records_key_policy(
            account_id=account_id,
            region=config.region,
            environment=config.stack,
            table=table,
            viewer_role=f"arn:aws:iam::{account_id}:role/{viewer_role_name(config)}",
        )

    return build


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerRoleArgs:
    """`callers` are the ARNs of the roles that may take it."""

    config: StackConfig
    records: Records
    callers: Sequence[Input[str]]


class ViewerRole(ComponentResource):
    arn: Output[str]

    def __init__(
        self, name: str, args: ViewerRoleArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("holdings:infra:ViewerRole", name, opts=opts)
        config, records = args.config, args.records
        child = ResourceOptions(parent=self)
        role = aws.iam.Role(
            "viewer-role",
            name=viewer_role_name(config),
            description="What a function may do in the name of one viewer",
            assume_role_policy=Output.all(*args.callers).apply(_trust_json),
            max_session_duration=SESSION_SECONDS,
            opts=child,
        )
        aws.iam.RolePolicy(
            "viewer-own-records",
            name="own-records",
            role=role.name,
            policy=policy_json(
                partial(viewer_policy, region=config.region, environment=config.stack),
                table=records.table.name,
                table_arn=records.table.arn,
                key_arn=records.key_arn,
            ),
            opts=child,
        )
        self.arn = role.arn
        self.register_outputs({"arn": self.arn})


def _trust_json(callers: Sequence[str]) -> str:
    return json.dumps(viewer_trust(callers=callers))
