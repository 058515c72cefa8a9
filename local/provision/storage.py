"""DynamoDB, S3, and CloudFront in front of it."""

from pathlib import Path

import pulumi

from local.provision.aws import UnknownInput
from local.provision.resource import Handler, Made, Resource, made


def _keys_and_encryption(resource: Resource) -> None:
    keys = {"HASH": resource.take("hashKey"), "RANGE": resource.take("rangeKey")}
    schema = [{"attributeName": name, "keyType": kind} for kind, name in keys.items() if name]
    encryption = {"sseType": "KMS", **resource.take("serverSideEncryption", {"enabled": False})}
    resource.inputs |= {"keySchema": schema, "serverSideEncryption": encryption}


def bucket(resource: Resource) -> Made:
    region, name = resource.aws.region, resource.take("bucket", resource.name)
    if not resource.found("head_bucket", bucket=name):
        # The first region is the one that must not be named.
        place = {"locationConstraint": region} if region != "us-east-1" else None
        resource.do("create_bucket", bucket=name, createBucketConfiguration=place)
    resource.do("put_bucket_tagging", bucket=name, tagging={"tagSet": resource.tags()})
    return name, {
        "bucket": name,
        "arn": f"arn:aws:s3:::{name}",
        "region": region,
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


def bucket_object(resource: Resource) -> Made:
    content, source = resource.take("content"), resource.take("source")
    if isinstance(source, pulumi.FileAsset):
        content = Path(source.path).read_bytes()
    if content is None or (source and not isinstance(source, pulumi.FileAsset)):
        raise UnknownInput(f"an object that has neither content nor a FileAsset: {source!r}")
    facts = resource.make(via="put_object", body=content)
    place = {"bucket": facts["Bucket"], "key": facts["Key"]}
    resource.do("put_object_tagging", **place, tagging={"tagSet": resource.tags()})
    return facts["Key"], {}


def _as_the_api_has_it(resource: Resource) -> None:
    inputs, behavior = resource.inputs, resource.inputs["defaultCacheBehavior"]
    inputs.setdefault("callerReference", resource.name)
    # Pulumi has beside each other what the API has inside each other.
    behavior["allowedMethods"] = {
        "items": behavior.get("allowedMethods", []),
        "cachedMethods": behavior.pop("cachedMethods", []),
    }
    for origin in inputs["origins"]:
        origin.setdefault("originPath", "")
        # With access control there is no identity, and the API still wants the member.
        origin.setdefault("s3OriginConfig", {"originAccessIdentity": ""})


_CLOSED = "bucketPublicAccessBlock:BucketPublicAccessBlock"
_ENCRYPTED = "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

HANDLERS: dict[str, Handler] = {
    "aws:cloudfront/distribution:Distribution": made(
        "Id",
        first=_as_the_api_has_it,
        into="DistributionConfig",
        names={"origins.originId": "Id", "geoRestriction.locations": "Items"},
        outputs={"arn": "{ARN}", "domainName": "{DomainName}"},
        tagged="{ARN}",
        comment="",
        aliases=[],
        customErrorResponses=[],
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": made(
        "Id", into="OriginAccessControlConfig"
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": made(
        "Id", into="ResponseHeadersPolicyConfig"
    ),
    "aws:dynamodb/table:Table": made(
        "TableName",
        first=_keys_and_encryption,
        read="describe",
        also=("update_time_to_live", "update_continuous_backups"),
        names={
            "name": "TableName",
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
    "aws:s3/bucketObjectv2:BucketObjectv2": bucket_object,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": made(
        via="put_bucket_ownership_controls", into="OwnershipControls", id="{Bucket}"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": made(via="put_bucket_policy", id="{Bucket}"),
    f"aws:s3/{_CLOSED}": made(
        via="put_public_access_block", into="PublicAccessBlockConfiguration", id="{Bucket}"
    ),
    f"aws:s3/{_ENCRYPTED}": made(
        via="put_bucket_encryption", into="ServerSideEncryptionConfiguration", id="{Bucket}"
    ),
}
