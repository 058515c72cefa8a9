import json

from infra_pulumi.policies import data_key_policy
from tests.infra.capture import ACCOUNT, Program, declare, settings


def test_the_table_has_the_key_that_the_cache_reads_and_lets_dynamodb_delete_by_ttl(
    stack: str, program: Program
) -> None:
    table = program.one("Table").arguments

    assert table["name"] == f"holdings-{stack}-cache"
    assert table["hashKey"] == "pk"
    assert table["attributes"] == [{"name": "pk", "type": "S"}]
    assert table["billingMode"] == "PAY_PER_REQUEST"
    assert table["ttl"] == {"attributeName": "ttl", "enabled": True}


def test_table_and_secret_are_encrypted_with_our_own_key(program: Program) -> None:
    key = "arn:of:data-key"

    assert program.one("Table").arguments["serverSideEncryption"] == {
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

    assert program.one("Table").protect
    assert program.one("Table").arguments["name"] == "holdings-blue-cache"
