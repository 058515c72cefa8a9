"""The document of GET /holdings: a portfolio with its age and what to know before trusting it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdings.core.portfolio import Portfolio


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the reader of an answer has to know, under a stable `code`."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`as_of` and `expires_at` are epoch seconds."""

    as_of: int
    expires_at: int
    portfolio: "Portfolio"
    stale: bool = False
    warnings: tuple[Notice, ...] = ()
