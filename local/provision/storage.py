"""DynamoDB, S3, and CloudFront in front of it."""

from pathlib import Path
from urllib.parse import urlencode

import pulumi

from local.provision.aws import UnknownInput
from local.provision.resource import Handler, Kind, Made, Resource


def _keys_and_encryption(table: Resource) -> None:
    keys = {"HASH": table.take("hashKey"), "RANGE": table.take("rangeKey")}
    schema = [{"attributeName": name, "keyType": kind} for kind, name in keys.items() if name]
    encryption = {"sseType": "KMS", **table.take("serverSideEncryption", {"enabled": False})}
    table.inputs |= {"keySchema": schema, "serverSideEncryption": encryption}
    _indexes(table)


def _indexes(table: Resource) -> None:
    """A table is made with its indexes, and one that is there is given those that it lacks."""
    wanted = [
        {
            "indexName": index.pop("name"),
            "keySchema": [{"attributeName": index.pop("hashKey"), "keyType": "HASH"}],
            "projection": {"projectionType": index.pop("projectionType")},
        }
        for index in table.inputs.get("globalSecondaryIndexes", [])
    ]
    if any(index for index in table.take("globalSecondaryIndexes", [])):
        raise UnknownInput("an index with more than a name, a hash key and a projection")
    name = table.inputs.get("name", table.name)
    known = table.found("describe_table", tableName=name)
    if known is None:
        table.inputs |= {"globalSecondaryIndexes": wanted} if wanted else {}
        return
    there = {one["IndexName"] for one in known["Table"].get("GlobalSecondaryIndexes", [])}
    for index in wanted:
        if index["indexName"] not in there:
            table.do(
                "update_table",
                tableName=name,
                attributeDefinitions=[
                    {"attributeName": one["name"], "attributeType": one["type"]}
                    for one in table.inputs["attributes"]
                ],
                globalSecondaryIndexUpdates=[{"create": index}],
            )


def bucket(resource: Resource) -> Made:
    region, name = resource.aws.region, resource.take("bucket", resource.name)
    if not resource.found("head_bucket", bucket=name):
        resource.do("create_bucket", bucket=name, **resource.aws.bucket_region)
    resource.do("put_bucket_tagging", bucket=name, tagging={"tagSet": resource.tags()})
    return name, {
        "bucket": name,
        "arn": f"arn:aws:s3:::{name}",
        "region": region,
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


def _body(s3_object: Resource) -> None:
    content, source = s3_object.take("content"), s3_object.take("source")
    if isinstance(source, pulumi.FileAsset):
        content = Path(source.path).read_bytes()
    elif source or content is None:
        raise UnknownInput(f"an object that has neither content nor a FileAsset: {source!r}")
    # Here alone tags are a query.
    s3_object.inputs |= {"body": content, "tagging": urlencode(s3_object.tags())}


_CLOSED = "bucketPublicAccessBlock:BucketPublicAccessBlock"
_ENCRYPTED = "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

HANDLERS: dict[str, Handler] = {
    "aws:dynamodb/table:Table": Kind(
        key=("TableName",),
        read="describe",
        first=_keys_and_encryption,
        also=("update_time_to_live", "update_continuous_backups"),
        names={
            "attributes": "AttributeDefinitions",
            "attributes.name": "AttributeName",
            "attributes.type": "AttributeType",
            "pointInTimeRecovery": "PointInTimeRecoverySpecification",
            "pointInTimeRecovery.enabled": "PointInTimeRecoveryEnabled",
            "serverSideEncryption": "SSESpecification",
            "serverSideEncryption.kmsKeyArn": "KMSMasterKeyId",
            "ttl": "TimeToLiveSpecification",
        },
        fixed=("KeySchema",),
        outputs={"arn": "{TableArn}"},
        tagged="{TableArn}",
    ),
    "aws:s3/bucket:Bucket": bucket,
    "aws:s3/bucketObjectv2:BucketObjectv2": Kind(via="put_object", first=_body, id="{Key}"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Kind(
        via="put_bucket_ownership_controls", into="OwnershipControls", id="{Bucket}"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Kind(via="put_bucket_policy", id="{Bucket}"),
    f"aws:s3/{_CLOSED}": Kind(
        via="put_public_access_block", into="PublicAccessBlockConfiguration", id="{Bucket}"
    ),
    f"aws:s3/{_ENCRYPTED}": Kind(
        via="put_bucket_encryption", into="ServerSideEncryptionConfiguration", id="{Bucket}"
    ),
}
