"""What every request and response has, whichever route it is: id, log line, headers, CORS.

docs/observability.md says what the line has, and what CloudWatch counts of it.
"""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from hashlib import sha256
from hmac import compare_digest
from time import perf_counter
from typing import Any, cast

from flask import Flask, Response, g, request

from holdings import logs, metrics
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.errors import Forbidden, InvalidRequest
from holdings.settings import Settings

logger = logging.getLogger(__name__)

# What a page on another origin may read of an answer, beyond the body.
_EXPOSED = ("Age", "ETag", "Location", "Retry-After", "X-Cache", "X-Request-Id")

# Written by infra_pulumi/web.py.
_ORIGIN_KEY = "X-Origin-Key"

_LONGEST_REQUEST_ID = 128
# A key file is some 400 bytes.
LONGEST_BODY = 64 * 1024


def register(app: Flask, settings: Settings) -> None:
    """Add them to `app`, which must have no route yet."""
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    # Either would answer in HTML, with a redirect to whatever the Host header names.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    # Flask calls these in reverse: the last word on headers is spoken after flask-cors'.
    app.before_request(_begin)
    if settings.origin_key_sha256:
        app.before_request(_only_through_the_page(settings.origin_key_sha256))
    app.after_request(_finish_with(settings.metrics_namespace))
    if settings.in_lambda:
        return  # the gateway answers preflights, and puts its own CORS headers on every answer
    from flask_cors import CORS

    CORS(
        app,
        origins=list(settings.cors_allow_origin),
        allow_headers=list(settings.cors_allow_headers),
        methods=list(settings.cors_allow_methods),
        expose_headers=list(_EXPOSED),
        vary_header=False,  # one Vary for all: apig-wsgi keeps only the last of two
    )


def _begin() -> None:
    g.started = perf_counter()
    g.request_id = _gateway_request_id(request.environ) or str(uuid.uuid4())
    logs.request_id.set(g.request_id)
    metrics.begin()
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        raise InvalidRequest("the query is not UTF-8: percent-encode it") from None


def _only_through_the_page(digest: str) -> Callable[[], None]:
    """Refuse whoever comes past CloudFront and its firewall: the header is CloudFront's."""

    def check() -> None:
        shown = sha256(request.headers.get(_ORIGIN_KEY, "").encode()).hexdigest()
        if not compare_digest(shown, digest):
            raise Forbidden("this address is closed: ask at the page's own, under the same path")

    return check


def _gateway_request_id(environ: Mapping[str, Any]) -> str:
    """Return the id that the gateway's access log has too, or ""."""
    context: object = environ.get(REQUEST_CONTEXT)
    found = cast("dict[str, Any]", context).get("requestId") if isinstance(context, dict) else None
    if not isinstance(found, str) or len(found) > _LONGEST_REQUEST_ID:
        return ""
    return found if found.isascii() and found.isprintable() else ""


def _finish_with(namespace: str) -> Callable[[Response], Response]:
    """`namespace` is where CloudWatch is to count requests, "" for nowhere."""
    embedded = metrics.EmbeddedMetrics(namespace) if namespace else None

    def finish(response: Response) -> Response:
        varies = response.headers.pop("Vary", None)  # one for all: apig-wsgi keeps the last of two
        response.headers.extend(
            (
                ("X-Request-Id", g.request_id),
                ("Vary", f"Origin, Authorization, {varies}" if varies else "Origin, Authorization"),
                ("X-Content-Type-Options", "nosniff"),
            )
        )
        fields = _fields(response)
        logger.info(
            "%s %r %d",  # quoted: a path may hold a line break
            request.method,
            request.path,
            response.status_code,
            extra=fields | embedded.of(fields, time.time()) if embedded else fields,
        )
        return response

    return finish


def _fields(response: Response) -> dict[str, Any]:
    """What is None is left out of the line."""
    cache, code = response.headers.get("X-Cache"), g.get("code")
    return {
        "event": "request",
        "method": request.method,
        # The rule, not the path: that has ids in it, and is a stranger's where nothing matches.
        "route": request.url_rule.rule if request.url_rule else "unmatched",
        "status": response.status_code,
        "code": code,
        "cache": cache,
        metrics.OUTCOME: code or cache or "OK",
        metrics.LATENCY: round((perf_counter() - g.started) * 1000, 1),
        metrics.UPSTREAM: metrics.upstream().milliseconds,
    }
