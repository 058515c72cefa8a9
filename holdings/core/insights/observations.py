"""The parts of an observation: its text, which quotes figures, and the figures themselves."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from holdings.core.money import EXACT, format_amount

Document = dict[str, Any]

UNITS = ("ratio", "days", "hours", "amount", "count", "code", "rights")
_LONGEST_TEXT = 400


def observation(
    code: str,
    title: str,
    reason: str,
    evidence: Sequence[Document],
    *,
    connection_id: str | None = None,
    currency: str | None = None,
) -> Document:
    return {
        "code": code,
        "title": title,
        "reason": reason[:_LONGEST_TEXT],
        "evidence": list(evidence),
        "connection_id": connection_id,
        "currency": currency,
    }


def evidence(figure: str, value: str, unit: str) -> Document:
    return {"figure": figure, "value": value, "unit": unit}


def count(found: Sequence[object]) -> Document:
    return evidence("count", str(len(found)), "count")


def label(connection: Mapping[str, Any]) -> str:
    return f"“{connection['label']}”"


def more(found: Sequence[object], what: str) -> str:
    """Say how many others there are, which the first stands for."""
    others = len(found) - 1
    return f" (and {others} more {what}{'s' if others > 1 else ''})" if others else ""


def percent(ratio: Decimal) -> str:
    tenths = EXACT.quantize(EXACT.multiply(ratio, Decimal(100)), Decimal("0.1"))
    return f"{format_amount(tenths)}%"
