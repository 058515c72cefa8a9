"""Key, alias, table and secret."""

from typing import Any

from local.provision.resources import Resource


def kms_key(resource: Resource) -> tuple[str, dict[str, Any]]:
    kms = resource.aws.kms
    rotation = resource.inputs.take("enableKeyRotation", False)
    resource.inputs.take("deletionWindowInDays")  # speaks of a `pulumi destroy` alone
    tags: Any = [{"TagKey": k, "TagValue": v} for k, v in resource.tags().items()]
    params = resource.inputs.take_all()
    key_id = resource.known_id
    if key_id and _exists(kms.exceptions.NotFoundException, kms.describe_key, KeyId=key_id):
        policy = params.pop("Policy")
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=policy)
        kms.update_key_description(KeyId=key_id, **params)
        kms.tag_resource(KeyId=key_id, Tags=tags)
    else:
        key_id = kms.create_key(Tags=tags, **params)["KeyMetadata"]["KeyId"]
    if rotation:
        kms.enable_key_rotation(KeyId=key_id)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"].get("Arn", "")
    return key_id, {"arn": arn, "keyId": key_id}


def kms_alias(resource: Resource) -> tuple[str, dict[str, Any]]:
    kms = resource.aws.kms
    params: Any = resource.inputs.take_all(name="AliasName")
    pages = kms.get_paginator("list_aliases").paginate()
    aliases = {entry.get("AliasName") for page in pages for entry in page["Aliases"]}
    if params.get("AliasName") in aliases:
        kms.update_alias(**params)
    else:
        kms.create_alias(**params)
    return params["AliasName"], {}


def dynamodb_table(resource: Resource) -> tuple[str, dict[str, Any]]:
    dynamodb = resource.aws.dynamodb
    inputs = resource.inputs
    name, hash_key = inputs.take("name"), inputs.take("hashKey")
    ttl = inputs.take_block("ttl", "attributeName", "enabled")
    recovery = inputs.take_block("pointInTimeRecovery", "enabled")
    encryption = inputs.take_block("serverSideEncryption", "enabled", "kmsKeyArn")
    attributes = inputs.take("attributes")
    tags: Any = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    params = inputs.take_all()  # BillingMode, DeletionProtectionEnabled
    params["AttributeDefinitions"] = [
        {"AttributeName": a["name"], "AttributeType": a["type"]} for a in attributes
    ]
    params["SSESpecification"] = {
        "Enabled": encryption["enabled"],
        "SSEType": "KMS",
        "KMSMasterKeyId": encryption["kmsKeyArn"],
    }
    missing = dynamodb.exceptions.ResourceNotFoundException
    if _exists(missing, dynamodb.describe_table, TableName=name):
        dynamodb.update_table(TableName=name, **params)
    else:
        key: Any = [{"AttributeName": hash_key, "KeyType": "HASH"}]
        dynamodb.create_table(TableName=name, KeySchema=key, **params)
    arn = dynamodb.describe_table(TableName=name)["Table"].get("TableArn", "")
    dynamodb.tag_resource(ResourceArn=arn, Tags=tags)
    dynamodb.update_time_to_live(
        TableName=name,
        TimeToLiveSpecification={"AttributeName": ttl["attributeName"], "Enabled": ttl["enabled"]},
    )
    dynamodb.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovery["enabled"]},
    )
    return name, {"arn": arn}


def secret(resource: Resource) -> tuple[str, dict[str, Any]]:
    manager = resource.aws.secretsmanager
    resource.inputs.take("recoveryWindowInDays")  # speaks of a `pulumi destroy` alone
    name = resource.inputs.take("name")
    tags: Any = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    params = resource.inputs.take_all()
    missing = manager.exceptions.ResourceNotFoundException
    if _exists(missing, manager.describe_secret, SecretId=name):
        manager.update_secret(SecretId=name, **params)
    else:
        manager.create_secret(Name=name, **params)
    manager.tag_resource(SecretId=name, Tags=tags)
    arn = manager.describe_secret(SecretId=name)["ARN"]
    return arn, {"arn": arn}


def _exists(missing: type[Exception], describe: Any, **params: str) -> bool:
    try:
        describe(**params)
    except missing:
        return False
    return True
