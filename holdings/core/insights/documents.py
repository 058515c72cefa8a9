"""The three documents that are kept of a viewer's insights: compressed JSON, checked when read."""

import json
import zlib
from collections.abc import Mapping
from typing import Any, cast

from holdings.core.history.days import REASONS as MISMATCHES
from holdings.core.history.entries import KINDS
from holdings.core.insights import features, observations, observed, persona, recommendations
from holdings.core.insights.facts import LONGEST_CODE, Facts, Hold
from holdings.core.insights.shapes import (
    Check,
    amount,
    fields,
    flag,
    maybe,
    moment,
    one_of,
    rows,
    same,
    text,
    whole,
)
from holdings.core.money import parse_amount
from holdings.core.record_ports import InsightPart

Document = dict[str, Any]

_MOST_BYTES = 1024 * 1024
_CURRENCY, _CODE, _ID = text(LONGEST_CODE), text(LONGEST_CODE), text(64)

_FIGURE = fields(
    {"value": maybe(amount), "reason": maybe(one_of(features.REASONS)), "samples": whole}
)
_PERIOD = fields(
    {
        "from": text(10),
        "to": text(10),
        **dict.fromkeys(("days", "days_covered", "days_active"), whole),
        **dict.fromkeys(features.FIGURES, _FIGURE),
        "weights": rows(fields({"currency": _CURRENCY, "ratio": amount}), 21),
        "changes": rows(fields({"kind": one_of(KINDS), "count": whole}), len(KINDS)),
    }
)
_HOLD = fields({"currency": _CURRENCY, "least": amount, "since": whole, "seen": whole})
_IDLE = fields({"currency": _CURRENCY, "balance": amount, "days": whole})
_MISMATCH = fields(
    {"currency": _CURRENCY, "reason": one_of(MISMATCHES), "ledger": amount, "reading": amount}
)
_CONNECTION = fields(
    {
        "id": _ID,
        "label": text(),
        "status": _CODE,
        "rights": maybe(rows(_CODE, 16)),
        "error": maybe(_CODE),
        "read_at": maybe(whole),
        "failure": maybe(_CODE),
        "mismatches": rows(_MISMATCH, observed.MOST_MISMATCHES),
    }
)
_OBSERVED = fields(
    {
        "holds": rows(_HOLD, observed.MOST_ROWS),
        "held": rows(fields({"currency": _CURRENCY, "balance": amount}), observed.MOST_ROWS),
        "delisted": rows(_IDLE, observed.MOST_ROWS),
        "unpriced": rows(_IDLE, observed.MOST_ROWS),
        "connections": rows(_CONNECTION, observed.MOST_ROWS),
    }
)
_EVIDENCE = fields(
    {
        "rule": one_of(persona.CODES),
        "figure": _CODE,
        "days": whole,
        "value": maybe(amount),
        "comparison": one_of(persona.COMPARISONS),
        "threshold": amount,
        "met": flag,
    }
)
_OBSERVATION = fields(
    {
        "code": one_of(recommendations.CODES),
        "title": text(),
        "reason": text(),
        "evidence": rows(
            fields({"figure": _CODE, "value": text(80), "unit": one_of(observations.UNITS)}),
            8,
        ),
        "connection_id": maybe(_ID),
        "currency": maybe(_CURRENCY),
        "as_of": moment,
        "expires_at": moment,
    }
)
_SHAPES: Mapping[InsightPart, Check] = {
    "features": fields(
        {
            "version": same(features.VERSION),
            "window": whole,
            "currency": _CURRENCY,
            "periods": rows(_PERIOD, len(features.PERIODS)),
            "observed": _OBSERVED,
        }
    ),
    "persona": fields(
        {
            "code": one_of(persona.CODES),
            "rule_version": same(persona.RULE_VERSION),
            "evidence": rows(_EVIDENCE, 32),
        }
    ),
    "recommendations": fields(
        {
            "version": same(recommendations.VERSION),
            "recommendations": rows(_OBSERVATION, recommendations.MOST),
        }
    ),
}


class BrokenDocument(ValueError):
    """Bytes that this version of the program has not written."""


def features_document(facts: Facts) -> Document:
    return {
        "version": features.VERSION,
        "window": facts.window,
        "currency": facts.currency,
        "periods": features.periods(facts),
        "observed": observed.observed(facts),
    }


def persona_document(of: Mapping[str, Any]) -> Document:
    """Given a features document."""
    return persona.persona(of["periods"])


def recommendations_document(of: Mapping[str, Any]) -> Document:
    """Given a features document."""
    return {
        "version": recommendations.VERSION,
        "recommendations": recommendations.recommendations(of),
    }


def holds_of(of: Mapping[str, Any]) -> tuple[Hold, ...]:
    """Return what a features document knows of holds, for the next one."""
    return tuple(
        Hold(one["currency"], parse_amount(one["least"]), one["since"], one["seen"])
        for one in of["observed"]["holds"]
    )


def pack(document: Mapping[str, Any]) -> bytes:
    """Return the same bytes for the same document."""
    text = json.dumps(document, separators=(",", ":"), sort_keys=True)
    return zlib.compress(text.encode())


def unpack(part: InsightPart, packed: bytes) -> Document:
    """Raises BrokenDocument."""
    unpacking = zlib.decompressobj()
    try:
        read: object = json.loads(unpacking.decompress(packed, _MOST_BYTES))
    except (zlib.error, ValueError, RecursionError):
        raise BrokenDocument("not packed") from None
    if not (unpacking.eof and _SHAPES[part](read)):
        raise BrokenDocument("of another version, or not ours")
    document = cast("Document", read)
    if part == "features" and not _is_whole(document):
        raise BrokenDocument("not of the periods that there are")
    return document


def _is_whole(document: Document) -> bool:
    return tuple(period["days"] for period in document["periods"]) == features.PERIODS
