"""Who is calling, according to the gateway that verified the token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from holdings.core.errors import Unauthenticated

REQUEST_CONTEXT = "apig_wsgi.request_context"

SIGN_IN = "sign in, and send the access token as `Authorization: Bearer <token>`"


@dataclass(frozen=True, slots=True)
class Caller:
    """`subject` is the user's id in the pool."""

    subject: str


def caller(environ: Mapping[str, Any]) -> Caller:
    """Read the verified claims of the request context. Raises Unauthenticated.

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
    return Caller(subject)


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
