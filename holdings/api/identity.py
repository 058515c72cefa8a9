"""Who is calling, according to the gateway that verified the token."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from holdings.core.errors import Unauthenticated
from holdings.core.viewer import is_viewer

REQUEST_CONTEXT = "apig_wsgi.request_context"

SIGN_IN = "sign in, and send the access token as `Authorization: Bearer <token>`"

_LONGEST_EMAIL = 254


class Caller(NamedTuple):
    """Somebody who signed in. `viewer` is the token's `sub`; `email` is for showing alone."""

    viewer: str
    email: str | None


_DEMO = Caller("demo", None)


def caller(environ: Mapping[str, Any], *, demo: bool) -> Caller:
    """Return who calls; with sample figures, for which nobody signs in, always the same."""
    return _DEMO if demo else require_sign_in(environ)


def require_sign_in(environ: Mapping[str, Any]) -> Caller:
    """Look for verified claims in the request context. Raises Unauthenticated.

    Payload 2.0 has them at authorizer.jwt.claims, payload 1.0 at authorizer.claims. No header is
    looked at: whoever can reach the app could send one.
    """
    authorizer = _mapping(_mapping(environ.get(REQUEST_CONTEXT)).get("authorizer"))
    claims = _mapping(_mapping(authorizer.get("jwt")).get("claims")) or _mapping(
        authorizer.get("claims")
    )
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not is_viewer(subject):
        raise Unauthenticated(f"no verified sign-in came with the request: {SIGN_IN}")
    known = isinstance(email, str) and 0 < len(email) <= _LONGEST_EMAIL
    return Caller(subject, email if known else None)


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
