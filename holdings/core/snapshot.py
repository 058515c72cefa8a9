"""The document of GET /holdings: what each source gives, with its age and how far to trust it."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

from holdings.core.clock import iso

if TYPE_CHECKING:
    from holdings.core.connections import Connection


class Notice(NamedTuple):
    """Something that the reader of an answer has to know, under a stable `code`."""

    code: str
    detail: str


class Part(TypedDict):
    """What one connection's reading adds to the document, as it is written there."""

    account_count: int
    hidden: dict[str, int]
    hidden_currencies: dict[str, list[str]]
    holdings: list[dict[str, str]]


def parse_part(payload: str) -> Part:
    """Read a part that was kept. Raises ValueError if it is none."""
    part: Any = json.loads(payload)
    try:
        counts = (part["account_count"], part["hidden"]["zero"], part["hidden"]["dust"])
        sound = all(isinstance(count, int) for count in counts)
        codes = (part["hidden_currencies"]["zero"], part["hidden_currencies"]["dust"])
        sound = sound and all(isinstance(code, list) for code in codes)
        for holding in sorted(part["holdings"], key=_order):
            Decimal(holding["balance"])
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"not a reading: {error!r}") from None
    if not sound:
        raise ValueError("not a reading")
    return cast("Part", part)


class SourceView(NamedTuple):
    """A connection in an answer; without a `part` none of it is counted, and `warning` says why.

    `as_of` and `expires_at` are epoch seconds. `scope` says what the figures cover.
    """

    connection: "Connection"
    scope: str
    part: Part | None = None
    as_of: int | None = None
    expires_at: int | None = None
    warning: Notice | None = None

    def document(self) -> dict[str, Any]:
        part = self.part
        return {
            "connection_id": self.connection.id,
            "exchange": self.connection.exchange,
            "label": self.connection.label,
            "status": self.connection.status,
            "scope": self.scope,
            "as_of": None if self.as_of is None else iso(self.as_of),
            "expires_at": None if self.expires_at is None else iso(self.expires_at),
            "stale": self.warning is not None,
            "warning": self.warning and self.warning._asdict(),
            "account_count": part["account_count"] if part else 0,
            "hidden": part["hidden"] if part else {"zero": 0, "dust": 0},
            "hidden_currencies": part["hidden_currencies"] if part else {"zero": [], "dust": []},
        }


def compose(
    sources: Sequence[SourceView],
    warnings: Sequence[Notice],
    valued: Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]],
    *,
    as_of: int,
    expires_at: int,
) -> str:
    """Return the document: every source's holdings together, by currency and then account.

    Its warnings are those given and each source's own: one place to look for all. `valued` returns
    `value` and `holdings`, given the holdings as they are kept.
    """
    parts = [source.part for source in sources if source.part]
    warnings = [*warnings, *(source.warning for source in sources if source.warning)]
    return write(
        {
            "as_of": iso(as_of),
            "expires_at": iso(expires_at),
            "stale": any(source.warning for source in sources),
            "warnings": [warning._asdict() for warning in dict.fromkeys(warnings)],
            "sources": [source.document() for source in sources],
            **sums(parts),
            **valued(
                sorted((holding for part in parts for holding in part["holdings"]), key=_order)
            ),
        }
    )


def sums(parts: Sequence[Any]) -> dict[str, Any]:
    return {
        "account_count": sum(part["account_count"] for part in parts),
        "hidden": {name: sum(part["hidden"][name] for part in parts) for name in ("zero", "dust")},
    }


def _order(holding: dict[str, str]) -> tuple[str, ...]:
    return holding["currency"], holding["account_id"], holding["connection_id"]


def write(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
