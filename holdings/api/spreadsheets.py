"""Answers as CSV (RFC 4180), for spreadsheets: every figure whole, with where it comes from."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import normalize

from flask import Request, Response

# What makes a spreadsheet take a text for a formula. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

HOLDINGS = (
    *("connection_id", "connection", "exchange", "account_id", "currency", "name"),
    *("balance", "available", "hold", "value", "value_currency"),
    *("price", "price_status", "price_reason", "price_route", "price_as_of", "change_24h"),
    *("as_of", "stale", "warning"),
)
STATEMENT = (
    *("date", "connection_id", "connection", "exchange", "currency", "balance", "known"),
    *("value", "value_currency", "close", "close_status", "close_reason", "close_route"),
    *("close_date", "reconciled"),
)
PRICES = ("currency", "name", "price", "in", "status", "reason", "route", "as_of", "age")


def is_wanted(request: Request) -> bool:
    """Whether the caller would rather have CSV than JSON."""
    return request.accept_mimetypes.best_match(("application/json", "text/csv")) == "text/csv"


def holdings_csv(document: Mapping[str, Any]) -> Response:
    """Return one line for each holding of the document of GET /holdings."""
    sources = {source["connection_id"]: source for source in document["sources"]}
    currency = document["value"]["currency"]
    return _respond(
        "holdings",
        HOLDINGS,
        (_holding(row, sources[row["connection_id"]], currency) for row in document["holdings"]),
    )


def _holding(row: Mapping[str, Any], source: Mapping[str, Any], currency: str) -> list[Any]:
    price, change, warning = row["price"], row["change_24h"], source["warning"]
    return [
        *(_text(row["connection_id"]), _text(source["label"]), source["exchange"]),
        *(_text(row["account_id"]), _text(row["currency"]), _text(row["name"])),
        *(row["balance"], row["available"], row["hold"], row["value"], _text(currency)),
        *(price["amount"], price["status"], price["reason"], _route(price), price["as_of"]),
        change and change["amount"],
        *(source["as_of"], str(source["stale"]).lower(), warning and warning["code"]),
    ]


def prices_csv(document: Mapping[str, Any]) -> Response:
    """Return one line for each price of the document of GET /prices."""
    currency = _text(document["currency"])
    return _respond(
        "prices",
        PRICES,
        (
            [
                *(_text(price["currency"]), _text(price["name"]), price["amount"], currency),
                *(price["status"], price["reason"], _route(price), price["as_of"], price["age"]),
            ]
            for price in document["prices"]
        ),
    )


def statement_csv(document: Mapping[str, Any]) -> Response:
    """Return one line for each holding of the document of GET /statements/{date}."""
    connections = {one["connection_id"]: one for one in document["connections"]}
    currency, day = _text(document["currency"]), document["date"]

    def line(row: Mapping[str, Any]) -> list[Any]:
        connection, close = connections[row["connection_id"]], row["close"]
        reconciled = connection["reconciled"]
        return [
            *(day, row["connection_id"], _text(connection["label"]), connection["exchange"]),
            *(_text(row["currency"]), row["balance"], row["known"], row["value"], currency),
            *(close["amount"], close["status"], close["reason"], _route(close), close["date"]),
            None if reconciled is None else str(reconciled).lower(),
        ]

    return _respond(f"statement-{day}", STATEMENT, map(line, document["holdings"]))


def _route(price: Mapping[str, Any]) -> str:
    return " > ".join(price["route"])


def _text(value: str | None) -> str | None:
    """Return a text that no spreadsheet computes: an apostrophe marks it as one."""
    if value is not None and normalize("NFKC", value).lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def _respond(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(columns)
    lines.writerows(rows)
    response = Response(file.getvalue(), content_type="text/csv; charset=utf-8; header=present")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    # A cache that knows the JSON of this address must not take this for it.
    response.cache_control.no_store = True
    response.headers["Vary"] = "Accept"
    return response
