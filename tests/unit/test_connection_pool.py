"""Against a server of sockets: what matters here is bytes, and who closes when."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from holdings.adapters.connection_pool import ConnectionPool

HEADERS = {"host": "h", "content-length": "1"}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Peer:
    """Accepts connections and answers each request by `play`; a None ends the connection."""

    play: Callable[[], bytes | None] = lambda: ANSWER
    connections: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])
    url: str = ""
    hangs_up: bool = False

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(ConnectionError), connection.makefile("rb") as received:
            while received.readline():
                while received.readline().strip():
                    pass  # the headers
                self.requests.append(received.read(1))
                answer = self.play()
                if answer is None:
                    return
                connection.sendall(answer)
                if self.hangs_up:
                    return


@contextmanager
def peer(play: Callable[[], bytes | None] = lambda: ANSWER) -> Generator[Peer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Peer(play, url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=served.serve, args=(listener,), daemon=True)
        thread.start()
        yield served
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def never() -> ssl.SSLContext:
    raise AssertionError("plain HTTP needs no TLS")


def send(pool: ConnectionPool, body: bytes, seconds: float = 5.0) -> bytes:
    status, received = pool.post(HEADERS, body, seconds=seconds)
    assert status == 200
    return received


@dataclass
class Time:
    now: float = 0.0


@contextmanager
def pool_to(served: Peer, moment: Time | None = None) -> Generator[ConnectionPool]:
    pool = ConnectionPool(served.url, never, now=lambda: (moment or Time()).now)
    yield pool
    pool.close()


def test_one_connection_serves_one_request_after_another() -> None:
    with peer() as served, pool_to(served) as pool:
        assert [send(pool, b"a"), send(pool, b"b")] == [b"{}", b"{}"]
        assert (served.connections, served.requests) == (1, [b"a", b"b"])


def test_a_connection_that_was_opened_ahead_is_the_first_that_is_used() -> None:
    with peer() as served, pool_to(served) as pool:
        pool.open()
        assert send(pool, b"a") == b"{}"
        assert served.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    moment = Time()
    with peer() as served, pool_to(served, moment) as pool:
        send(pool, b"a")
        moment.now = 14.9
        send(pool, b"b")
        assert served.connections == 1
        moment.now += 15.1
        send(pool, b"c")
        assert served.connections == 2


def test_a_connection_that_the_other_end_closed_is_opened_again() -> None:
    answers = iter([ANSWER, None, ANSWER])
    with peer(lambda: next(answers)) as served, pool_to(served) as pool:
        send(pool, b"a")
        assert send(pool, b"b") == b"{}"
        assert served.connections == 2


def test_a_new_connection_that_closes_at_once_is_an_error_and_not_tried_for_ever() -> None:
    with peer(lambda: None) as served, pool_to(served) as pool:
        with pytest.raises(ConnectionError):
            send(pool, b"a")
        assert served.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length:2\r\n\r\n{}",
    ],
)
def test_a_connection_that_is_to_be_closed_is_not_kept(answer: bytes) -> None:
    with peer(lambda: answer) as served, pool_to(served) as pool:
        assert [send(pool, b"a"), send(pool, b"b")] == [b"{}", b"{}"]
        assert served.connections == 2


def test_a_body_is_read_to_its_length_however_it_is_cut() -> None:
    parts = [b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 6\r\n\r\nab", b"cd", b"ef"]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.recv(100)
                for part in parts:
                    connection.sendall(part)
                    threading.Event().wait(0.01)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        pool = ConnectionPool(url, never)
        assert send(pool, b"a") == b"abcdef"
        pool.close()
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n\r\n",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * (1 << 20),
    ],
    ids=lambda answer: answer[:40],
)
def test_what_is_no_http_is_an_error_and_its_connection_is_not_used_again(answer: bytes) -> None:
    with peer(lambda: answer) as served, pool_to(served) as pool:
        for _ in range(2):
            with pytest.raises((http.client.HTTPException, ValueError)):
                send(pool, b"a")
        assert served.connections == 2


def test_a_body_without_an_end_is_not_read_for_ever() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with peer(lambda: head + b"x" * (6 << 20)) as served, pool_to(served) as pool:
        assert len(send(pool, b"a")) == 4 << 20


def test_bytes_that_drip_do_not_outlast_the_time_of_a_request() -> None:
    going_on = True

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(1_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while going_on:
                connection.sendall(b"x")
                threading.Event().wait(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: drip(listener.accept()[0]), daemon=True)
        thread.start()
        pool = ConnectionPool(f"http://127.0.0.1:{listener.getsockname()[1]}", never)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            send(pool, b"a", seconds=0.4)
        assert 0.3 < time.monotonic() - started < 60  # it drips without an end
        going_on = False
        thread.join()


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with peer(lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{") as served:
        served.hangs_up = True
        with (
            pool_to(served) as pool,
            pytest.raises(http.client.IncompleteRead),
        ):
            send(pool, b"a")


def test_a_port_where_nobody_listens_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    pool = ConnectionPool(url, never)
    for attempt in (lambda: send(pool, b"a"), pool.open):
        with pytest.raises(ConnectionRefusedError):
            attempt()


def test_threads_never_share_a_connection() -> None:
    together = threading.Barrier(3)

    def answer() -> bytes:
        together.wait(timeout=60)  # a connection that two shared would answer one of them only
        return ANSWER

    with peer(answer) as served, pool_to(served) as pool:
        bodies: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: bodies.append(send(pool, b"a"))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (bodies, served.connections) == ([b"{}"] * 3, 3)


def test_threads_and_one_idle_connection_that_is_too_old_do_not_collide() -> None:
    """Each takes a connection or none; looking and taking are one step."""
    moment = Time()
    with peer() as served, pool_to(served, moment) as pool:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(50):
                    moment.now += 20  # what is idle is too old for whoever comes next
                    send(pool, b"a")
            except BaseException as error:  # noqa: BLE001 - reported by the test
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


def test_no_more_connections_than_a_few_wait_for_the_next_request() -> None:
    together = threading.Barrier(12)

    def answer() -> bytes:
        together.wait(timeout=60)
        return ANSWER

    with peer(answer) as served, pool_to(served) as pool:
        threads = [threading.Thread(target=lambda: send(pool, b"a")) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert served.connections == 12
        served.play = lambda: ANSWER
        for _ in range(12):
            send(pool, b"a")
        assert served.connections == 12
        assert pool.idle == 10


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 2\r\nConnection: Keep-Alive\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    ],
)
def test_an_answer_is_read_however_its_head_is_written(answer: bytes) -> None:
    with peer(lambda: answer) as served, pool_to(served) as pool:
        assert [send(pool, b"a"), send(pool, b"b")] == [b"{}", b"{}"]
        assert served.connections == 1


def test_a_connection_that_the_answer_closes_is_not_used_again() -> None:
    closes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with peer(lambda: closes) as served, pool_to(served) as pool:
        assert [send(pool, b"a"), send(pool, b"b")] == [b"{}", b"{}"]
        assert served.connections == 2
