"""The past: a ledger read back beside another client's loop, and ten years of days answered."""

import contextlib
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from decimal import Decimal
from typing import Any

from bench.backfill import CONNECTION, DAY, END, VIEWER, Viewer, account, code, ledger
from holdings.adapters.coinbase_exchange.ledger import parse_ledger
from holdings.adapters.exchange_http.bounds import Server
from holdings.adapters.exchange_http.replies import Reply
from holdings.api.history_documents import history_document
from holdings.core.clock import Clock, Deadline
from holdings.core.history.closes import Closes
from holdings.core.history.progress import Balances, Progress
from holdings.core.history.recorder import Recorder
from holdings.core.history.service import HistoryService

RUNS = 3
# A change of each asset in ten days, as of somebody who trades each of them three times a month.
CHANGES_A_YEAR = 36
SIZES = ((1, 10), (3, 10), (3, 50), (10, 10), (10, 50))


def table() -> str:
    """Both as Markdown, each figure a median of three runs in processes of their own."""
    return f"{_backfill()}\n\n{_days()}"


def _backfill() -> str:
    lines = ["| 100,000 entries | CPU, s | entries a second of CPU | peak memory, MB |"]
    lines.append("|---|---:|---:|---:|")
    titles = {
        "holdings": "Holdings: read, checked, kept by the month, worked out by the day",
        "ccxt": "ccxt: a loop over `fetch_ledger`, nothing kept",
    }
    medians: dict[str, float] = {}
    with _served() as url:
        for name, title in titles.items():
            runs = [_run(name, url) for _ in range(RUNS)]
            cpu, peak = (statistics.median(run[of] for run in runs) for of in ("cpu", "peak"))
            medians[name] = cpu
            entries = runs[0]["entries"]
            lines.append(f"| {title} | {cpu:.2f} | {entries / cpu:,.0f} | {peak / 1e6:.0f} |")
    ratio = medians["holdings"] / medians["ccxt"]
    return "\n".join([*lines, "", f"The first in terms of the second: {ratio:.2f}."])


def _run(name: str, url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.backfill", name, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def _served() -> Generator[str]:
    command = [sys.executable, "-m", "bench.backfill", "serve"]
    with subprocess.Popen(  # noqa: S603 - ours
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin  # noqa: S101 - a pipe
        assert server.stdout  # noqa: S101 - a pipe
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def _days() -> str:
    lines = ["| GET /history, warm | CPU, ms | records read, kB | answer, kB |"]
    lines.append("|---|---:|---:|---:|")
    for years, assets in SIZES:
        cpu, read, answer = _history(years, assets)
        lines.append(
            f"| {years} years, {assets} assets | {cpu * 1_000:.0f} | {read / 1e3:,.0f} "
            f"| {answer / 1e3:,.0f} |"
        )
    return "\n".join(lines)


def _history(years: int, assets: int) -> tuple[float, int, int]:
    """Return the CPU seconds of an answer, and the bytes that are read and written for it."""
    kept: Any = Viewer()
    deadline = Deadline.after(600, Clock())
    recorder = Recorder(kept.history, VIEWER, CONNECTION)
    held: dict[str, tuple[str, Decimal]] = {}
    for number in range(assets):
        rows = ledger(number, CHANGES_A_YEAR * years, years)
        body = json.dumps(rows[:1_000]).encode()
        page = parse_ledger(Reply(Server("bench", "", "http://127.0.0.1:1", ""), 200, {}, [body]))
        recorder.add((account(number), code(number)), page.entries)
        held[account(number)] = code(number), Decimal(rows[0]["balance"])
    recorder.write((0, END * 1_000_000), deadline)
    until = END * 1_000_000
    done = Progress("done", read_until=until, balances=Balances(until, held), asked_at=END)
    kept.history.put_progress(VIEWER, CONNECTION, done, deadline)
    clock = Clock(now=lambda: float(END), sleep=_no_sleep)
    market: Any = _Daily
    no_place: Any = _NoPlace
    own: Any = _Own(kept)
    service = HistoryService(
        sources=own,
        history=kept.history,
        listings=_Listed(assets),
        closes=Closes(market=market, cache=no_place, clock=clock),
        queue=None,
        clock=clock,
    )
    service.read_closes(VIEWER, CONNECTION, deadline)
    times: list[float] = []
    read, answer = 0, ""
    found = service.history(VIEWER)
    for _ in range(RUNS + 2):
        kept.table.read = 0
        began = time.process_time()
        found = service.history(VIEWER)
        answer = json.dumps(history_document(found, "day", by_asset=False), separators=(",", ":"))
        times.append(time.process_time() - began)
        read = kept.table.read
    assert not found.warnings  # noqa: S101 - else it is not the work that is meant
    return statistics.median(times), read, len(answer)


class _Own:
    def __init__(self, kept: Any) -> None:
        self._kept = kept

    def of(self, *_: object) -> Any:
        return self._kept.connections()

    def currency(self, *_: object) -> str:
        return "USD"


class _Listed:
    def __init__(self, assets: int) -> None:
        self._books = [f"{code(number)}-USD" for number in range(assets)]

    def listing(self, deadline: Deadline) -> Mapping[str, Any]:
        del deadline
        return {"open": self._books, "delisted": {}, "coins": []}


def _no_sleep(_: float) -> None: ...


class _Daily:
    """Implements Market for closes alone: one for each day."""

    def closes(self, book: str, first: int, last: int, deadline: Deadline) -> Mapping[int, Decimal]:
        del deadline
        rng = random.Random(f"{book}/{first}")  # noqa: S311 - not for secrets
        return {
            day: Decimal(rng.randrange(1, 10**7)).scaleb(-2)
            for day in range(first, last + 1)
            if day < END // DAY
        }


class _NoPlace:
    """Implements SnapshotCache for what stays in this process."""

    def __init__(self, place: str) -> None:
        """Nothing is kept of any."""

    def get(self, *_: object) -> None:
        """Nothing is there."""

    def put(self, entry: Any, *_: object) -> Any:
        return entry

    def lease(self, *_: object) -> None:
        """Give the right to read to whoever asks."""

    def failure(self, *_: object) -> None:
        """Nothing has failed."""

    def release(self, *_: object) -> None:
        """Nobody waits."""


if __name__ == "__main__":
    print(table())
