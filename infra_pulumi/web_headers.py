"""What every answer of the page carries, as plain data: for CloudFront, and for what plays it."""

from __future__ import annotations

TWO_YEARS = 2 * 365 * 24 * 60 * 60

# For browsers that do not know frame-ancestors.
FRAME_OPTION = "DENY"
REFERRER_POLICY = "no-referrer"

# Those that CloudFront has no setting for.
CUSTOM_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def security_headers(content_security_policy: str) -> dict[str, str]:
    """Return the headers as a browser gets them, where `headers_policy` has CloudFront's settings.

    With a stack's hstsSubdomains there is "; includeSubDomains" besides.

    Source: "Understand response headers policies" in the CloudFront developer guide.
    """
    return {
        "Content-Security-Policy": content_security_policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": FRAME_OPTION,
        "Referrer-Policy": REFERRER_POLICY,
        "Strict-Transport-Security": f"max-age={TWO_YEARS}",
        **CUSTOM_HEADERS,
    }
