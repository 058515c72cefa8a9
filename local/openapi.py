"""Makes docs/openapi.json of the app's schemas and routes: `make openapi`."""

import inspect
import json
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask

from holdings import create_app
from holdings.api import document, schemas
from holdings.api.problem_kinds import KINDS
from holdings.api.problems import MEDIA_TYPE
from holdings.settings import VERSION, Settings

_INTRODUCTION = (
    "What an exchange account holds: every balance, how old each figure is and how far to trust "
    "it. Amounts are strings in plain decimal notation with at most 12 decimals; moments are "
    "ISO 8601 in UTC. HEAD works where GET does. Every error is an RFC 9457 problem with a "
    "stable `code`."
)

_HEADERS: dict[str, Any] = {
    "X-Cache": {
        "description": "Whether Coinbase was asked: HIT no, MISS yes, REFRESH yes because the "
        "query said so, STALE in vain.",
        "schema": {"type": "string", "enum": ["HIT", "MISS", "REFRESH", "STALE"]},
    },
    "Age": {
        "description": "Seconds since `as_of`; Cache-Control's max-age less this is what is left.",
        "schema": {"type": "integer"},
    },
    "ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "private, max-age=<seconds of freshness left>; a stale answer is no-store.",
        "schema": {"type": "string"},
    },
    "X-Request-Id": {
        "description": "What to quote when asking for help.",
        "schema": {"type": "string"},
    },
}

_ON_EVERY_ROUTE = ("method_not_allowed", "internal_error")
_NOT_IN_AN_ANSWER = ("not_found",)


def build(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route of the API's blueprint."""
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="Holdings",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": _INTRODUCTION},
    )
    converter = plugin.converter
    assert isinstance(converter, OpenAPIConverter)  # noqa: S101 - set by APISpec just above
    converter.add_attribute_function(_custom_field)
    spec.components.security_scheme(
        "accessToken",
        {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A Cognito access token that carries the API's scope.",
        },
    )
    for name, schema in (
        ("Health", schemas.HealthSchema),
        ("Snapshot", schemas.SnapshotSchema),
        ("Problem", schemas.ProblemSchema),
    ):
        spec.components.schema(name, schema=schema)
    for rule in app.url_map.iter_rules():
        blueprint, _, name = rule.endpoint.partition(".")
        if blueprint == "api":
            view = app.view_functions[rule.endpoint]
            operation = {
                "operationId": name,
                "summary": inspect.getdoc(view) or name,
                **_OPERATIONS[name],
            }
            spec.path(path=rule.rule, operations={"get": operation})
    return spec.to_dict()


def _custom_field(_: object, field: object, **__: Any) -> dict[str, Any]:
    if isinstance(field, schemas.Amount):
        return {"type": "string", "pattern": schemas.AMOUNT_PATTERN}
    if isinstance(field, schemas.Timestamp):
        return {"type": "string", "format": "date-time"}
    return {}


def _problems(*codes: str) -> dict[str, Any]:
    """One response a status; its description lists the codes that it can have."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"`{code}`: {KINDS[code].title}" for code in listed),
            "content": {MEDIA_TYPE: {"schema": "Problem"}},
        }
        for status, listed in sorted(by_status.items())
    }


_OPERATIONS: dict[str, dict[str, Any]] = {
    "health": {
        "responses": {
            "200": {
                "description": "The API is up. Neither AWS nor Coinbase was asked.",
                "content": {"application/json": {"schema": "Health"}},
            },
            **_problems(*_ON_EVERY_ROUTE),
        },
    },
    "holdings": {
        "security": [{"accessToken": []}],
        "parameters": [
            {"in": "query", "schema": schemas.HoldingsQuerySchema},
            {
                "in": "header",
                "name": "If-None-Match",
                "description": "The ETag of the answer at hand.",
                "schema": {"type": "string"},
            },
        ],
        "responses": {
            "200": {
                "description": "The figures; `stale` with the reason under `warnings` when "
                "Coinbase could not be read.",
                "headers": _HEADERS,
                "content": {"application/json": {"schema": "Snapshot"}},
            },
            "304": {"description": "The answer at hand is still right.", "headers": _HEADERS},
            **_problems(
                *(code for code in KINDS if code not in _NOT_IN_AN_ANSWER),
            ),
        },
    },
}


def main() -> None:
    app = create_app(Settings.from_env({"DEMO_MODE": "true"}))
    document.PATH.write_text(json.dumps(build(app), indent=2) + "\n")


if __name__ == "__main__":
    main()
