"""Makes docs/openapi.json of the app's schemas and routes: `make openapi`."""

import inspect
import json
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from marshmallow.fields import Field

from holdings import create_app
from holdings.api import (
    alert_schemas,
    connection_schemas,
    document,
    history_schemas,
    insight_schemas,
    price_schemas,
    schemas,
)
from holdings.api.problem_kinds import KINDS
from holdings.api.problems import MEDIA_TYPE
from holdings.api.request_hooks import LONGEST_BODY
from holdings.settings import VERSION, Settings

_INTRODUCTION = (
    "What your exchange accounts hold: every balance, how old each figure is and how far to trust "
    "it. Amounts are strings in plain decimal notation with at most 12 decimals; moments are "
    "ISO 8601 in UTC. HEAD works where GET does. Every error is an RFC 9457 problem with a "
    "stable `code`."
)

_HEADERS: dict[str, Any] = {
    "X-Cache": {
        "description": "Whether an exchange was asked: HIT no, MISS yes, REFRESH yes because the "
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

_SCHEMAS = {
    "Health": schemas.HealthSchema,
    "Snapshot": schemas.SnapshotSchema,
    "Problem": schemas.ProblemSchema,
    "History": history_schemas.HistorySchema,
    "Activity": history_schemas.ActivitySchema,
    "Statement": history_schemas.StatementSchema,
    "Insights": insight_schemas.InsightsSchema,
    "Alerts": alert_schemas.AlertsSchema,
    "AlertsChange": alert_schemas.AlertsChangeSchema,
    "AlertEvents": alert_schemas.AlertEventsSchema,
    "PriceList": price_schemas.PriceListSchema,
    "Connection": connection_schemas.ConnectionSchema,
    "ConnectionList": connection_schemas.ConnectionListSchema,
    "NewConnection": connection_schemas.NewConnectionSchema,
    "ConnectionChange": connection_schemas.ConnectionChangeSchema,
    "NewCredential": connection_schemas.CredentialSchema,
    "Profile": connection_schemas.ProfileSchema,
    "ProfileChange": connection_schemas.ProfileChangeSchema,
}
_ON_EVERY_ROUTE = ("method_not_allowed", "internal_error")
_NOT_IN_AN_ANSWER = ("conflict", "too_many_connections")


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
    for name, schema in _SCHEMAS.items():
        spec.components.schema(name, schema=schema)
    for rule in app.url_map.iter_rules():
        name = rule.endpoint.partition(".")[2]
        if name in _OPERATIONS:
            view = app.view_functions[rule.endpoint]
            operation = {
                "operationId": name,
                "summary": inspect.getdoc(view) or name,
                **_OPERATIONS[name],
            }
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            path = rule.rule.replace("<", "{").replace(">", "}")
            spec.path(path=path, operations={method.lower(): operation})
    return spec.to_dict()


def _custom_field(_: object, field: object, **__: Any) -> dict[str, Any]:
    if isinstance(field, schemas.Amount):
        return {"type": _text_type(field), "pattern": schemas.AMOUNT_PATTERN}
    if isinstance(field, schemas.Timestamp):
        return {"type": _text_type(field), "format": "date-time"}
    if isinstance(field, history_schemas.Day):
        return {"type": _text_type(field), "format": "date"}
    if isinstance(field, price_schemas.Codes):
        return {"type": "string", "example": "BTC,ETH"}
    return {}


def _text_type(field: Field[Any]) -> str | list[str]:
    return ["string", "null"] if field.allow_none else "string"


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": "Problem"}}}


def _problems(*codes: str) -> dict[str, Any]:
    """One response a status; its description lists the codes that it can have."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        str(status): _problem("; ".join(f"`{code}`: {KINDS[code].title}" for code in listed))
        for status, listed in sorted(by_status.items())
    }


_SIGNED_IN: list[dict[str, list[str]]] = [{"accessToken": []}]
_ANY_SIGNED_IN = ("unauthenticated", "forbidden", "misconfigured", "records_unavailable")
_PROBING = ("invalid_request", *(code for code in KINDS if code.startswith("exchange_")))


def _parameter(name: str, where: str, description: str) -> dict[str, Any]:
    return {
        "in": where,
        "name": name,
        "required": where == "path",
        "description": description,
        "schema": {"type": "string"},
    }


_CSV = {"text/csv": {"schema": {"type": "string"}}}
_CONNECTION_ID = _parameter("connection_id", "path", "The connection's id.")
_IF_MATCH = _parameter("If-Match", "header", "The ETag that was seen: a later change is a 409.")
_IDEMPOTENCY_KEY = _parameter(
    "Idempotency-Key", "header", "The same request with the same key is done once in 24 hours."
)


def _answers(
    schema: str | None, description: str, *codes: str, status: int = 200
) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": description}
    if schema:
        answer["content"] = {"application/json": {"schema": schema}}
    return {
        str(status if schema else 204): answer,
        **_problems(*_ANY_SIGNED_IN, *codes, *_ON_EVERY_ROUTE),
    }


def _of_the_past(
    schema: str,
    description: str,
    codes: tuple[str, ...] = ("not_found", "invalid_request"),
    /,
    **more: Any,
) -> dict[str, Any]:
    answered = {
        "description": description,
        "headers": {name: _HEADERS[name] for name in ("ETag", "Cache-Control")},
        "content": {"application/json": {"schema": schema}, **more},
    }
    return {
        "200": answered,
        "304": {"description": "The answer at hand is still right."},
        **_problems(*_ANY_SIGNED_IN, *codes, *_ON_EVERY_ROUTE),
    }


def _page(description: str) -> dict[str, Any]:
    return {
        "200": {
            "description": description,
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        **_problems(*_ON_EVERY_ROUTE),
    }


_TOO_LONG = _problem(f"`invalid_request`: The body is over {LONGEST_BODY // 1024} kB")


def _changing(body: str, responses: dict[str, Any], *parameters: Any) -> dict[str, Any]:
    return {
        "security": _SIGNED_IN,
        "parameters": list(parameters),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {**responses, "413": _TOO_LONG},
    }


_OPERATIONS: dict[str, dict[str, Any]] = {
    "health": {
        "responses": {
            "200": {
                "description": "The API is up. Neither AWS nor an exchange was asked.",
                "content": {"application/json": {"schema": "Health"}},
            },
            **_problems(*_ON_EVERY_ROUTE),
        },
    },
    "holdings": {
        "security": _SIGNED_IN,
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
                "description": "The figures; `stale` with the reason under `warnings` and at its "
                "source when an exchange could not be read.",
                "headers": _HEADERS,
                "content": {"application/json": {"schema": "Snapshot"}, **_CSV},
            },
            "304": {"description": "The answer at hand is still right.", "headers": _HEADERS},
            **_problems(
                *(code for code in KINDS if code not in _NOT_IN_AN_ANSWER),
            ),
        },
    },
    "prices": {
        "security": _SIGNED_IN,
        "parameters": [{"in": "query", "schema": price_schemas.PricesQuerySchema}],
        "responses": {
            "200": {
                "description": "The prices.",
                "headers": {name: _HEADERS[name] for name in ("Age", "ETag", "Cache-Control")},
                "content": {"application/json": {"schema": "PriceList"}, **_CSV},
            },
            "304": {"description": "The answer at hand is still right."},
            **_problems(*(code for code in KINDS if code not in _NOT_IN_AN_ANSWER)),
        },
    },
    "history": {
        "security": _SIGNED_IN,
        "parameters": [{"in": "query", "schema": history_schemas.HistoryQuerySchema}],
        "responses": _of_the_past("History", "The days."),
    },
    "activity": {
        "security": _SIGNED_IN,
        "parameters": [{"in": "query", "schema": history_schemas.ActivityQuerySchema}],
        "responses": _of_the_past("Activity", "The entries."),
    },
    "statement": {
        "security": _SIGNED_IN,
        "parameters": [
            _parameter("date", "path", "A day that is over, in UTC, such as 2026-11-21."),
            {"in": "query", "schema": history_schemas.StatementQuerySchema},
        ],
        "responses": _of_the_past("Statement", "The statement.", **_CSV),
    },
    "insights": {
        "security": _SIGNED_IN,
        "responses": _of_the_past("Insights", "The insights.", ("invalid_request",)),
    },
    "get_alerts": {
        "security": _SIGNED_IN,
        "responses": _answers("Alerts", "What you want to be told of."),
    },
    "put_alerts": _changing(
        "AlertsChange",
        _answers("Alerts", "It is kept.", "forbidden", "conflict", "invalid_request"),
        _IF_MATCH,
    ),
    "events": {
        "security": _SIGNED_IN,
        "parameters": [{"in": "query", "schema": alert_schemas.AlertEventsQuerySchema}],
        "responses": _answers("AlertEvents", "What fired.", "invalid_request"),
    },
    "ask_to_unsubscribe": {"responses": _page("A page with a button.")},
    "unsubscribe": {
        "parameters": [_parameter("token", "query", "What the link in the mail has.")],
        "responses": _page("The mails stop, if the token is good."),
    },
    "list_connections": {
        "security": _SIGNED_IN,
        "parameters": [{"in": "query", "schema": connection_schemas.PageQuerySchema}],
        "responses": _answers("ConnectionList", "The connections.", "invalid_request"),
    },
    "add_connection": _changing(
        "NewConnection",
        _answers(
            "Connection", "It is kept.", "conflict", "too_many_connections", *_PROBING, status=201
        ),
        _IDEMPOTENCY_KEY,
    ),
    "get_connection": {
        "security": _SIGNED_IN,
        "parameters": [_CONNECTION_ID],
        "responses": _answers("Connection", "The connection.", "not_found"),
    },
    "change_connection": _changing(
        "ConnectionChange",
        _answers("Connection", "It is changed.", "not_found", "conflict", "invalid_request"),
        _CONNECTION_ID,
        _IF_MATCH,
    ),
    "remove_connection": {
        "security": _SIGNED_IN,
        "parameters": [_CONNECTION_ID, _IF_MATCH],
        "responses": _answers(None, "It is forgotten.", "not_found", "conflict"),
    },
    "replace_credential": _changing(
        "NewCredential",
        _answers("Connection", "The key is replaced.", "not_found", "conflict", *_PROBING),
        _CONNECTION_ID,
        _IF_MATCH,
    ),
    "get_profile": {
        "security": _SIGNED_IN,
        "responses": _answers("Profile", "The profile.", "not_found"),
    },
    "change_profile": _changing(
        "ProfileChange",
        _answers("Profile", "It is changed.", "conflict", "invalid_request"),
        _IF_MATCH,
    ),
    "forget_me": {
        "security": _SIGNED_IN,
        "responses": _answers(None, "All of it is forgotten."),
    },
}


def main() -> None:
    app = create_app(Settings.from_env({"DEMO_MODE": "true"}))
    document.PATH.write_text(json.dumps(build(app), indent=2) + "\n")


if __name__ == "__main__":
    main()
