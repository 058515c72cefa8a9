"""Who is calling, according to the gateway that verified the token."""

from collections.abc import Mapping
from typing import Any, cast

from holdings.core.errors import Unauthenticated

REQUEST_CONTEXT = "apig_wsgi.request_context"

SIGN_IN = "sign in, and send the access token as `Authorization: Bearer <token>`"


def require_sign_in(environ: Mapping[str, Any]) -> None:
    """Look for verified claims in the request context. Raises Unauthenticated.

    Payload 2.0 has them at authorizer.jwt.claims, payload 1.0 at authorizer.claims. No header is
    looked at: whoever can reach the app could send one.
    """
    authorizer = _mapping(_mapping(environ.get(REQUEST_CONTEXT)).get("authorizer"))
    claims = _mapping(_mapping(authorizer.get("jwt")).get("claims")) or _mapping(
        authorizer.get("claims")
    )
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise Unauthenticated(f"no verified sign-in came with the request: {SIGN_IN}")


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
