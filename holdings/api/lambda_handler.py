"""The app as a Lambda function: HTTP API (2.0), REST API (1.0) and ALB events."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import apig_wsgi
from flask import Flask

from holdings import traces
from holdings.core.errors import InvalidRequest
from holdings.settings import tracing

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_NOT_HTTP = InvalidRequest(
    "this function answers API Gateway (HTTP API 2.0, REST API 1.0) and load balancer events: "
    "invoke it through one of them, or with an event of their shape"
)


def make_lambda_handler(app: Flask) -> Handler:
    """Adapt `app` with apig-wsgi; an event that is not HTTP gets a problem, not a crash."""

    def checked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        _check(environ)
        return app.wsgi_app(environ, start_response)

    adapt = apig_wsgi.make_lambda_handler(checked)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        traces.begin(*tracing())
        try:
            return adapt(event, context)
        except Exception:  # the app answers its own errors: what escapes is the event's fault
            logger.exception("the event is not an HTTP event", extra={"event": "bad_event"})
            return _refuse(app)

    return handler


def _check(environ: dict[str, Any]) -> None:
    """Hold an event's values to what WSGI promises the app of them: texts made of bytes.

    apig-wsgi hands on what the event has. Raises ValueError or TypeError.
    """
    for name, value in environ.items():
        if name.startswith(("apig_wsgi.", "wsgi.")) and name != "wsgi.url_scheme":
            continue
        if not isinstance(value, str):
            raise TypeError(f"{name} is {type(value).__name__}, not a text")
        if not value.isascii():
            value.encode("latin-1")


def _refuse(app: Flask) -> dict[str, Any]:
    with app.test_request_context():
        app.preprocess_request()
        response = app.process_response(app.make_response(app.handle_user_exception(_NOT_HTTP)))
    return {
        "statusCode": response.status_code,
        "headers": dict(response.headers),
        "body": response.get_data(as_text=True),
        "isBase64Encoded": False,
    }
