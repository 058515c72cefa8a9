"""The Pulumi program against a real emulator: what is made, what is kept, what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.emulator import Emulator
from local.provision.__main__ import main
from tests.e2e.emulated import aws, emulator, provisioned


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), enforce_iam=True) as running:
        yield running


@pytest.fixture(scope="module")
def outputs(emulated: Emulator) -> dict[str, Any]:
    return provisioned(emulated)


def test_a_second_run_changes_no_id(emulated: Emulator, outputs: dict[str, Any]) -> None:
    keys = aws(emulated).client("kms").list_keys()["Keys"]

    assert provisioned(emulated) == outputs
    assert aws(emulated).client("kms").list_keys()["Keys"] == keys


def test_a_second_run_carries_out_what_changed(emulated: Emulator, outputs: dict[str, Any]) -> None:
    pages = ["http://localhost:1234/"]

    provisioned(emulated, overrides={"holdings:callbackUrls": pages})

    client = (
        aws(emulated)
        .client("cognito-idp")
        .describe_user_pool_client(
            UserPoolId=outputs["user_pool_id"], ClientId=outputs["client_id"]
        )["UserPoolClient"]
    )
    assert client.get("CallbackURLs") == pages


def test_the_table_expires_items_and_is_encrypted(
    emulated: Emulator, outputs: dict[str, Any]
) -> None:
    dynamodb = aws(emulated).client("dynamodb")
    table = dynamodb.describe_table(TableName=outputs["table"])["Table"]

    ttl = dynamodb.describe_time_to_live(TableName=outputs["table"])
    assert ttl["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    assert table.get("SSEDescription", {}).get("SSEType") == "KMS"
    assert table.get("KeySchema") == [{"AttributeName": "pk", "KeyType": "HASH"}]


def test_the_secret_is_a_container_without_a_value(
    emulated: Emulator, outputs: dict[str, Any]
) -> None:
    manager = aws(emulated).client("secretsmanager")

    # AWS itself would raise ResourceNotFoundException.
    assert "SecretString" not in manager.get_secret_value(SecretId=outputs["secret"])


def test_the_stacks_tags_are_on_everything_that_takes_tags(
    emulated: Emulator, outputs: dict[str, Any]
) -> None:
    cloud = aws(emulated)
    key = cloud.client("kms").describe_key(KeyId="alias/holdings-dev")["KeyMetadata"]
    arn = (
        cloud.client("dynamodb")
        .describe_table(TableName=outputs["table"])["Table"]
        .get("TableArn", "")
    )
    secret: Any = cloud.client("secretsmanager").describe_secret(SecretId=outputs["secret"])
    pool: Any = cloud.client("cognito-idp").describe_user_pool(UserPoolId=outputs["user_pool_id"])
    tags: Any = {
        "key": cloud.client("kms").list_resource_tags(KeyId=key["KeyId"])["Tags"],
        "table": cloud.client("dynamodb").list_tags_of_resource(ResourceArn=arn).get("Tags"),
        "secret": secret["Tags"],
    }

    expected = {"Project": "holdings", "Environment": "dev", "ManagedBy": "pulumi"}
    assert {tag["TagKey"]: tag["TagValue"] for tag in tags["key"]} == expected
    assert {tag["Key"]: tag["Value"] for tag in tags["table"]} == expected
    assert {tag["Key"]: tag["Value"] for tag in tags["secret"]} == expected
    assert pool["UserPool"]["UserPoolTags"] == expected


def test_a_restart_keeps_users_items_and_the_secrets_value(tmp_path: Path) -> None:
    emulated = emulator(tmp_path)
    with emulated:
        first = provisioned(emulated)
        cloud = aws(emulated)
        cloud.client("cognito-idp").admin_create_user(
            UserPoolId=first["user_pool_id"], Username="viewer@example.com"
        )
        cloud.client("dynamodb").put_item(TableName=first["table"], Item={"pk": {"S": "a"}})
        cloud.client("secretsmanager").put_secret_value(
            SecretId=first["secret"], SecretString="kept"
        )

    with emulated:
        cloud = aws(emulated)
        assert provisioned(emulated) == first
        users = cloud.client("cognito-idp").list_users(UserPoolId=first["user_pool_id"])["Users"]
        items = cloud.client("dynamodb").scan(TableName=first["table"])["Items"]
        secret = cloud.client("secretsmanager").get_secret_value(SecretId=first["secret"])

    assert len(users) == 1
    assert items == [{"pk": {"S": "a"}}]
    assert secret["SecretString"] == "kept"


def test_a_wiped_emulator_is_filled_again(tmp_path: Path) -> None:
    with emulator(tmp_path) as emulated:
        first = provisioned(emulated)
        requests.post(f"{emulated.url}/_ministack/reset", timeout=60).raise_for_status()

        second = provisioned(emulated)

        assert second["user_pool_id"] != first["user_pool_id"]
        assert second.keys() == first.keys()
        assert (
            aws(emulated)
            .client("cognito-idp")
            .describe_user_pool_client(
                UserPoolId=second["user_pool_id"], ClientId=second["client_id"]
            )
        )


def test_a_domain_that_another_pool_has_is_taken_over(
    emulated: Emulator, outputs: dict[str, Any]
) -> None:
    cognito = aws(emulated).client("cognito-idp")
    other = cognito.create_user_pool(PoolName="other")["UserPool"].get("Id", "")
    cognito.create_user_pool_domain(Domain="wanted", UserPoolId=other)

    provisioned(emulated, overrides={"holdings:domainPrefix": "wanted"})

    found = cognito.describe_user_pool_domain(Domain="wanted")["DomainDescription"]
    assert found.get("UserPoolId") == outputs["user_pool_id"]


def test_the_command_prints_the_outputs(
    emulated: Emulator, outputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--endpoint", emulated.url, "--state-dir", str(emulated.state_dir)]) == 0

    assert json.loads(capsys.readouterr().out) == outputs
