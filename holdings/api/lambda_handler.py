"""The app as a Lambda function: HTTP API (2.0), REST API (1.0) and ALB events."""

import logging
from collections.abc import Callable
from typing import Any

import apig_wsgi
from flask import Flask

from holdings.core.errors import InvalidRequest

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_NOT_HTTP = InvalidRequest(
    "this function answers API Gateway (HTTP API 2.0, REST API 1.0) and load balancer events: "
    "invoke it through one of them, or with an event of their shape"
)


def make_lambda_handler(app: Flask) -> Handler:
    """Adapt `app` with apig-wsgi; an event that is not HTTP gets a problem, not a crash."""
    adapt = apig_wsgi.make_lambda_handler(app.wsgi_app)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return adapt(event, context)
        except Exception:  # the app answers its own errors: what escapes is the event's fault
            logger.exception("the event is not an HTTP event", extra={"event": "bad_event"})
            return _refuse(app)

    return handler


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
