"""An answer that breaks any promise is found out: else no run could fail."""

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from chaos.book import Book, balance
from chaos.fleet import Answer
from chaos.truth import Truth, Wrong
from holdings.core.clock import iso
from local.simulator.exchange import Exchange

OWN, ANOTHERS = 2, 3
Change = Callable[[Any], object]


@pytest.fixture
def book() -> Book:
    book = Book(Exchange[Any]([], now=time.time), Exchange[Any]([], now=time.time))
    for _ in range(3):
        book.add("coinbase_exchange")
    return book


@pytest.fixture
def now(book: Book) -> float:
    """When the book's first version stands, in epoch seconds."""
    return book.begun(0)


@pytest.fixture
def truth(book: Book) -> Truth:
    return Truth(book, {"shared": 1, "mine": OWN}, frozenset({1, OWN}), ttl=2)


def source(connection: str, now: float) -> dict[str, Any]:
    return {
        "connection_id": connection,
        "as_of": iso(int(now)),
        "expires_at": iso(int(now) + 2),
        "stale": False,
        "warning": None,
    }


def rows(connection: str, number: int) -> list[dict[str, Any]]:
    text = balance(number, 0)
    return [
        {
            "connection_id": connection,
            "currency": currency,
            "balance": text,
            "price": {"amount": "2"},
            "value": str(2 * number) + ".0000002",
        }
        for currency in ("BTC", "ETH", "USD")
    ]


def shown(now: float) -> dict[str, Any]:
    return {
        "stale": False,
        "warnings": [],
        "sources": [source("shared", now), source("mine", now)],
        "holdings": [*rows("shared", 1), *rows("mine", OWN)],
    }


def answer(document: Any, now: float, *, status: int = 200, **headers: str) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer("GET", "/holdings", status, named, body, now, now + 0.1)


def stale(document: Any) -> None:
    warning = {"code": "exchange_timeout", "detail": "too late"}
    document["stale"] = document["sources"][1]["stale"] = True
    document["sources"][1]["warning"] = warning
    document["warnings"] = [warning]


def test_right_answers_are_fresh_or_stale(truth: Truth, now: float) -> None:
    document = shown(now)
    assert truth.check(answer(document, now)) == "fresh"
    stale(document)
    assert truth.check(answer(document, now + 60, cache_control="no-store")) == "stale"


BROKEN: list[Change] = [
    lambda it: it["holdings"].pop(),
    lambda it: it["holdings"].extend(rows("unknown", 1)),
    lambda it: it["holdings"].__setitem__(slice(3, 6), rows("mine", ANOTHERS)),
    lambda it: it["holdings"].__setitem__(slice(3, 6), rows("mine", 1)),
    lambda it: it["holdings"][0].update(balance=balance(1, 1), value="2.0000022"),
    lambda it: it["holdings"][0].update(balance="1.5", value="3"),
    lambda it: it["holdings"][0].update(value="2"),
    lambda it: it["holdings"][0].update(price={"amount": None}),
    lambda it: it["sources"].pop() and it["holdings"].__delitem__(slice(3, 6)),
    lambda it: it["sources"][0].update(as_of=None),
    lambda it: it["sources"][0].update(as_of="2020-01-01T00:00:00Z"),
    lambda it: it["sources"][0].update(as_of="2090-01-01T00:00:00Z"),
    lambda it: it["sources"][0].update(expires_at="2090-01-01T00:00:00Z"),
    lambda it: it["sources"][0].update(stale=True),
    lambda it: it["sources"][0].update(warning={"code": "exchange_timeout"}),
    lambda it: it["sources"][0].update(stale=True, warning={"code": "unheard_of"}),
    lambda it: it.update(stale=True),
    stale,
]


@pytest.mark.parametrize("change", BROKEN)
def test_a_wrong_document_is_found_out(change: Change, truth: Truth, now: float) -> None:
    document = copy.deepcopy(shown(now))
    change(document)
    with pytest.raises(Wrong):
        truth.check(answer(document, now))


def test_old_figures_that_do_not_say_so_are_found_out(truth: Truth, now: float) -> None:
    with pytest.raises(Wrong, match="do not say so"):
        truth.check(answer(shown(now), now + 20))


def test_figures_that_had_been_replaced_before_are_found_out(
    truth: Truth, book: Book, now: float
) -> None:
    book.turn()
    document = shown(now + 60)
    with pytest.raises(Wrong, match="did not stand"):
        truth.check(answer(document, now + 60))


PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (0, b"reset", ""),
        (502, b"<html>", "text/html"),
        (500, {"code": "internal_error", "status": 500, "request_id": "r"}, PROBLEM),
        (503, {"code": "unheard_of", "status": 503}, PROBLEM),
        (503, {"code": "records_unavailable", "status": 500}, PROBLEM),
    ],
)
def test_a_wrong_failure_is_found_out(
    status: int, document: Any, kind: str, truth: Truth, now: float
) -> None:
    with pytest.raises(Wrong):
        truth.check(answer(document, now, status=status, content_type=kind))


def test_a_known_problem_is_an_answer(truth: Truth, now: float) -> None:
    problem = {"code": "records_unavailable", "status": 503}
    given = answer(problem, now, status=503, content_type=PROBLEM)
    assert truth.check(given) == "records_unavailable"
