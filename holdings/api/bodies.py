"""What a request carries, parsed: query, JSON body, If-Match; and JSON as it goes out."""

import hashlib
import json
import re
from typing import Any, cast

from flask import Response, request
from marshmallow import Schema, ValidationError

from holdings.api.schemas import to_json
from holdings.core.connections import Once
from holdings.core.errors import Conflict, InvalidRequest

_VERSION = re.compile(r'"([0-9]{1,12})"')
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def query(schema: Schema) -> dict[str, Any]:
    """Raises InvalidRequest, naming each parameter that is wrong."""
    given = request.args.to_dict(flat=False)
    repeated = {name: ["Given more than once."] for name, values in given.items() if values[1:]}
    if repeated:
        raise InvalidRequest(f"give {', '.join(sorted(repeated))} once", repeated)
    return _load(schema, request.args.to_dict(), "in the query")


def body(schema: Schema) -> dict[str, Any]:
    """Raises InvalidRequest, naming each field that is wrong ("credential.api_key")."""
    if request.mimetype != "application/json":
        raise InvalidRequest("send a JSON object, with Content-Type: application/json")
    try:
        document: object = json.loads(request.get_data(), object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InvalidRequest("the body is not a JSON object: correct it")
    return _load(schema, cast("dict[str, Any]", document), "in the body")


def seen_version() -> int | None:
    """Return the version that If-Match names, None where any will do. Raises Conflict.

    RFC 9110, 13.1.1; a tag that this API never gave out matches nothing.
    """
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    if not (found := _VERSION.fullmatch(given)):
        raise Conflict("If-Match is not an ETag of this resource: read it again")
    return int(found[1])


def once() -> Once | None:
    """Return the Idempotency-Key with a digest of what came with it. Raises InvalidRequest."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        remedy = "Idempotency-Key takes 1 to 128 visible ASCII characters: a UUID will do"
        raise InvalidRequest(remedy, {"Idempotency-Key": [remedy]})
    return Once(key, hashlib.sha256(request.get_data()).hexdigest())


def reply(
    schema: Schema, document: object, *, status: int = 200, version: int | None = None
) -> Response:
    """Answer with a resource that no cache may keep; its version is its ETag."""
    response = Response(to_json(schema, document), status, content_type="application/json")
    response.cache_control.no_store = True
    if version is not None:
        response.headers["ETag"] = f'"{version}"'
    return response


def no_content() -> Response:
    response = Response(status=204)
    response.cache_control.no_store = True
    return response


def _load(schema: Schema, given: dict[str, Any], where: str) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", schema.load(given))
    except ValidationError as error:
        errors = _flat(cast("dict[Any, Any]", error.messages))
        raise InvalidRequest(f"correct {', '.join(sorted(errors))} {where}", errors) from None


def _flat(messages: dict[Any, Any], prefix: str = "") -> dict[str, list[str]]:
    flat: dict[str, list[str]] = {}
    for name, found in messages.items():
        if isinstance(found, dict):
            # Of a mapping's own entries marshmallow says whether the key or the value is wrong.
            inner = cast("dict[Any, Any]", found)
            if inner.keys() <= {"key", "value"}:
                flat[f"{prefix}{name}"] = [text for texts in inner.values() for text in texts]
            else:
                flat |= _flat(inner, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = [str(message) for message in found]
    return flat


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
