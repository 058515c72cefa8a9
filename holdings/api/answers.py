"""Answers that change by themselves."""

import hashlib
import json
from typing import Any

from flask import Response, request

from holdings.api.routes import check_length


def revalidated(document: dict[str, Any]) -> Response:
    """Answer with what changes by itself: whoever has it asks whether it is still the same.

    Raises InvalidRequest where it is longer than the gateway passes on.
    """
    body = json.dumps(document, separators=(",", ":"))
    check_length(body)
    response = Response(body, content_type="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    response.make_conditional(request)
    response.headers.remove("Date")
    return response
