"""What the API answers about the past, as the page's tests want it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.e2e.page.history_samples import FIRST, YESTERDAY, entry, history, statement
from tests.e2e.page.samples import Document, asked

PAGE = 50


@dataclass
class HistoryApi:
    """Answers in the API's place, and notes what it was asked.

    `changes` are taken over into every history, `connections` told in histories and statements.
    `problem` is the answer to whatever is asked next, until it is None again.
    """

    changes: dict[str, Any] = field(default_factory=dict[str, Any])
    entries: list[Document] = field(default_factory=lambda: [entry(each) for each in range(120)])
    asked: list[str] = field(default_factory=list[str])
    problem: Document | None = None

    def answer(self, url: str) -> tuple[int, Document] | None:
        """Return a status and a body; None for what is not about the past."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match asked(url):
            case ["history"]:
                document = self._history(query)
            case ["statements", date]:
                told = {name: self.changes[name] for name in self.changes if name == "connections"}
                document = statement(date, query.get("currency", "USD"), **told)
            case ["activity"]:
                document = self._activity(query)
            case _:
                return None
        path = f"/{'/'.join(asked(url))}"
        self.asked.append(f"{path}?{parts.query}" if parts.query else path)
        return (self.problem["status"], self.problem) if self.problem else (200, document)

    def _history(self, query: dict[str, str]) -> Document:
        start = max(query.get("from", ""), str(FIRST))
        whole = history(by_asset=query.get("by") == "asset", currency=query.get("currency", "USD"))
        points = [each for each in whole["points"] if start <= each["date"] <= str(YESTERDAY)]
        return whole | {"from": start, "points": points} | self.changes

    def _activity(self, query: dict[str, str]) -> Document:
        """Return a page; the one after the second page is empty, and still not the last."""
        wanted = query.get("search", "").lower()
        found = [
            each
            for each in self.entries
            if wanted in str(each).lower()
            and query.get("kind") in (None, each["kind"])
            and query.get("currency") in (None, each["currency"])
        ]
        start, _, is_empty = query.get("cursor", "0").partition("-")
        at = int(start)
        if at == 2 * PAGE and not is_empty and len(found) > at:
            return {"entries": [], "next": f"{at}-again"}
        page, end = found[at : at + PAGE], at + PAGE
        return {"entries": page, "next": str(end) if end < len(found) else None}
