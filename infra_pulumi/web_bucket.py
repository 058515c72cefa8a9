"""The private bucket that holds the page's files."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra_pulumi.account import Account
from infra_pulumi.config import StackConfig


class WebBucket(pulumi.ComponentResource):
    """`closed` is what shuts the bucket: nothing is put into it, and no policy on it, before."""

    bucket: aws.s3.Bucket
    closed: list[pulumi.Resource]

    def __init__(self, name: str, config: StackConfig, *, parent: pulumi.Resource) -> None:
        super().__init__(
            "holdings:infra:WebBucket", name, opts=pulumi.ResourceOptions(parent=parent)
        )
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            "web-bucket",
            # Names of buckets are everybody's; an account's number is not.
            bucket=pulumi.Output.concat(config.prefix, "-web-", Account.of(self).id),
            # The files are built from the sources: they are nothing to lose.
            force_destroy=True,
            opts=child,
        )
        public_access = aws.s3.BucketPublicAccessBlock(
            "web-public-access",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        ownership = aws.s3.BucketOwnershipControls(
            "web-ownership",
            bucket=self.bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            "web-encryption",
            bucket=self.bucket.id,
            # S3's own keys: everybody may read the page, and CloudFront needs no key for it.
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        self.closed = [public_access, ownership, encryption]
        self.register_outputs({"bucket": self.bucket.bucket})
