"""CloudFront in front of the page's bucket: HTTPS only, strict headers, one page for every path."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra_pulumi.config import StackConfig
from infra_pulumi.web_headers import CUSTOM_HEADERS, FRAME_OPTION, REFERRER_POLICY, TWO_YEARS

# AWS's own policy, of the same id in every account: long caching, compressed answers.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ORIGIN = "bucket"


def headers_policy(
    config: StackConfig, *, content_security_policy: pulumi.Input[str], parent: pulumi.Resource
) -> aws.cloudfront.ResponseHeadersPolicy:
    return aws.cloudfront.ResponseHeadersPolicy(
        "web-headers",
        name=f"{config.prefix}-web",
        comment="What the page may do in a browser",
        security_headers_config={
            "content_security_policy": {
                "content_security_policy": content_security_policy,
                "override": True,
            },
            "content_type_options": {"override": True},
            "frame_options": {"frame_option": FRAME_OPTION, "override": True},
            "referrer_policy": {"referrer_policy": REFERRER_POLICY, "override": True},
            "strict_transport_security": {
                "access_control_max_age_sec": TWO_YEARS,
                "include_subdomains": config.web.hsts_subdomains,
                "override": True,
            },
        },
        custom_headers_config={
            "items": [
                {"header": name, "value": value, "override": True}
                for name, value in CUSTOM_HEADERS.items()
            ]
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )


def distribution(
    config: StackConfig,
    *,
    bucket: aws.s3.Bucket,
    headers: aws.cloudfront.ResponseHeadersPolicy,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource],
) -> aws.cloudfront.Distribution:
    settings = config.web
    access = aws.cloudfront.OriginAccessControl(
        "web-access",
        name=f"{config.prefix}-web",
        description="Signs what CloudFront asks of the bucket",
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return aws.cloudfront.Distribution(
        "web-distribution",
        comment=f"{config.prefix}: the web page",
        enabled=True,
        is_ipv6_enabled=True,
        http_version="http2and3",
        price_class="PriceClass_100",
        default_root_object="index.html",
        aliases=[settings.domain] if settings.domain else None,
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
            "response_headers_policy_id": headers.id,
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
            "acm_certificate_arn": settings.certificate_arn,
            "ssl_support_method": "sni-only",
            "minimum_protocol_version": "TLSv1.2_2021",
        }
        if settings.certificate_arn
        else {"cloudfront_default_certificate": True},
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on)),
    )
