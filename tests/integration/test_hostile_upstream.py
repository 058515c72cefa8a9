"""Coinbase, or who sits in its place, answers with anything: what comes of it is bounded."""

import gzip
import itertools
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

import pytest

from holdings.api.problems import KINDS
from tests.hostile import (
    ACCOUNT,
    GOOD,
    Answer,
    chunked,
    drip,
    http,
    once_good,
    read_fresh,
    read_with_a_last_good_reading,
    serving,
    threads_left,
)

INVALID, UNAVAILABLE, TIMEOUT = (
    "coinbase_invalid_response",
    "coinbase_unavailable",
    "coinbase_timeout",
)
HUGE = "1e99999999999999999999"


@pytest.fixture(autouse=True)
def aws() -> None:
    """None is needed here: the cache is in memory, and the key is given."""


def always(*pieces: bytes) -> Answer:
    return lambda _: pieces


def accounts(*changes: dict[str, Any] | str) -> Answer:
    """One page; a text stands for the JSON of an account as it is."""
    texts = [c if isinstance(c, str) else json.dumps(ACCOUNT | c) for c in changes]
    return always(http(f"[{','.join(texts)}]".encode()))


def raw(field: str, value: str) -> str:
    """An account with the JSON `value` for a field."""
    rest = {name: text for name, text in ACCOUNT.items() if name != field}
    return f'{json.dumps(rest)[:-1]}, "{field}": {value}}}'


def timestamp_expired_then(time_body: bytes) -> Answer:
    refusal = http(b'{"message": "request timestamp expired"}', status=401)
    return lambda target: [http(time_body) if target.startswith("/time") else refusal]


def compressed(data: bytes, times: int) -> bytes:
    """`data` repeated, gzipped, without ever having it whole."""
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(data) for _ in range(times)]
    return b"".join([*packed, packer.flush()])


MEGABYTE = b" " * 2**20
BOMB = compressed(MEGABYTE, 40)  # 40 kB that are 40 MB
GZIP = "Content-Encoding: gzip"

QUICK: dict[str, tuple[str, Answer]] = {
    "a huge exponent for a balance": (INVALID, accounts(raw("balance", HUGE))),
    "a huge exponent in quotes": (INVALID, accounts({"balance": HUGE})),
    "a huge exponent for an id": (INVALID, accounts(raw("id", HUGE))),
    "digits without end for a hold": (INVALID, accounts(raw("hold", "9" * 5_000))),
    "a huge exponent for the time": (
        INVALID,
        timestamp_expired_then(f'{{"epoch": {HUGE}}}'.encode()),
    ),
    "digits without end for the time": (
        INVALID,
        timestamp_expired_then(b'{"epoch": ' + b"9" * 5_000 + b"}"),
    ),
    "a tiny exponent for the time": (
        INVALID,
        timestamp_expired_then(b'{"epoch": 1e-99999999999999999999}'),
    ),
    "a huge exponent beside an error": (
        "coinbase_permission_denied",
        always(http(f'{{"message": "Forbidden", "x": {HUGE}}}'.encode(), status=403)),
    ),
    "lists in lists": (INVALID, always(http(b"[" * 100_000))),
    "lists in lists in an account": (INVALID, accounts(raw("x", "[" * 50_000))),
    "objects in objects beside an error": (INVALID, always(http(b'{"a":' * 10_000, status=401))),
    "one account twice, with other figures": (INVALID, accounts({}, {"balance": "2"})),
    "one account twice, with another currency": (INVALID, accounts({}, {"currency": "ETH"})),
    "one balance twice in an account": (INVALID, accounts(raw("balance", '"1", "balance": "2"'))),
    "half a character": (INVALID, accounts(raw("currency", r'"\ud800"'))),
    "no UTF-8": (INVALID, always(http(b'[{"id": "\xff"}]'))),
    "UTF-16": (INVALID, always(http(GOOD.decode().encode("utf-16")))),
    "more after the end": (INVALID, always(http(GOOD + b"[]"))),
    "an account too long": (INVALID, accounts({"x": "x" * 100_000})),
    "a currency too long": (INVALID, accounts({"currency": "x" * 10_000})),
    "accounts without measure": (
        INVALID,
        accounts(*({"id": str(n)} for n in range(20_001))),
    ),
    "names without measure": (
        INVALID,
        accounts(*({"id": str(n), "currency": "x" * 4_000} for n in range(1_000))),
    ),
    "a cursor without measure": (INVALID, always(http(GOOD, "CB-AFTER: " + "9" * 10_000))),
    "an error without measure": (INVALID, always(http(b" " * 10**6, status=401))),
    "a negative chunk": (INVALID, always(chunked(b"-5\r\n", GOOD))),
    "a chunk of minus one": (INVALID, always(chunked(b"-1\r\n", GOOD))),
    "a chunk without a size": (INVALID, always(chunked(b"chunk\r\n", GOOD))),
    "a chunk with digits of another script": (INVALID, always(chunked("٥\r\n".encode(), GOOD))),
    "a chunk too short": (INVALID, always(chunked(b"ffffffffffffffffffff\r\n", GOOD))),
    "a chunk with a size without end": (INVALID, always(chunked(b"1" * 70_000))),
    "a length too long": (INVALID, always(http(GOOD, length="9000"))),
    "a length too short": (INVALID, always(http(GOOD, length="9"))),
    "a length that is none": (INVALID, always(http(GOOD, length="1, 2"))),
    "a negative length": (INVALID, always(http(b"", length="-7"))),
    "digits without end for a length": (INVALID, always(http(b"[", length="9" * 5_000))),
    "a gzip bomb": (INVALID, always(http(BOMB, GZIP))),
    "a gzip bomb in chunks": (
        INVALID,
        always(
            chunked(f"{len(BOMB):x}\r\n".encode(), BOMB, b"\r\n0\r\n\r\n", headers=(GZIP,)),
        ),
    ),
    "a gzip bomb beside an error": (
        INVALID,
        always(http(BOMB, GZIP, status=403)),
    ),
    "a gzip bomb behind a redirect": (
        INVALID,
        always(http(BOMB, GZIP, "Location: /elsewhere", status=302)),
    ),
    "a gzip bomb in a gzip bomb": (
        INVALID,
        always(http(gzip.compress(BOMB), "Content-Encoding: gzip, gzip")),
    ),
    "half a gzip": (INVALID, always(http(gzip.compress(GOOD)[:-12], GZIP))),
    "no gzip": (INVALID, always(http(GOOD, GZIP))),
    "a compression nobody asked for": (INVALID, always(http(GOOD, "Content-Encoding: br"))),
    "a redirect to no text": (INVALID, always(b"HTTP/1.1 302 X\r\nLocation: \xff\xfe\r\n\r\n")),
    "headers without end": (INVALID, always(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000)),
    "a header without end": (INVALID, always(b"HTTP/1.1 200 OK\r\na: " + b"b" * 10**6)),
    "line breaks for headers": (
        INVALID,
        always(b"HTTP/1.1 200 OK\r\n" + (b"a:" + b"\r" * 60_000 + b"\n") * 90 + b"\r\n" + GOOD),
    ),
    "a status that is none": (INVALID, always(b"HTTP/1.1 99999999999999 X\r\n\r\n")),
    "no HTTP": (INVALID, always(b"SSH-2.0-OpenSSH_9.6\r\n")),
    "the end of a line that never comes": (INVALID, always(b"H" * 70_000)),
    "nothing": (UNAVAILABLE, always()),
    "nul bytes": (INVALID, always(b"\0" * 1000)),
}


