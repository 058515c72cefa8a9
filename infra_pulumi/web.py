"""One address for page and API: CloudFront before a private bucket and, at /api/*, the gateway."""

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from infra_pulumi import security_headers as headers
from infra_pulumi.config import StackConfig
from infra_pulumi.firewall import Firewall
from infra_pulumi.http_api import HttpApi
from infra_pulumi.iam import Document, account_id, allow, document, policy_json, service
from infra_pulumi.identity import Identity
from infra_pulumi.paths import PAGE_PATHS, api_paths

# AWS's own policy, of the same id in every account: long caching, compressed answers.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
# Every answer of the API is one viewer's, and says itself for how long a browser may keep it.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
# The gateway knows itself by its own host name alone.
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
ORIGIN, API_ORIGIN = "bucket", "api"
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
# Read by the app: holdings/api/request_hooks.py.
ORIGIN_KEY_HEADER = "X-Origin-Key"


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
    firewall: Firewall | None


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
        policy = self._args.identity.hosted_ui_url.apply(
            lambda url: headers.content_security_policy(hosted_ui_url=url)
        )
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
        answers = self._headers().id
        return aws.cloudfront.Distribution(
            "web-distribution",
            comment=f"{config.prefix}: page and API",
            web_acl_id=self._args.firewall.arn if self._args.firewall else None,
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
                },
                self._api_origin(),
            ],
            default_cache_behavior={
                "target_origin_id": ORIGIN,
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": ["GET", "HEAD"],
                "cached_methods": ["GET", "HEAD"],
                "compress": True,
                "cache_policy_id": CACHING_OPTIMIZED,
                "response_headers_policy_id": answers,
                "function_associations": [
                    {"event_type": "viewer-request", "function_arn": self._page_paths().arn}
                ],
            },
            ordered_cache_behaviors=[
                {
                    "path_pattern": api_paths(config.api_prefix),
                    "target_origin_id": API_ORIGIN,
                    # A redirect would come after the token was sent in clear.
                    "viewer_protocol_policy": "https-only",
                    "allowed_methods": list(METHODS),
                    "cached_methods": ["GET", "HEAD"],
                    "compress": False,
                    "cache_policy_id": CACHING_DISABLED,
                    "origin_request_policy_id": ALL_BUT_HOST,
                    "response_headers_policy_id": answers,
                }
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

    def _api_origin(self) -> aws.cloudfront.DistributionOriginArgsDict:
        key = self._config.origin_key
        return {
            "origin_id": API_ORIGIN,
            "domain_name": self._args.http_api.host,
            "custom_origin_config": {
                "http_port": 80,
                "https_port": 443,
                "origin_protocol_policy": "https-only",
                "origin_ssl_protocols": ["TLSv1.2"],
                # What the gateway itself gives an answer.
                "origin_read_timeout": 30,
            },
            "custom_headers": [{"name": ORIGIN_KEY_HEADER, "value": Output.secret(key)}]
            if key
            else [],
        }

    def _page_paths(self) -> aws.cloudfront.Function:
        return aws.cloudfront.Function(
            "web-paths",
            name=f"{self._config.prefix}-page-paths",
            comment="A path inside the page shows the page",
            runtime="cloudfront-js-2.0",
            code=PAGE_PATHS,
            publish=True,
            opts=self._child,
        )

    def _page_config(self) -> Output[str]:
        """All of it is public: everybody who opens the page reads it."""
        identity = self._args.identity
        return Output.json_dumps(
            {
                # At the page's own address, whichever of its names it was opened by.
                "api_url": self._config.api_prefix,
                "hosted_ui_url": identity.hosted_ui_url,
                "issuer": identity.issuer,
                "client_id": identity.client_id,
                "scope": " ".join(self._config.api_scopes),
            },
            indent=2,
        )
