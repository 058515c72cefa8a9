"""Who reads the page's files, and what the page may do in a browser, as plain data."""

from __future__ import annotations

from infra_pulumi.config_values import origin
from infra_pulumi.policies import Document


def web_bucket_policy(*, bucket_arn: str, distribution_arn: str) -> Document:
    """One distribution reads the objects; nobody comes without TLS."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DistributionReads",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": ["s3:GetObject"],
                "Resource": [f"{bucket_arn}/*"],
                "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": ["s3:*"],
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def content_security_policy(*, api_url: str, hosted_ui_url: str) -> str:
    """Own files only; talks to the API and to the hosted UI, where its token endpoint is."""
    api, hosted_ui = origin(api_url), origin(hosted_ui_url)
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "manifest-src": ["'self'"],
        "connect-src": ["'self'", api, hosted_ui],
        "base-uri": ["'none'"],
        "form-action": ["'self'", hosted_ui],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
