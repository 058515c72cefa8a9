"""What never ends, or hardly, costs neither memory nor time: measured in a process of its own."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from holdings.api.problems import KINDS
from tests.hostile import (
    ACCOUNT,
    BOMB,
    GOOD,
    GZIP,
    MEGABYTE,
    Answer,
    always,
    chunked,
    drip,
    http,
    once_good,
    read_fresh,
    serving,
    threads_left,
)

pytestmark = pytest.mark.slow

INVALID = "exchange_invalid_response"
TIMEOUT = "exchange_timeout"


@pytest.fixture(autouse=True)
def aws() -> None:
    """None is needed here: the cache is in memory, and the key is given."""


def endlessly(before: bytes, *pieces: bytes) -> Answer:
    return lambda _: itertools.chain([before], itertools.cycle(pieces))


def pages_of(body: bytes) -> Answer:
    """As many as are asked for, each of another account."""
    numbers = itertools.count()

    def page(_: str) -> Iterable[bytes]:
        n = str(next(numbers))
        account = json.dumps(ACCOUNT | {"id": n}).encode()
        return [http(b"[" + body + account + b"]", f"CB-AFTER: {n}")]

    return page


def many_accounts(count: int, **changes: str) -> Answer:
    @cache
    def answer() -> bytes:
        texts = (json.dumps(ACCOUNT | changes | {"id": f"{n:036}"}) for n in range(count))
        return http(f"[{','.join(texts)}]".encode())

    return lambda _: [answer()]


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = chunked()
AN_ACCOUNT = json.dumps(ACCOUNT).encode()

HEAVY: dict[str, tuple[str, Answer]] = {
    "pages of 16 MB": (INVALID, pages_of(MEGABYTE * 16)),
    "bombs": (INVALID, always(http(BOMB, GZIP))),
    "150,000 accounts": (INVALID, many_accounts(150_000)),
    "20,001 accounts that are long": (INVALID, many_accounts(20_001, note="x" * 1_400)),
    "a body that never ends": (INVALID, endlessly(HEAD + b"\r\n[", MEGABYTE)),
    "an account that never ends": (INVALID, endlessly(HEAD + b'\r\n[{"x": "', b"x" * 2**20)),
    "lists without end": (INVALID, endlessly(HEAD + b"\r\n[", b"[]," * 2**18)),
    "an error that never ends": (INVALID, endlessly(b"HTTP/1.1 500 X\r\n\r\n", MEGABYTE)),
    "a redirect that never ends": (
        INVALID,
        endlessly(b"HTTP/1.1 302 X\r\nLocation: /\r\n\r\n", MEGABYTE),
    ),
    "headers that never end": (INVALID, endlessly(HEAD, b"a: " + b"b" * 60_000 + b"\r\n")),
    "a chunk of minus one that never ends": (INVALID, endlessly(CHUNKED + b"-1\r\n", MEGABYTE)),
    "a chunk's size that never ends": (INVALID, endlessly(CHUNKED, b"1" * 2**16)),
    "a last chunk's headers that never end": (
        INVALID,
        endlessly(CHUNKED + b"2\r\n[]\r\n0\r\n", b"a" * 2**16),
    ),
    "100 Continue without end": (INVALID, endlessly(b"", b"HTTP/1.1 100 X\r\n\r\n" * 999)),
}
DRIPPING: dict[str, Answer] = {
    "no answer": lambda _: drip(b"", seconds=60),
    "a status": lambda _: drip(b"H"),
    "100 Continue": lambda _: drip(b"HTTP/1.1 100 X\r\n\r\n", seconds=0.1),
    "headers": lambda _: drip(b"a: b\r\n", before=HEAD),
    "a body": lambda _: drip(b" ", before=HEAD + b"\r\n"),
    "accounts": lambda _: drip(AN_ACCOUNT + b",", before=HEAD + b"\r\n[", seconds=0.05),
    "an error": lambda _: drip(b" ", before=b"HTTP/1.1 500 X\r\n\r\n"),
    "a body of a length": lambda _: drip(b" ", before=http(b"", length="999999")),
    "chunks": lambda _: drip(b"1\r\n \r\n", before=CHUNKED, seconds=0.1),
    "a chunk's size": lambda _: drip(b"0", before=CHUNKED),
    "what follows a chunk's size": lambda _: drip(b"x", before=CHUNKED + b"1;"),
    "a last chunk's headers": lambda _: drip(b"a: b\r\n", before=CHUNKED + b"0\r\n"),
    "something compressed": lambda _: drip(
        BOMB, before=HEAD + GZIP.encode() + b"\r\n\r\n", seconds=0.05
    ),
    "a page after a page": lambda target: (
        drip(b" ", before=HEAD + b"\r\n") if "after" in target else [http(GOOD, "CB-AFTER: 1")]
    ),
}


def read_in_a_process_of_its_own(answers: Iterable[Answer], *flags: str) -> dict[str, Any]:
    """Each without and then each with a last good reading."""
    with ExitStack() as stack:
        fresh, last_good = (
            [stack.enter_context(serving(made)).url for made in some]
            for some in (answers, map(once_good, answers))
        )
        command = [sys.executable, "-m", "tests.hostile", *flags, *fresh, *last_good]
        # Not traced: what is measured is the reader, not a reader under coverage.
        environ = {name: value for name, value in os.environ.items() if "COV" not in name}
        done = subprocess.run(command, env=environ, capture_output=True, check=True, timeout=600)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


# By when an answer has to come: 10 s, and what a busy machine adds. These upstreams never end.
LONGEST_WAIT_SECONDS = 60


def check_reads(report: dict[str, Any], codes: list[str]) -> None:
    found = [(read["status"], read["outcome"], read["code"]) for read in report["reads"]]
    assert found == [
        *((KINDS[code].status, "", code) for code in codes),
        *((200, "STALE", code) for code in codes),
    ]
    assert max(read["seconds"] for read in report["reads"]) < LONGEST_WAIT_SECONDS
    assert report["megabytes"] < 200
    assert not report["threads"]


def test_answers_without_measure_cost_neither_memory_nor_time() -> None:
    codes = [code for code, _ in HEAVY.values()]
    answers = [answer for _, answer in HEAVY.values()]
    # What ends them is their size: a slow machine could meet the deadline first, so it is far away.
    check_reads(read_in_a_process_of_its_own(answers, "--slow-clock"), codes)


def test_answers_that_drip_end_by_the_deadline_and_their_threads_too() -> None:
    report = read_in_a_process_of_its_own(DRIPPING.values(), "--at-once")
    check_reads(report, [TIMEOUT] * len(DRIPPING))


def test_a_tls_handshake_that_drips_ends_by_the_deadline_too() -> None:
    record = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(16_000)
    with serving(lambda _: drip(record), request_end=b"") as upstream:
        done = read_fresh(upstream.url.replace("http:", "https:"))
    assert done.code == TIMEOUT
    assert done.seconds < LONGEST_WAIT_SECONDS
    assert not threads_left(60)


def test_the_most_that_is_read_fits_too() -> None:
    """As many accounts as can be answered with, or may be read, and as long or as oddly named."""
    answers = [
        many_accounts(10_000, note="x" * 1_350),
        many_accounts(20_000, currency="\U0001f600" * 14),
    ]
    report = read_in_a_process_of_its_own(answers, "--slow-clock")
    # The second is read and kept, and longer than what the gateway passes on: it is refused.
    assert [read["outcome"] for read in report["reads"]] == ["MISS", "", "REFRESH", ""]
    assert report["megabytes"] < 200
