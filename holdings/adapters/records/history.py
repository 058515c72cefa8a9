"""What is kept of a connection's history, beside the connection itself.

Under `pk` = viewer#<sub> (S), by `sk` (S); `version` (N) grows with every change:

    history#<connection>            `progress` (B): how far it has been read
    month#<connection>#2026-11      `summary` (B): each day's balances; `partial` (BOOL)
    entries#<connection>#2026-11    `entries` (B): what they are made of; `pieces` (N) with
    entries#<connection>#2026-11~1  the rest where they are too many for one item
"""

import json
import zlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from holdings.adapters.records.credentials import unreadable
from holdings.adapters.records.items import CONNECTION, BrokenItem, Item, blob, number, text, whole
from holdings.adapters.records.viewer_table import ViewerTable, read_item
from holdings.adapters.records.writes import NEW, ViewerWrites, Write
from holdings.core.clock import Deadline
from holdings.core.errors import Conflict, NotFound
from holdings.core.history.progress import STATES, AccountWalk, Balances, Progress, Walk
from holdings.core.money import format_amount
from holdings.core.record_ports import KeptMonth, KeptSummary
from holdings.core.snapshot import Notice

HISTORY, MONTH, ENTRIES = "history#", "month#", "entries#"
OF_HISTORY = (HISTORY, MONTH, ENTRIES)

# An item is of 400 kB at most, a transaction of 4 MB.
_PIECE_BYTES = 350_000
_MOST_PIECES = 10
_MOST_PROGRESS = 16 * 1024 * 1024

_CHANGED = "the history has been read further meanwhile"
_GONE = "there is no such connection: it may have been removed"


