"""Reading ledgers of 100,000 entries: what CPU and memory it takes, without what loading takes.

Each in a process of its own: `python -m bench.backfill holdings ADDRESS`, or ccxt instead, reads
what `python -m bench.backfill serve` lists.
"""

import json
import random
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection
from holdings.core.history.progress import Progress

ACCOUNTS, ENTRIES = 50, 2_000
PAGE = 1_000
YEARS = 10
END = 1_795_219_200
DAY = 86_400
VIEWER, CONNECTION = "viewer", "0" * 32
KEY = {"api_key": "key", "api_secret": "A" * 86 + "==", "passphrase": "phrase"}


def account(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def code(number: int) -> str:
    return f"C{number:02}"


def ledger(number: int, entries: int = ENTRIES, years: int = YEARS) -> list[dict[str, Any]]:
    """An account's rows as Coinbase Exchange lists them, newest first."""
    rng, balance = random.Random(number), Decimal()  # noqa: S311 - not for secrets
    moments = sorted(END - rng.random() * years * 365 * DAY for _ in range(entries))
    rows: list[dict[str, Any]] = []
    for place, moment in enumerate(moments):
        amount = Decimal(rng.randrange(1, 10**12)).scaleb(-8)
        amount = -min(amount, balance) if balance and rng.random() < 0.5 else amount
        balance += amount
        iso = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
        about = {"order_id": f"{rng.getrandbits(128):032x}", "product_id": f"{code(number)}-USD"}
        rows.append(
            {
                "id": str(number * 1_000_000 + place + 1),
                "amount": f"{amount:f}",
                "balance": f"{balance:f}",
                "created_at": f"{iso}.{rng.randrange(10**6):06}Z",
                "type": "match",
                "details": {**about, "trade_id": str(rng.randrange(10**9))},
            }
        )
    return rows[::-1]


class Ledgers(BaseHTTPRequestHandler):
    """GET /accounts and the ledger of each, made once; nothing is signed for here."""

    protocol_version = "HTTP/1.1"
    pages: Mapping[str, list[bytes]]
    accounts: bytes

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        after = parse_qs(url.query).get("after", ["0"])[0]
        headers: dict[str, str] = {}
        if url.path == "/accounts":
            body = self.accounts
        elif url.path.endswith("/ledger"):
            pages = self.pages[url.path.split("/")[2]]
            body = pages[int(after)]
            if int(after) + 1 < len(pages):
                headers["CB-AFTER"] = str(int(after) + 1)
        else:
            body = b"[]"
        self.send_response(200)
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


def serve() -> None:
    rows = {account(number): ledger(number) for number in range(ACCOUNTS)}
    Ledgers.pages = {
        one: [json.dumps(of[at : at + PAGE]).encode() for at in range(0, len(of), PAGE)]
        for one, of in rows.items()
    }
    Ledgers.accounts = json.dumps(
        [
            {
                "id": account(number),
                "currency": code(number),
                "balance": rows[account(number)][0]["balance"],
                "available": "0",
                "hold": "0",
                "profile_id": "one",
            }
            for number in range(ACCOUNTS)
        ]
    ).encode()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Ledgers) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


class Table:
    """Implements ViewerCalls in memory, as far as histories need it. `read` counts bytes."""

    def __init__(self) -> None:
        self.items: dict[str, Mapping[str, Any]] = {}
        self.read = 0

    def call(
        self,
        viewer: str,
        service: str,
        operation: str,
        request: Mapping[str, Any],
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        if operation == "GetItem":
            found = self.items.get(request["Key"]["sk"]["S"])
            return {"Item": self._seen(found)} if found else {}
        if operation == "Query":
            prefix = request["ExpressionAttributeValues"][":prefix"]["S"]
            keys = sorted(key for key in self.items if key.startswith(prefix))
            return {"Items": [self._seen(self.items[key]) for key in keys]}
        for write in request["TransactItems"]:
            if "Put" in write:
                item = write["Put"]["Item"]
                self.items[item["sk"]["S"]] = item
        return {}

    def _seen(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        for field in item.values():
            self.read += len(field.get("B", b""))
        return item


class Viewer:
    """Implements Records for one connection."""

    def __init__(self) -> None:
        from holdings.adapters.records.history import DynamoDBHistory
        from holdings.adapters.records.viewer_table import ViewerTable

        self.table = Table()
        self.history = DynamoDBHistory(ViewerTable(self.table, "records", Clock()))
        self.own = Connection(CONNECTION, "coinbase_exchange", "Main", "a", "", 0)

    def connection(self, *_: object) -> Connection:
        return self.own

    def connections(self, *_: object) -> list[Connection]:
        return [self.own]

    def credential(self, *_: object) -> Mapping[str, str]:
        return KEY


def _key(anew: bool) -> Mapping[str, str]:
    del anew
    return KEY


class Unasked:
    """Implements JobQueue for work that is done in one run."""

    def send(self, *_: object, **__: object) -> None:
        raise AssertionError("it was not done in one run")


def holdings(url: str) -> Callable[[], int]:
    from holdings.adapters import tls
    from holdings.adapters.coinbase_exchange import Kind
    from holdings.core.history import walk
    from holdings.core.history.sync import HistorySync
    from holdings.core.once import once

    walk.PACE_SECONDS = 0
    kept: Any = Viewer()
    kind: Any = Kind(url, clock=Clock(), user_agent="bench", trusted=once(tls.context))
    job = HistorySync(
        records=kept,
        kinds={"coinbase_exchange": kind},
        queue=Unasked(),
        read_closes=lambda _viewer, _connection, _deadline: None,
        clock=Clock(),
        hide=lambda _: None,
    )
    kind.open(_key).ledger(account(0), 0, 1, "", Deadline.after(60, Clock()))

    def read() -> int:
        job.run(VIEWER, CONNECTION, seconds=600)
        progress: Progress = kept.history.progress(VIEWER, CONNECTION, Deadline.after(60, Clock()))
        return progress.entries

    return read


def ccxt(url: str) -> Callable[[], int]:
    """The loop that ccxt's users write: fetch_ledger by the page, until there is no more."""
    import ccxt

    client: Any = ccxt.coinbaseexchange(
        {"apiKey": "key", "secret": KEY["api_secret"], "password": "phrase"}
    )
    client.urls["api"] = {"public": url, "private": url}
    client.enableRateLimit = False
    accounts = client.fetch_accounts()
    client.accounts = accounts
    # What it would read of the market first is no part of this.
    client.currencies = {one["code"]: client.safe_currency_structure(one) for one in accounts}
    client.load_markets = dict

    def read() -> int:
        entries = 0
        for one in accounts:
            asked: dict[str, Any] = {"end_date": "2026-12-01", "start_date": "2012-01-01"}
            while True:
                entries += len(client.fetch_ledger(one["code"], None, PAGE, asked))
                after = client.last_response_headers.get("Cb-After")
                if not after:
                    break
                asked["after"] = after
        return entries

    return read


def measured(work: Callable[[], int]) -> dict[str, float]:
    """CPU in seconds, memory in bytes."""
    began = time.process_time()
    entries = work()
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    return {"cpu": time.process_time() - began, "entries": entries, "peak": peak}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        who, address = sys.argv[1:]
        chosen = {"holdings": holdings, "ccxt": ccxt}[who]
        print(json.dumps(measured(chosen(address))))
