"""A reply as it comes in, what its failures are called, and the fields of an account."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeGuard

from holdings.adapters.exchange_http.bodies import (
    NotAnArrayError,
    parse_array,
    parse_document,
    parse_fields,
    parse_members,
    parse_rows,
)
from holdings.adapters.exchange_http.bounds import Server
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangeError,
    ExchangeInvalidResponse,
    ExchangePermissionDenied,
    ExchangeRateLimited,
    ExchangeTimestampExpired,
    ExchangeUnavailable,
)
from holdings.core.money import parse_amount

OK = 200
SERVER_ERROR = 500
_LONGEST_RETRY_AFTER = 3600
_LATEST_TIME = 10**11
# An id has 36 characters and a currency a few; a name may be odd, it need not be a book.
_LONGEST_NAME = 5_000
_LONGEST_CURSOR = 1_000
_LONGEST_TEXT = 4_096

Kind = Literal[
    "timestamp", "rejected", "ip", "denied", "rate_limited", "unavailable", "undocumented"
]


class Reply(NamedTuple):
    """An answer whose head has come; `body` gives the bytes of the rest as they come, once."""

    server: Server
    status: int
    headers: Mapping[str, str]
    body: Iterable[bytes]

    def document(self) -> object:
        """Parse the body without computing a number. Raises ExchangeInvalidResponse."""
        try:
            return parse_document(self.body)
        except ValueError:
            raise self.no_json() from None

    def array(self, what: str = "accounts") -> Iterator[object]:
        """Parse a body that is an array, a member at a time. Raises ExchangeInvalidResponse."""
        try:
            yield from parse_array(self.body)
        except NotAnArrayError:
            raise self._lists_no(what) from None
        except ValueError:
            raise self.no_json() from None

    def rows(self, what: str, most: int) -> list[Any]:
        """Parse a body that is an array of at most `most` bytes. Raises ExchangeInvalidResponse."""
        try:
            return parse_rows(self.body, most)
        except NotAnArrayError:
            raise self._lists_no(what) from None
        except ValueError:
            raise self.no_json() from None

    def members(self, what: str) -> Iterator[tuple[str, object]]:
        """Parse a body that is an object whose names are data. Raises ExchangeInvalidResponse."""
        try:
            yield from parse_members(self.body)
        except NotAnArrayError:
            raise self._lists_no(what) from None
        except ValueError:
            raise self.no_json() from None

    def fields(self, listed: str) -> Iterator[tuple[str, object]]:
        """Parse a body that is an object: each member of its array `listed`, and its other fields.

        Raises ExchangeInvalidResponse.
        """
        try:
            yield from parse_fields(self.body, listed)
        except NotAnArrayError:
            raise self._lists_no("accounts") from None
        except ValueError:
            raise self.no_json() from None

    def _lists_no(self, what: str) -> ExchangeInvalidResponse:
        return self.server.invalid(f"lists no {what}: check {self.server.setting}")

    def start(self) -> bytes:
        """Return the body, or as much of a long one as an error may reasonably take."""
        taken = b""
        for chunk in self.body:
            taken += chunk
            if len(taken) > _LONGEST_TEXT:
                break
        return taken[:_LONGEST_TEXT]

    def no_json(self) -> ExchangeInvalidResponse:
        # A 5xx page of the content network in front of an exchange passes by itself.
        return ExchangeInvalidResponse(
            f"{self.server.name} answered {self.status} with something that is not JSON; try "
            f"again, and check {self.server.setting} if it stays so",
            transient=self.status >= SERVER_ERROR,
        )

    def error(self, kind: Kind) -> ExchangeError:
        """Return the error that a refusal of this kind is."""
        server = self.server
        if kind == "timestamp":
            return ExchangeTimestampExpired(
                f"{server.name}'s clock and this machine's differ: set the clock"
            )
        if kind == "rejected":
            return ExchangeCredentialsRejected(
                f"{server.name} rejects the API key: {server.key_remedy}"
            )
        if kind == "ip":
            return ExchangePermissionDenied(
                f"{server.name} does not take the API key from this IP address: correct the key's "
                "allow-list"
            )
        if kind == "denied":
            return ExchangePermissionDenied(
                f"the API key lacks the View permission at {server.name}: grant it"
            )
        if kind == "rate_limited":
            return ExchangeRateLimited(
                f"the rate limit of {server.name} is exhausted: try again later"
            )
        if kind == "unavailable":
            return ExchangeUnavailable(
                f"{server.name} is not available (it answered {self.status}): try again later",
                transient=True,
            )
        return ExchangeInvalidResponse(
            f"{server.name} answered {self.status}, which its API does not document here: check "
            f"{server.setting}"
        )

    def retry_after(self) -> int | None:
        """Return the whole seconds that the exchange asks to wait; few name any."""
        value = self.headers.get("Retry-After", "")
        if re.fullmatch(r"[0-9]{1,9}", value):
            return min(int(value), _LONGEST_RETRY_AFTER) or None
        return None


def is_object(document: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(document, dict)


def text(fields: Mapping[str, Any], name: str) -> str:
    """Return a field that is a text of reasonable length. ValueError names the field."""
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise ValueError(name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} (half a character)") from None
    return value


def amount(fields: Mapping[str, Any], name: str) -> Decimal:
    """Return a field that is an amount. ValueError names the field, and says what is wrong."""
    try:
        return parse_amount(fields.get(name))
    except ValueError as error:
        raise ValueError(f"{name} ({error})") from None


def cursor(server: Server, value: str) -> str:
    if len(value) > _LONGEST_CURSOR:
        raise server.invalid("has a cursor that is too long: try again later")
    return value


def epoch(server: Server, written: str) -> float:
    """Return epoch seconds, as JSON writes a number. Raises ExchangeInvalidResponse."""
    try:
        seconds = float(written)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < _LATEST_TIME:
        raise server.invalid("tells no usable time: try again later")
    return seconds
