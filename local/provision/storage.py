"""Key, alias, table and secret."""

from typing import Any

from local.provision.resources import Resource


def kms_key(resource: Resource) -> tuple[str, dict[str, Any]]:
    kms = resource.aws.kms
    rotation = resource.inputs.take("enableKeyRotation", False)
    resource.inputs.take("deletionWindowInDays")  # speaks of a `pulumi destroy` alone
    params = resource.inputs.take_all()
    key_id = resource.known_id
    if key_id and _exists(kms.exceptions.NotFoundException, kms.describe_key, KeyId=key_id):
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=params["Policy"])
    else:
        key_id = kms.create_key(**params)["KeyMetadata"]["KeyId"]
    if rotation:
        kms.enable_key_rotation(KeyId=key_id)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"].get("Arn", "")
    return key_id, {"arn": arn, "keyId": key_id}


def kms_alias(resource: Resource) -> tuple[str, dict[str, Any]]:
    kms = resource.aws.kms
    alias, key_id = resource.inputs.take("name"), resource.inputs.take("targetKeyId")
    pages = kms.get_paginator("list_aliases").paginate()
    aliases = {entry.get("AliasName") for page in pages for entry in page["Aliases"]}
    if alias in aliases:
        kms.update_alias(AliasName=alias, TargetKeyId=key_id)
    else:
        kms.create_alias(AliasName=alias, TargetKeyId=key_id)
    return alias, {}


def dynamodb_table(resource: Resource) -> tuple[str, dict[str, Any]]:
    dynamodb = resource.aws.dynamodb
    inputs = resource.inputs
    name, hash_key = inputs.take("name"), inputs.take("hashKey")
    ttl, recovery = inputs.take("ttl", {}), inputs.take("pointInTimeRecovery", {})
    encryption = inputs.take("serverSideEncryption", {})
    attributes = inputs.take("attributes", [])
    params = inputs.take_all()  # BillingMode, DeletionProtectionEnabled
    missing = dynamodb.exceptions.ResourceNotFoundException
    if _exists(missing, dynamodb.describe_table, TableName=name):
        dynamodb.update_table(TableName=name, **params)
    else:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": hash_key, "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": a.pop("name"), "AttributeType": a.pop("type"), **a}
                for a in attributes
            ],
            SSESpecification={
                "Enabled": encryption.pop("enabled", False),
                "SSEType": "KMS",
                "KMSMasterKeyId": encryption.pop("kmsKeyArn"),
                **encryption,
            },
            **params,
        )
    dynamodb.update_time_to_live(
        TableName=name,
        TimeToLiveSpecification={
            "AttributeName": ttl.pop("attributeName"),
            "Enabled": ttl.pop("enabled", False),
            **ttl,
        },
    )
    dynamodb.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": recovery.pop("enabled", False),
            **recovery,
        },
    )
    return name, {"arn": dynamodb.describe_table(TableName=name)["Table"].get("TableArn", "")}


def secret(resource: Resource) -> tuple[str, dict[str, Any]]:
    manager = resource.aws.secretsmanager
    resource.inputs.take("recoveryWindowInDays")  # speaks of a `pulumi destroy` alone
    params = resource.inputs.take_all()
    missing = manager.exceptions.ResourceNotFoundException
    if _exists(missing, manager.describe_secret, SecretId=params["Name"]):
        changes = {key: value for key, value in params.items() if key != "Name"}
        manager.update_secret(SecretId=params["Name"], **changes)
    else:
        manager.create_secret(**params)
    arn = manager.describe_secret(SecretId=params["Name"])["ARN"]
    return arn, {"arn": arn}


def _exists(missing: type[Exception], describe: Any, **params: str) -> bool:
    try:
        describe(**params)
    except missing:
        return False
    return True
