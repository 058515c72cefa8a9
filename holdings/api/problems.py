"""Every error as an RFC 9457 problem: the one place where errors become HTTP."""

import logging

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from holdings.api.problem_kinds import KINDS
from holdings.core.errors import HoldingsError, InvalidRequest

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


_INTERNAL = "Something failed that should not have. Quote the request id to the operator."
_BY_STATUS = {404: "not_found", 405: "method_not_allowed"}
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_UNAVAILABLE = 503


def register(app: Flask) -> None:
    app.register_error_handler(HoldingsError, _on_holdings_error)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(Exception, _on_any_other)


def _on_holdings_error(error: HoldingsError) -> Response:
    kind = KINDS[error.code]
    if kind.status >= _SERVER_ERROR:
        logger.log(
            logging.WARNING if error.viewers_own else logging.ERROR,
            "%s: %s",
            error.code,
            error.detail,
            extra={"event": "problem", "code": error.code},
        )
    response = _problem(
        error.code,
        error.detail,
        errors=error.errors if isinstance(error, InvalidRequest) and error.errors else None,
    )
    if error.retry_after and kind.status == _UNAVAILABLE:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.code == "unauthenticated":
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _on_http_exception(error: HTTPException) -> ResponseReturnValue:
    """Werkzeug's own: an unknown path, a wrong method, a request it cannot read."""
    status = error.code or _SERVER_ERROR
    if status < _CLIENT_ERROR:
        return error  # a redirect
    if status >= _SERVER_ERROR:
        return _on_any_other(error)
    code = _BY_STATUS.get(status, "invalid_request")
    detail = error.description or error.name
    if isinstance(error, RequestEntityTooLarge):
        detail = f"The body is over {request.max_content_length} bytes: send a shorter one."
    response = _problem(code, detail, status=status)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _on_any_other(error: Exception) -> Response:
    logger.error(
        "internal_error", exc_info=error, extra={"event": "problem", "code": "internal_error"}
    )
    return _problem("internal_error", _INTERNAL)


def _problem(
    code: str,
    detail: str,
    *,
    status: int | None = None,
    errors: dict[str, list[str]] | None = None,
) -> Response:
    from holdings.api.schemas import ProblemSchema, to_json  # which a hit does without

    g.code = code
    kind = KINDS[code]
    document: dict[str, object] = {
        "type": f"urn:problem-type:holdings:{code}",
        "title": kind.title,
        "status": status or kind.status,
        "detail": detail,
        "code": code,
        "request_id": g.request_id,
    }
    if errors:
        document["errors"] = errors
    response = Response(
        to_json(ProblemSchema(), document), status or kind.status, content_type=MEDIA_TYPE
    )
    response.cache_control.no_store = True
    return response
