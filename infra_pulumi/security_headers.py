"""What the page may do in a browser, as plain data: for CloudFront, and for what plays it."""

from infra_pulumi.config_fields import origin

TWO_YEARS = 2 * 365 * 24 * 60 * 60

# For browsers that do not know frame-ancestors.
FRAME_OPTION = "DENY"
REFERRER_POLICY = "no-referrer"

# Those that CloudFront has no setting for.
CUSTOM_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def content_security_policy(*, hosted_ui_url: str = "") -> str:
    """Own files only; talks to its own origin and to the hosted UI's token endpoint."""
    hosted_ui = [origin(hosted_ui_url)] if hosted_ui_url else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "manifest-src": ["'self'"],
        "connect-src": ["'self'", *hosted_ui],
        "base-uri": ["'none'"],
        "form-action": ["'self'", *hosted_ui],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def security_headers(content_security_policy: str) -> dict[str, str]:
    """Return the headers as a browser gets them, where infra_pulumi/web.py has settings for them.

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
