"""What the link in a mail proves itself by: whose it is, and a secret of their mails alone."""

import base64
import binascii
import hmac
import secrets

from holdings.core.viewer import is_viewer

_LONGEST = 512


def new_secret() -> str:
    return secrets.token_urlsafe(24)


def token_of(viewer: str, secret: str) -> str:
    return base64.urlsafe_b64encode(f"{viewer} {secret}".encode()).decode().rstrip("=")


def opened(token: str) -> tuple[str, str] | None:
    """Return viewer and secret of a token, None for what is none of ours."""
    if len(token) > _LONGEST:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error, ValueError):
        return None
    viewer, _, secret = text.partition(" ")
    return (viewer, secret) if is_viewer(viewer) and secret else None


def fits(secret: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(secret.encode(), known.encode())