class DynamoDBHistory:
    """Implements `holdings.core.record_ports.HistoryRecords`. Safe to share between threads."""

    def __init__(self, table: ViewerTable) -> None:
        self._table = table

    def progress(self, viewer: str, connection_id: str, deadline: Deadline) -> Progress | None:
        item = self._table.get(viewer, f"{HISTORY}{connection_id}", deadline)
        return None if item is None else read_item(_to_progress, item)

    def put_progress(
        self, viewer: str, connection_id: str, progress: Progress, deadline: Deadline
    ) -> Progress:
        fields = {"progress": {"B": _progress_bytes(progress)}}
        put = self._put(viewer, f"{HISTORY}{connection_id}", fields, progress.version)
        self._table.write(viewer, [self._standing(viewer, connection_id), put], deadline)
        return progress._replace(version=progress.version + 1)

    def summaries(
        self, viewer: str, connection_id: str, deadline: Deadline
    ) -> Sequence[KeptSummary]:
        prefix = f"{MONTH}{connection_id}#"
        items = self._table.query(viewer, prefix, deadline)
        return [read_item(lambda item: _to_summary(item, prefix), item) for item in items]

    def month_until(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> str | None:
        prefix = f"{MONTH}{connection_id}#"
        last = self._table.last(viewer, prefix, f"{prefix}{month}", deadline)
        return last and last.removeprefix(prefix)

    def month(
        self, viewer: str, connection_id: str, month: str, deadline: Deadline
    ) -> KeptMonth | None:
        kept = self._table.get(viewer, f"{MONTH}{connection_id}#{month}", deadline)
        if kept is None:
            return None
        prefix = f"{ENTRIES}{connection_id}#{month}"
        # A month that is written in between has pieces of two versions: read them again.
        for _ in range(3):
            items = list(self._table.query(viewer, prefix, deadline))
            if entries := _joined(items, prefix):
                summary = read_item(lambda item: _to_summary(item, ""), kept)
                version, packed = entries
                return KeptMonth(packed, summary.summary, summary.partial, version)
        raise unreadable("a month's entries")

    def put_month(
        self, viewer: str, connection_id: str, month: str, kept: KeptMonth, deadline: Deadline
    ) -> None:
        starts = range(0, len(kept.entries), _PIECE_BYTES)
        pieces = [kept.entries[start : start + _PIECE_BYTES] for start in starts]
        if len(pieces) > _MOST_PIECES:
            raise ValueError("a month has more entries than are kept")
        key = f"{ENTRIES}{connection_id}#{month}"
        version = number(kept.version + 1)
        summary = {"summary": {"B": kept.summary}, "partial": {"BOOL": kept.partial}}
        own = ViewerWrites(self._table.name, viewer)
        first = {"entries": {"B": pieces[0]}, "pieces": number(len(pieces))}
        writes = [
            self._standing(viewer, connection_id),
            self._put(viewer, f"{MONTH}{connection_id}#{month}", summary, kept.version),
            own.put(key, {**first, "version": version}),
        ]
        writes += [
            own.put(f"{key}~{place}", {"entries": {"B": piece}, "version": version})
            for place, piece in enumerate(pieces[1:], 1)
        ]
        self._table.write(viewer, writes, deadline)

    def forget_history(self, viewer: str, connection_id: str, deadline: Deadline) -> None:
        for prefix in OF_HISTORY:
            self._table.forget(viewer, f"{prefix}{connection_id}", deadline)

    def _standing(self, viewer: str, connection_id: str) -> Write:
        """Whatever is written is of a connection that is still there."""
        check = {
            "TableName": self._table.name,
            "Key": ViewerWrites(self._table.name, viewer).key(f"{CONNECTION}{connection_id}"),
            "ConditionExpression": "attribute_exists(pk)",
        }
        return Write({"ConditionCheck": check}, NotFound(_GONE))

    def _put(self, viewer: str, sort_key: str, fields: Item, seen: int) -> Write:
        own = ViewerWrites(self._table.name, viewer)
        fields = {**fields, "version": number(seen + 1)}
        if not seen:
            return own.put(sort_key, fields, Conflict(_CHANGED), NEW)
        put = own.put(sort_key, fields, Conflict(_CHANGED), "version = :seen")
        put.operation["Put"]["ExpressionAttributeValues"] = {":seen": number(seen)}
        return put


def _joined(items: Sequence[Item], key: str) -> tuple[int, bytes] | None:
    """Return the version and bytes of all pieces, None where they are of several versions."""
    pieces = {read_item(lambda item: text(item, "sk"), item): item for item in items}
    head = pieces.get(key)
    if head is None:
        return None
    version = read_item(lambda item: whole(item, "version"), head)
    count = read_item(lambda item: whole(item, "pieces"), head)
    found = [head]
    for place in range(1, min(count, _MOST_PIECES)):
        piece = pieces.get(f"{key}~{place}")
        if piece is None or read_item(lambda item: whole(item, "version"), piece) != version:
            return None
        found.append(piece)
    return version, b"".join(read_item(lambda item: _bytes(item, "entries"), one) for one in found)


def _bytes(item: Item, name: str) -> bytes:
    attribute = item.get(name)
    if not isinstance(attribute, dict):
        raise BrokenItem(name)
    return blob(cast("Item", attribute).get("B"))


def _to_summary(item: Item, prefix: str) -> KeptSummary:
    partial = item.get("partial")
    if not isinstance(partial, dict):
        raise BrokenItem("partial")
    return KeptSummary(
        month=text(item, "sk").removeprefix(prefix),
        summary=_bytes(item, "summary"),
        partial=cast("Item", partial).get("BOOL") is not False,
    )


def _progress_bytes(progress: Progress) -> bytes:
    walk, balances, error = progress.walk, progress.balances, progress.last_error
    document = {
        "state": progress.state,
        "ledger": progress.ledger,
        "read_until": progress.read_until,
        "walk": walk
        and [
            walk.since,
            walk.until,
            walk.accounts_at_all,
            [
                [one, at.currency, at.cursor, at.oldest]
                for one, at in walk.accounts.items()
                if not at.done
            ],
        ],
        "entries": progress.entries,
        "oldest": progress.oldest,
        "balances": balances
        and [
            balances.at,
            [[one, code, format_amount(had)] for one, (code, had) in balances.of.items()],
        ],
        "last_error": error and [error.code, error.detail],
        "failures": progress.failures,
        "busy_until": progress.busy_until,
        "asked_at": progress.asked_at,
    }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode())


def _to_progress(item: Item) -> Progress:
    try:
        unpacking = zlib.decompressobj()
        read: Any = json.loads(unpacking.decompress(_bytes(item, "progress"), _MOST_PROGRESS))
        return Progress(
            state=STATES[STATES.index(read["state"])],
            ledger=bool(read["ledger"]),
            read_until=read["read_until"],
            walk=_to_walk(read["walk"]) if read["walk"] else None,
            entries=int(read["entries"]),
            oldest=read["oldest"],
            balances=_to_balances(read["balances"]) if read["balances"] else None,
            last_error=Notice(*map(str, read["last_error"])) if read["last_error"] else None,
            failures=int(read["failures"]),
            busy_until=int(read["busy_until"]),
            asked_at=int(read["asked_at"]),
            version=whole(item, "version"),
        )
    except (zlib.error, KeyError, TypeError, ValueError, ArithmeticError, RecursionError):
        raise BrokenItem("progress") from None


def _to_walk(read: Any) -> Walk:
    since, until, at_all, left = read
    accounts = {
        str(one): AccountWalk(str(currency), str(cursor), None if oldest is None else int(oldest))
        for one, currency, cursor, oldest in left
    }
    return Walk(int(since), int(until), accounts, int(at_all))


def _to_balances(read: Any) -> Balances:
    at, rows = read
    return Balances(int(at), {str(one): (str(code), Decimal(had)) for one, code, had in rows})
