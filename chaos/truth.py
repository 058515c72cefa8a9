"""What makes an answer wrong: figures that the book never had, another's, or old ones unmarked."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from chaos.book import CURRENCIES, Book, read
from chaos.fleet import Answer
from holdings.api.problem_kinds import KINDS
from holdings.api.problems import MEDIA_TYPE
from holdings.core.clock import from_iso
from holdings.core.errors import READING_FAILURES
from holdings.core.service import DEADLINE_SECONDS

_ERROR = 400
_PLACES = Decimal("1e-12")
# Moments are whole seconds, and a reading takes until its deadline at most.
_ROUNDED = 1.0
_LONGEST_READING = DEADLINE_SECONDS + 2.0
_WARNINGS = READING_FAILURES | {"reading_in_progress"}


class Wrong(Exception):
    """An answer that breaks a promise; the text says which."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What one viewer may be shown: `numbers` are those of keys by the id of their connection.

    Others of `own` are of connections that come and go. `ttl` is for how long a reading is fresh.
    """

    book: Book
    numbers: Mapping[str, int]
    own: frozenset[int]
    ttl: int

    def check(self, answer: Answer) -> str:
        """Return what was answered: `fresh`, `stale` or a problem's code. Raises Wrong."""
        if answer.status == 0:
            raise Wrong(f"{answer.method} {answer.path}: no answer: {answer.body.decode()}")
        if answer.status >= _ERROR:
            return _problem(answer)
        if answer.path.startswith("/holdings"):
            return self._holdings(answer)
        return "fresh"

    def _holdings(self, answer: Answer) -> str:
        document = answer.json()
        rows: dict[str, list[Any]] = {one["connection_id"]: [] for one in document["sources"]}
        for row in document["holdings"]:
            if row["connection_id"] not in rows:
                raise Wrong("a holding is of no source")
            rows[row["connection_id"]].append(row)
            _valued(row)
        missing = self.numbers.keys() - rows.keys()
        if missing and not document["warnings"]:
            raise Wrong("connections are missing without a word")
        for source in document["sources"]:
            marked = source["stale"] or document["stale"]
            self._source(source, rows[source["connection_id"]], answer, marked=marked)
        # The whole is, where the records cannot say which connections there are now.
        stale = document["stale"]
        if stale is not True and any(source["stale"] for source in document["sources"]):
            raise Wrong("a source is stale, and the document does not say so")
        if stale and not document["warnings"]:
            raise Wrong("the document is stale without a reason")
        if stale and "no-store" not in answer.headers.get("cache-control", ""):
            raise Wrong("a stale answer may be kept")
        return "stale" if stale else "fresh"

    def _source(self, source: Any, rows: list[Any], answer: Answer, *, marked: bool) -> None:
        warning = source["warning"]
        if source["stale"] is not (warning is not None):
            raise Wrong("a source is stale without a warning, or warns without being stale")
        if warning and warning["code"] not in _WARNINGS:
            raise Wrong(f"nobody knows the warning {warning['code']}")
        if source["as_of"] is None:
            if rows or not warning:
                raise Wrong("a source that was not read shows figures, or no reason")
            return
        as_of = from_iso(source["as_of"])
        if as_of > answer.ended + _ROUNDED:
            raise Wrong("figures are of the future")
        expires_at = from_iso(source["expires_at"])
        if not marked and expires_at > as_of + self.ttl:
            raise Wrong(f"figures of {source['as_of']} are said to be good until {expires_at}")
        # One that took longer than its figures are fresh arrives expired, and says so by that.
        if not marked and as_of + self.ttl + _LONGEST_READING < answer.began:
            raise Wrong(f"figures are {answer.began - as_of:.1f} s old and do not say so")
        self._figures(source["connection_id"], rows, as_of)

    def _figures(self, connection: str, rows: list[Any], as_of: int) -> None:
        if sorted(row["currency"] for row in rows) != sorted(CURRENCIES):
            raise Wrong(f"{connection} shows {[row['currency'] for row in rows]}")
        seen = {read(row["balance"]) for row in rows}
        if len(seen) != 1 or None in seen:
            raise Wrong(f"the balances {[row['balance'] for row in rows]} are of no one moment")
        ((number, version),) = (one for one in seen if one)
        expected = self.numbers.get(connection)
        if number != expected and (expected is not None or number not in self.own):
            raise Wrong(f"the figures of key {number} are shown for another's connection")
        if not self.book.stood(version, as_of - _ROUNDED, as_of + _LONGEST_READING):
            raise Wrong(f"version {version} did not stand at {as_of}")


def _valued(row: Any) -> None:
    price = row["price"]
    if price["amount"] is None:
        if row["value"] is not None:
            raise Wrong("a value without a price")
    elif Decimal(row["value"]) != _worth(row["balance"], price["amount"]):
        raise Wrong(f"{row['balance']} at {price['amount']} is not {row['value']}")


def _worth(balance: str, price: str) -> Decimal:
    """Towards less, so that nobody is shown more than they own."""
    exact = Decimal(balance) * Decimal(price)
    return exact.quantize(_PLACES, ROUND_FLOOR)


def _problem(answer: Answer) -> str:
    if answer.headers.get("content-type") != MEDIA_TYPE:
        raise Wrong(f"{answer.status} is {answer.headers.get('content-type')}, no problem")
    document = answer.json()
    if document["code"] not in KINDS or document["status"] != answer.status:
        raise Wrong(f"nobody knows the problem {document['code']}")
    if document["code"] == "internal_error":
        raise Wrong(f"{answer.method} {answer.path}: internal_error {document['request_id']}")
    return str(document["code"])
