"""Run in a process of its own: does what it is told on stdin, and tells what that cost.

`python -m bench.scale.work worker`, `plan`, or one of `LOOPS`. Each line of stdin is a list: the
events for the handler, or the numbers of the connections to read. Each line of stdout is
{"cpu", "wall", "peak", "failed"}: seconds, bytes, how many messages are to come again.
"""

import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.child import Context, peak_memory
from bench.scale.exchange import key

# Returns how many pieces of the work failed.
Work = Callable[[Sequence[Any]], int]


class _Context(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def worker(_exchange: str) -> Work:
    """Holdings: as Lambda drives it, a batch after the other."""
    from holdings.jobs.refresh_readings import handler

    def work(events: Sequence[Any]) -> int:
        return sum(len(handler(event, _Context())["batchItemFailures"]) for event in events)

    return work


def plan(_exchange: str) -> Work:
    from holdings.jobs.plan import handler

    def work(events: Sequence[Any]) -> int:
        return sum(not handler(event, _Context())["whole"] for event in events)

    return work


def _client(exchange: str, number: int, *, market: bool = False) -> Any:
    """A client for one key, without what it would read of the market first unless asked for."""
    import ccxt

    given = key(number)
    options: Any = {
        "apiKey": given["api_key"],
        "secret": given["api_secret"],
        "password": given["passphrase"],
        "enableRateLimit": False,
    }
    client: Any = ccxt.coinbaseexchange(options)
    client.urls["api"] = {"public": exchange, "private": exchange}
    if not market:
        client.currencies = {}
        client.load_markets = dict
    return client


def a_client_a_key(exchange: str) -> Work:
    """ccxt: what its users write, `for key in keys: coinbaseexchange(key).fetch_balance()`."""

    def work(numbers: Sequence[Any]) -> int:
        return sum(not _client(exchange, number).fetch_balance()["total"] for number in numbers)

    return work


def one_client(exchange: str) -> Work:
    """ccxt: one client for all, whose key is exchanged before each call. The quickest way."""
    client = _client(exchange, 0)

    def work(numbers: Sequence[Any]) -> int:
        failed = 0
        for number in numbers:
            given = key(number)
            client.apiKey, client.secret = given["api_key"], given["api_secret"]
            client.password = given["passphrase"]
            failed += not client.fetch_balance()["total"]
        return failed

    return work


def as_written(exchange: str) -> Work:
    """ccxt: `a_client_a_key` to the letter, whose clients each read products and currencies."""

    def work(numbers: Sequence[Any]) -> int:
        return sum(
            not _client(exchange, number, market=True).fetch_balance()["total"]
            for number in numbers
        )

    return work


LOOPS = {"a_client_a_key": a_client_a_key, "one_client": one_client, "as_written": as_written}


def main() -> None:
    name, exchange = sys.argv[1:]
    # As Lambda's own handler has it: each line of log is written, to where nobody reads.
    logging.basicConfig(stream=open("/dev/null", "w"))  # noqa: PTH123, SIM115 - until the end
    work = {"worker": worker, "plan": plan, **LOOPS}[name](exchange)
    for line in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        failed = work(json.loads(line))
        told = {
            "cpu": time.process_time() - cpu,
            "wall": time.perf_counter() - wall,
            "peak": peak_memory(),
            "failed": failed,
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