@pytest.mark.parametrize("read", [read_fresh, read_with_a_last_good_reading])
@pytest.mark.parametrize("case", QUICK)
def test_a_hostile_answer_gives_a_documented_code_and_leaves_no_thread(
    case: str, read: Callable[[str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    code, answer = QUICK[case]
    with serving(answer if read is read_fresh else once_good(answer)) as upstream:
        done = read(upstream.url)
    assert done.code == code
    if read is read_fresh:
        assert done.status == KINDS[code].status
    else:
        assert (done.status, done.outcome) == (200, "STALE")
    assert not threads_left(5)
    # Foreseen, every one of them: what is not is logged loudly.
    assert not [record for record in caplog.records if record.exc_info]


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
    texts = (json.dumps(ACCOUNT | changes | {"id": f"{n:036}"}) for n in range(count))
    return always(http(f"[{','.join(texts)}]".encode()))


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
        done = subprocess.run(command, capture_output=True, check=True, timeout=600)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def check_reads(report: dict[str, Any], codes: list[str]) -> None:
    found = [(read["status"], read["outcome"], read["code"]) for read in report["reads"]]
    assert found == [
        *((KINDS[code].status, "", code) for code in codes),
        *((200, "STALE", code) for code in codes),
    ]
    assert max(read["seconds"] for read in report["reads"]) < 11
    assert report["megabytes"] < 200
    assert not report["threads"]


@pytest.mark.slow
def test_answers_without_measure_cost_neither_memory_nor_time() -> None:
    codes = [code for code, _ in HEAVY.values()]
    check_reads(read_in_a_process_of_its_own([answer for _, answer in HEAVY.values()]), codes)


@pytest.mark.slow
def test_answers_that_drip_end_by_the_deadline_and_their_threads_too() -> None:
    report = read_in_a_process_of_its_own(DRIPPING.values(), "--at-once")
    check_reads(report, [TIMEOUT] * len(DRIPPING))


@pytest.mark.slow
def test_the_most_that_is_read_fits_too() -> None:
    """As many accounts as there may be, as long as they may be, or named as oddly."""
    answers = [
        many_accounts(20_000, note="x" * 1_350),
        many_accounts(20_000, currency="\U0001f600" * 14),
    ]
    report = read_in_a_process_of_its_own(answers)
    assert [read["outcome"] for read in report["reads"]] == ["MISS", "MISS", "REFRESH", "REFRESH"]
    assert report["megabytes"] < 200
