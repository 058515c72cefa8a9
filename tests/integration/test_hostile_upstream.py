"""Coinbase, or who sits in its place, answers with anything: what comes of it is bounded."""

import gzip
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from holdings.adapters.coinbase_exchange import CoinbaseClient, Credentials
from holdings.adapters.tls import context
from holdings.api.problems import KINDS
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import ExchangeInvalidResponse
from tests.hostile import (
    ACCOUNT,
    BOMB,
    GOOD,
    GZIP,
    Answer,
    OneKey,
    always,
    chunked,
    http,
    once_good,
    read_fresh,
    read_with_a_last_good_reading,
    serving,
    threads_left,
)

INVALID = "exchange_invalid_response"
UNAVAILABLE = "exchange_unavailable"
HUGE = "1e99999999999999999999"


@pytest.fixture(autouse=True)
def aws() -> None:
    """None is needed here: the cache is in memory, and the key is given."""


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
        "exchange_permission_denied",
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


class Broken(OneKey):
    def get(self) -> Credentials:
        raise ZeroDivisionError("canary")


def test_what_nobody_foresaw_is_an_invalid_answer_and_loud_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = CoinbaseClient(
        "http://127.0.0.1:9", Broken(), clock=Clock(), user_agent="x", trusted=context
    )
    with pytest.raises(ExchangeInvalidResponse, match="what the log says"):
        client.accounts(Deadline.after(30, Clock()))
    (record,) = caplog.records
    assert (record.levelname, vars(record)["event"]) == ("ERROR", "problem")
    assert "ZeroDivisionError" in record.getMessage()
    assert f'"{__file__}", line' in record.getMessage()
    assert "canary" not in caplog.text.replace('raise ZeroDivisionError("canary")', "")


def test_a_proxy_changes_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    code, answer = QUICK["line breaks for headers"]
    with serving(answer) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert read_fresh("http://coinbase.invalid").code == code


ECHOES: dict[str, Callable[[bytes], bytes]] = {
    "a header without a name": lambda sent: b"HTTP/1.1 200 OK\r\n: no name\r\n" + sent,
    "a header that is none": lambda sent: b"HTTP/1.1 200 OK\r\n\x00\r\n" + sent,
    "half line breaks": lambda sent: b"HTTP/1.1 200 OK\r\nX: y\r" + sent.replace(b"\n", b""),
    "headers": lambda sent: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + sent,
    "a status": lambda sent: sent,
    "a chunk's size": chunked,
    "a body": lambda sent: http(sent, status=401),
    "a message": lambda sent: http(json.dumps({"message": sent.decode()}).encode(), status=418),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_an_upstream_that_sends_our_headers_back_gets_none_of_them_logged(
    echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(always()) as upstream, caplog.at_level(logging.DEBUG):

        def answer(_: str) -> Iterable[bytes]:
            return [ECHOES[echo](upstream.requests[-1].split(b"\r\n", 1)[1])]

        upstream.answer = answer
        assert read_fresh(upstream.url).status in (502, 503)
        sent = upstream.requests[-1].decode()
    logged = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    for name in ("CB-ACCESS-KEY", "CB-ACCESS-SIGN", "CB-ACCESS-PASSPHRASE"):
        value = sent.split(f"{name}: ")[1].split("\r\n")[0]
        assert value not in logged
