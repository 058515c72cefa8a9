"""HTTP events of every route of docs/openapi.json, well formed and not, in three payloads.

They are what Lambda is handed by an HTTP API (2.0), a REST API (1.0) and a load balancer:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from chaos.fuzz.values import KNOWN_ID, KNOWN_VIEWER, damaged, junk, text

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get")
_MORE_THAN_IS_TAKEN = 70_000
_TYPES = (
    *("application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data"),
    *("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "", "json"),
)
_GOOD: dict[str, tuple[str, ...]] = {
    "connection": (KNOWN_ID, "shared"),
    "connection_id": (KNOWN_ID, "shared", "f" * 32),
    "cursor": (KNOWN_ID, "1795253400000-ab", "eyJ2IjoxfQ"),
    "currency": ("USD", "EUR", "JPY", "BTC"),
    "of": ("BTC,ETH", "BTC", "XYZ"),
    "from": ("2026-11-01", "2020-01-01"),
    "to": ("2026-11-20", "2026-11-21"),
    "date": ("2026-11-20", "2019-01-01"),
    "search": ("BTC",),
    "kind": ("deposit", "trade"),
    "token": ("a.b.c",),
    "If-None-Match": ('"x"', "*", 'W/"x", "y"'),
    "If-Match": ('"1"', '"2"', "*"),
    "Idempotency-Key": ("first", "second"),
}
_BODIES: dict[str, Any] = {
    "NewConnection": {
        "exchange": "coinbase_exchange",
        "label": "Main",
        "credential": {"name": "key", "secret": "s"},
        "accept_rights": ["trade"],
    },
    "ConnectionChange": {"label": "Other", "status": "paused"},
    "NewCredential": {"credential": {"name": "key 0", "secret": "other"}, "accept_rights": []},
    "ProfileChange": {"currency": "EUR", "time_zone": "Europe/Zurich", "insights": True},
    "AlertsChange": {
        "mail": {"enabled": True, "figures": False},
        "rules": [
            {"kind": "balance_fell", "currency": "BTC", "ratio": "0.1"},
            {"kind": "value_crossed", "amount": "100", "direction": "below"},
            {"kind": "connection_failed", "hours": 5, "connection_id": KNOWN_ID},
        ],
    },
}


class Route(NamedTuple):
    path: str
    method: str
    parameters: list[dict[str, Any]]
    body: str | None


@cache
def routes() -> list[Route]:
    """Return what the document has; a body by the name of its schema."""
    found: list[Route] = []
    for path, methods in json.loads(DOCUMENT.read_text("utf-8"))["paths"].items():
        for method, about in methods.items():
            content = about.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            body = schema.rpartition("/")[2] or None
            found.append(Route(path, method.upper(), about.get("parameters", []), body))
    return found


def event(rng: Random) -> Any:
    """Return an event as Lambda's runtime makes it of JSON; one in five is not well formed."""
    route = rng.choice(routes())
    method = route.method if rng.random() < 0.85 else rng.choice(METHODS)
    path, query, headers = _placed(route, rng)
    body = _body(route, headers, rng)
    made = rng.choices((_v2, _v1, _alb), (6, 3, 1))[0](method, path, query, headers, rng)
    if body is not None:
        made["body"] = body
        if rng.random() < 0.3:
            made["body"] = base64.b64encode(body.encode("utf-8", "surrogatepass")).decode()
            made["isBase64Encoded"] = True
        elif rng.random() < 0.03:
            made["isBase64Encoded"] = True
    if rng.random() < 0.2:
        for _ in range(rng.randrange(1, 4)):
            made = damaged(made, rng)
    return made


