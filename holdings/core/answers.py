"""What is made of a finished answer: of one source alone, in another currency, as stale."""

import json

from holdings.core.clock import from_iso
from holdings.core.snapshot import Notice, sums, write
from holdings.core.valuation import PRICE_WARNINGS, Valuation, total


def narrow(payload: str, connection_id: str) -> tuple[str, bool] | None:
    """Return the document with one of its sources alone, and whether that is stale.

    None where it has no such source. Its moments stay those of the whole.
    """
    document = json.loads(payload)
    sources = [one for one in document["sources"] if one["connection_id"] == connection_id]
    if not sources:
        return None
    stale = bool(sources[0]["stale"])
    holdings = [one for one in document["holdings"] if one["connection_id"] == connection_id]
    of_others = [one["warning"] for one in document["sources"] if one not in sources]
    narrowed = {
        "stale": stale,
        "warnings": [
            warning
            for warning in document["warnings"]
            if warning == sources[0]["warning"] or warning not in of_others
        ],
        "sources": sources,
        **sums(sources),
        "value": total(holdings, document["value"]["currency"], document["value"]["as_of"]),
        "holdings": holdings,
    }
    return write(document | narrowed), stale


def held(payload: str) -> tuple[list[str], str, int | None]:
    """Return what is held, what its values are in, and when their prices were read."""
    document = json.loads(payload)
    value = document["value"]
    codes = [row["currency"] for row in document["holdings"]]
    return codes, value["currency"], value["as_of"] and from_iso(value["as_of"])


def revalue(payload: str, valuation: Valuation, warning: Notice | None) -> str:
    """Return the document with its values in another currency; `warning` is about their prices."""
    document = json.loads(payload)
    document |= valuation.document(document["holdings"])
    warnings = [one for one in document["warnings"] if one["code"] not in PRICE_WARNINGS]
    return write(document | {"warnings": [*warnings, *([warning._asdict()] if warning else [])]})


def mark_stale(payload: str, warning: Notice) -> str:
    """Return the finished document as stale, for this reason; its figures stay as written."""
    document = json.loads(payload)
    document["warnings"].append(warning._asdict())
    return write(document | {"stale": True})
