"""Bucket, what closes and encrypts it, and the objects that the program itself puts in."""

from pathlib import Path
from typing import Any

import pulumi

from local.provision.inputs import Inputs, UnknownInput
from local.provision.resources import Resource, found


def bucket(resource: Resource) -> tuple[str, dict[str, Any]]:
    s3, region = resource.aws.client("s3"), resource.aws.region
    resource.inputs.take("forceDestroy")  # speaks of a `pulumi destroy` alone
    tags = [{"Key": k, "Value": v} for k, v in resource.tags().items()]
    name = resource.inputs.take("bucket", resource.name)
    if not found(s3.head_bucket, Bucket=name):
        # The first region is the one that must not be named.
        place = {} if region == "us-east-1" else {"LocationConstraint": region}
        settings = {"CreateBucketConfiguration": place} if place else {}
        s3.create_bucket(Bucket=name, **settings)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    return name, {
        "bucket": name,
        "arn": f"arn:aws:s3:::{name}",
        "region": region,
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


def public_access_block(resource: Resource) -> tuple[str, dict[str, Any]]:
    name = resource.inputs.take("bucket")
    resource.aws.client("s3").put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=resource.inputs.take_all()
    )
    return name, {}


def ownership(resource: Resource) -> tuple[str, dict[str, Any]]:
    name = resource.inputs.take("bucket")
    rule = resource.inputs.take_block("rule", "objectOwnership")
    resource.aws.client("s3").put_bucket_ownership_controls(
        Bucket=name,
        OwnershipControls={"Rules": [{"ObjectOwnership": rule["objectOwnership"]}]},
    )
    return name, {}


def encryption(resource: Resource) -> tuple[str, dict[str, Any]]:
    name = resource.inputs.take("bucket")
    rules = [_encryption_rule(Inputs(rule)) for rule in resource.inputs.take_list("rules")]
    resource.aws.client("s3").put_bucket_encryption(
        Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules}
    )
    return name, {}


def _encryption_rule(rule: Inputs) -> dict[str, Any]:
    default = Inputs(rule.take("applyServerSideEncryptionByDefault"))
    return {
        "ApplyServerSideEncryptionByDefault": default.take_all(
            sseAlgorithm="SSEAlgorithm", kmsMasterKeyId="KMSMasterKeyID"
        ),
        **rule.take_all(),
    }


def policy(resource: Resource) -> tuple[str, dict[str, Any]]:
    name = resource.inputs.take("bucket")
    resource.aws.client("s3").put_bucket_policy(Bucket=name, Policy=resource.inputs.take("policy"))
    return name, {}


def bucket_object(resource: Resource) -> tuple[str, dict[str, Any]]:
    inputs = resource.inputs
    content, source = inputs.take("content"), inputs.take("source")
    if isinstance(source, pulumi.FileAsset):
        body = Path(source.path).read_bytes()
    elif source is None and content is not None:
        body = str(content).encode()
    else:
        raise UnknownInput(f"local/provision takes content or a FileAsset, not {source!r}")
    for argument in ("etag", "sourceHash", "forceDestroy"):
        inputs.take(argument)  # speaks to the provider, not to S3
    tags = resource.tags()
    params = inputs.take_all()
    s3 = resource.aws.client("s3")
    s3.put_object(Body=body, **params)
    s3.put_object_tagging(
        Bucket=params["Bucket"],
        Key=params["Key"],
        Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]},
    )
    return params["Key"], {}
