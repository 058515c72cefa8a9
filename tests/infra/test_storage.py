import json

from infra_pulumi.storage import data_key_policy
from tests.infra.capture import ACCOUNT, Program, declare, settings


def test_the_table_has_the_key_that_the_cache_reads_and_lets_dynamodb_delete_by_ttl(
    stack: str, program: Program
) -> None:
    table = program.named("cache").arguments

    assert table["name"] == f"holdings-{stack}-cache"
    assert table["hashKey"] == "pk"
    assert table["attributes"] == [{"name": "pk", "type": "S"}]
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert table["ttl"] == {"attributeName": "ttl", "enabled": True}


def test_table_and_secret_are_encrypted_with_our_own_key(program: Program) -> None:
    key = "arn:of:data-key"

    assert program.named("cache").arguments["serverSideEncryption"] == {
        "enabled": True,
        "kmsKeyArn": key,
    }
    assert program.one("Secret").arguments["kmsKeyId"] == key


def test_the_key_rotates_and_goes_by_an_alias(stack: str, program: Program) -> None:
    key, alias = program.named("data-key"), program.named("data-key-alias")

    assert key.arguments["enableKeyRotation"] is True
    assert alias.arguments == {
        "name": f"alias/holdings-{stack}",
        "targetKeyId": f"{key.name}-key-id",
    }


def test_the_key_has_the_policy_of_its_account_and_region(stack: str, program: Program) -> None:
    policy = json.loads(program.named("data-key").arguments["policy"])

    assert policy == data_key_policy(
        account_id=ACCOUNT,
        region=settings(stack)["aws:region"],
        services=("dynamodb", "secretsmanager"),
    )


def test_pulumi_never_learns_the_value_of_a_secret(program: Program) -> None:
    assert program.all("SecretVersion") == []
    assert all(
        not {"secretString", "secretBinary"} & resource.arguments.keys()
        for resource in program.declared
    )


def test_any_stack_name_may_say_which_environment_it_is() -> None:
    program = declare("blue", {**settings("prod"), "holdings:environment": "prod"})

    assert program.named("cache").protect
    assert program.named("cache").arguments["name"] == "holdings-blue-cache"


def test_the_data_key_is_administered_by_the_account_and_used_through_services_only() -> None:
    policy = data_key_policy(
        account_id="111122223333",
        region="eu-west-1",
        services=("dynamodb", "secretsmanager"),
    )

    account = {"AWS": "arn:aws:iam::111122223333:root"}
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccountAdministersKey",
                "Effect": "Allow",
                "Principal": account,
                "Action": [
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
                ],
                "Resource": "*",
            },
            {
                "Sid": "AccountUsesKeyThroughServices",
                "Effect": "Allow",
                "Principal": account,
                "Action": [
                    "kms:CreateGrant",
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:CallerAccount": "111122223333",
                        "kms:ViaService": [
                            "dynamodb.eu-west-1.amazonaws.com",
                            "secretsmanager.eu-west-1.amazonaws.com",
                        ],
                    }
                },
            },
        ],
    }
