"""The web page in the cloud: a private bucket, CloudFront in front of it, and its config.json."""

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from infra_pulumi import security_headers as headers
from infra_pulumi.config import StackConfig
from infra_pulumi.http_api import HttpApi
from infra_pulumi.iam import Document, account_id, allow, document, policy_json, service
from infra_pulumi.identity import Identity

# AWS's own policy, of the same id in every account: long caching, compressed answers.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ORIGIN = "bucket"


def web_bucket_policy(*, bucket_arn: str, distribution_arn: str) -> Document:
    """One distribution reads the objects; nobody comes without TLS."""
    return document(
        allow(
            "DistributionReads",
            ["s3:GetObject"],
            [f"{bucket_arn}/*"],
            principal=service("cloudfront"),
            condition={"StringEquals": {"AWS:SourceArn": distribution_arn}},
        ),
        allow(
            "TlsOnly",
            ["s3:*"],
            [bucket_arn, f"{bucket_arn}/*"],
            principal={"AWS": "*"},
            condition={"Bool": {"aws:SecureTransport": "false"}},
            effect="Deny",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebArgs:
    config: StackConfig
    identity: Identity
    http_api: HttpApi


class Web(ComponentResource):
    """`url` has no slash at its end."""

    url: Output[str]
    bucket: Output[str]
    distribution_id: Output[str]
    domain_target: Output[str]

    def __init__(self, name: str, args: WebArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("holdings:infra:Web", name, opts=opts)
        self._args, self._config = args, args.config
        self._child = ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            "web-bucket",
            # Names of buckets are everybody's; an account's number is not.
            bucket=Output.concat(self._config.prefix, "-web-", account_id(self)),
            # The files are built from the sources: they are nothing to lose.
            force_destroy=True,
            opts=self._child,
        )
        # Nothing is put into the bucket, and no policy on it, before it is shut.
        shut = ResourceOptions(parent=self, depends_on=self._shut(bucket))
        page = self._distribution(bucket, shut)
        aws.s3.BucketPolicy(
            "web-policy",
            bucket=bucket.id,
            policy=policy_json(web_bucket_policy, bucket_arn=bucket.arn, distribution_arn=page.arn),
            opts=shut,
        )
        aws.s3.BucketObjectv2(
            "web-config",
            bucket=bucket.id,
            key="config.json",
            content=self._page_config(),
            content_type="application/json",
            # A page that is open finds a new stack's addresses by asking again.
            cache_control="no-cache",
            opts=shut,
        )
        self.bucket, self.distribution_id = bucket.bucket, page.id
        self.domain_target = page.domain_name
        self.url = Output.concat("https://", self._config.web_domain or page.domain_name)
        self.register_outputs({"url": self.url, "distribution_id": self.distribution_id})

    def _shut(self, bucket: aws.s3.Bucket) -> list[Resource]:
        return [
            aws.s3.BucketPublicAccessBlock(
                "web-public-access",
                bucket=bucket.id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
                opts=self._child,
            ),
            aws.s3.BucketOwnershipControls(
                "web-ownership",
                bucket=bucket.id,
                rule={"object_ownership": "BucketOwnerEnforced"},
                opts=self._child,
            ),
            aws.s3.BucketServerSideEncryptionConfiguration(
                "web-encryption",
                bucket=bucket.id,
                # S3's own keys: everybody may read the page, and CloudFront needs no key for it.
                rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
                opts=self._child,
            ),
        ]

    def _headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        policy = Output.all(
            api_url=self._args.http_api.url, hosted_ui_url=self._args.identity.hosted_ui_url
        ).apply(lambda urls: headers.content_security_policy(**urls))
        return aws.cloudfront.ResponseHeadersPolicy(
            "web-headers",
            name=f"{self._config.prefix}-web",
            comment="What the page may do in a browser",
            security_headers_config={
                "content_security_policy": {"content_security_policy": policy, "override": True},
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": headers.FRAME_OPTION, "override": True},
                "referrer_policy": {"referrer_policy": headers.REFERRER_POLICY, "override": True},
                "strict_transport_security": {
                    "access_control_max_age_sec": headers.TWO_YEARS,
                    "include_subdomains": self._config.hsts_subdomains,
                    "override": True,
                },
            },
            custom_headers_config={
                "items": [
                    {"header": name, "value": value, "override": True}
                    for name, value in headers.CUSTOM_HEADERS.items()
                ]
            },
            opts=self._child,
        )

    def _distribution(
        self, bucket: aws.s3.Bucket, opts: ResourceOptions
    ) -> aws.cloudfront.Distribution:
        config = self._config
        access = aws.cloudfront.OriginAccessControl(
            "web-access",
            name=f"{config.prefix}-web",
            description="Signs what CloudFront asks of the bucket",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self._child,
        )
        return aws.cloudfront.Distribution(
            "web-distribution",
            comment=f"{config.prefix}: the web page",
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            default_root_object="index.html",
            aliases=[config.web_domain] if config.web_domain else None,
            origins=[
                {
                    "origin_id": ORIGIN,
                    "domain_name": bucket.bucket_regional_domain_name,
                    "origin_access_control_id": access.id,
                }
            ],
            default_cache_behavior={
                "target_origin_id": ORIGIN,
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": ["GET", "HEAD"],
                "cached_methods": ["GET", "HEAD"],
                "compress": True,
                "cache_policy_id": CACHING_OPTIMIZED,
                "response_headers_policy_id": self._headers().id,
            },
            # A path inside the page is no file. S3 says 403 for it: it tells strangers nothing of
            # what is missing.
            custom_error_responses=[
                {
                    "error_code": status,
                    "response_code": 200,
                    "response_page_path": "/index.html",
                    "error_caching_min_ttl": 10,
                }
                for status in (403, 404)
            ],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={
                "acm_certificate_arn": config.web_certificate_arn,
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": "TLSv1.2_2021",
            }
            if config.web_certificate_arn
            else {"cloudfront_default_certificate": True},
            opts=opts,
        )

    def _page_config(self) -> Output[str]:
        """All of it is public: everybody who opens the page reads it."""
        identity = self._args.identity
        return Output.json_dumps(
            {
                "api_url": self._args.http_api.url,
                "hosted_ui_url": identity.hosted_ui_url,
                "issuer": identity.issuer,
                "client_id": identity.client_id,
                "scope": " ".join(self._config.api_scopes),
            },
            indent=2,
        )