def _placed(route: Route, rng: Random) -> tuple[str, list[tuple[str, str]], dict[str, str]]:
    """Return a path, a query and headers with the parameters of the route in them."""
    path, query = route.path, list[tuple[str, str]]()
    headers = {"host": "api.example.com"}
    for one in route.parameters:
        name, value = one["name"], _value(one, rng)
        if one["in"] == "path":
            path = path.replace(f"{{{name}}}", value if rng.random() < 0.5 else quote(value))
        elif rng.random() < 0.5:
            if one["in"] == "query":
                query.append((name, value))
            else:
                headers[name if rng.random() < 0.5 else name.lower()] = _latin(value)
    if rng.random() < 0.1:
        query.append((text(rng), text(rng)))
    if rng.random() < 0.1:
        headers[rng.choice(("accept", "origin", "cookie", "x-forwarded-for", "content-length"))] = (
            _latin(text(rng)) if rng.random() < 0.7 else "text/csv"
        )
    if rng.random() < 0.05:
        path += rng.choice(("/", "//", "/%2e%2e", "?", text(rng)))
    return path, query, headers


def _value(parameter: dict[str, Any], rng: Random) -> str:
    if rng.random() < 0.35:
        return text(rng)
    schema = parameter["schema"]
    if known := schema.get("enum"):
        return str(rng.choice(known))
    if schema["type"] == "boolean":
        return rng.choice(("true", "false", "1", "TRUE"))
    if schema["type"] == "integer":
        return str(rng.choice((schema["minimum"], schema["maximum"], schema["maximum"] + 1)))
    return rng.choice(_GOOD.get(parameter["name"], ("x",)))


def _latin(value: str) -> str:
    """Headers are bytes, each of which a gateway hands on as one character."""
    return value.encode("utf-8").decode("latin-1")


def _body(route: Route, headers: dict[str, str], rng: Random) -> str | None:
    if route.body is None and rng.random() < 0.9:
        return None
    roll = rng.random()
    headers["content-type"] = _TYPES[0] if roll < 0.9 else rng.choice(_TYPES)
    if roll > 0.995:
        return " " * _MORE_THAN_IS_TAKEN
    document: Any = json.loads(json.dumps(_BODIES.get(route.body or "", {})))
    if roll > 0.5:
        for _ in range(rng.randrange(1, 4)):
            document = damaged(document, rng)
    elif roll > 0.4:
        document = junk(rng)
    written = json.dumps(document)
    if rng.random() < 0.1:
        cut = rng.randrange(len(written) + 1)
        return written[:cut] + text(rng) + written[cut + rng.randrange(2) :]
    return written


def _claims(rng: Random) -> Any:
    roll = rng.random()
    if roll < 0.9:
        return {"sub": KNOWN_VIEWER, "token_use": "access", "scope": "holdings/read"}
    if roll < 0.95:
        return {"sub": text(rng), "email": text(rng)}
    return junk(rng)


def _v2(method: str, path: str, query: Any, headers: Any, rng: Random) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query) if rng.random() < 0.9 else text(rng),
        "headers": headers,
        "cookies": [text(rng)] if rng.random() < 0.05 else [],
        "requestContext": {
            "requestId": "r" if rng.random() < 0.9 else text(rng),
            "authorizer": {"jwt": {"claims": _claims(rng), "scopes": ["holdings/read"]}},
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "fuzz",
            },
            "timeEpoch": 1_795_253_400_000,
        },
        "isBase64Encoded": False,
    }


def _v1(method: str, path: str, query: Any, headers: Any, rng: Random) -> dict[str, Any]:
    by_name = dict(query)
    return {
        "version": "1.0",
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": by_name or None,
        "multiValueQueryStringParameters": {n: [v] for n, v in by_name.items()} or None,
        "requestContext": {
            "requestId": "r",
            "httpMethod": method,
            "stage": "prod",
            "authorizer": {"claims": _claims(rng)},
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _alb(method: str, path: str, query: Any, headers: Any, rng: Random) -> dict[str, Any]:
    return {
        "requestContext": {"elb": {"targetGroupArn": text(rng)}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": dict(query),
        "headers": headers,
        "body": "",
        "isBase64Encoded": False,
    }
