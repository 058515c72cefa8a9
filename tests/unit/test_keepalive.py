"""Against a server of sockets: what matters here is bytes, and who closes when."""

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from holdings.adapters.keepalive import KeptConnections, NoPlainAnswer

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
        with connection, suppress(ConnectionError):
            while request := connection.recv(65_536):
                self.requests.append(request)
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


@dataclass
class Time:
    now: float = 0.0


@contextmanager
def connections_to(served: Peer, time: Time | None = None) -> Generator[KeptConnections]:
    kept = KeptConnections(served.url, never, now=lambda: (time or Time()).now)
    yield kept
    kept.close()


def test_one_connection_serves_one_request_after_another() -> None:
    with peer() as served, connections_to(served) as kept:
        assert [kept.exchange(b"a"), kept.exchange(b"b")] == [b"{}", b"{}"]
        assert (served.connections, served.requests) == (1, [b"a", b"b"])


def test_a_connection_that_was_opened_ahead_is_the_first_that_is_used() -> None:
    with peer() as served, connections_to(served) as kept:
        kept.open()
        assert kept.exchange(b"a") == b"{}"
        assert served.connections == 1


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    time = Time()
    with peer() as served, connections_to(served, time) as kept:
        kept.exchange(b"a")
        time.now = 14.9
        kept.exchange(b"b")
        assert served.connections == 1
        time.now += 15.1
        kept.exchange(b"c")
        assert served.connections == 2


def test_a_connection_that_the_other_end_closed_is_opened_again() -> None:
    answers = iter([ANSWER, None, ANSWER])
    with peer(lambda: next(answers)) as served, connections_to(served) as kept:
        kept.exchange(b"a")
        assert kept.exchange(b"b") == b"{}"
        assert served.connections == 2


def test_a_new_connection_that_closes_at_once_is_an_error_and_not_tried_for_ever() -> None:
    with peer(lambda: None) as served, connections_to(served) as kept:
        with pytest.raises(ConnectionError):
            kept.exchange(b"a")
        assert served.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length:2\r\n\r\n{}",
    ],
)
def test_a_connection_that_is_to_be_closed_is_not_kept(answer: bytes) -> None:
    with peer(lambda: answer) as served, connections_to(served) as kept:
        assert [kept.exchange(b"a"), kept.exchange(b"b")] == [b"{}", b"{}"]
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
        kept = KeptConnections(url, never)
        assert kept.exchange(b"a") == b"abcdef"
        kept.close()
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 2000 What\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n{}",
        b"SSH-2.0-OpenSSH\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * (17 << 20),
    ],
)
def test_what_is_no_plain_success_is_an_error_and_its_connection_is_not_kept(
    answer: bytes,
) -> None:
    with peer(lambda: answer) as served, connections_to(served) as kept:
        for _ in range(2):
            with pytest.raises(NoPlainAnswer):
                kept.exchange(b"a")
        assert served.connections == 2


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with peer(lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{") as served:
        served.hangs_up = True
        with (
            connections_to(served) as kept,
            pytest.raises(ConnectionResetError, match="closed within an answer"),
        ):
            kept.exchange(b"a")


def test_a_port_where_nobody_listens_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    kept = KeptConnections(url, never)
    for attempt in (lambda: kept.exchange(b"a"), kept.open):
        with pytest.raises(ConnectionRefusedError):
            attempt()


def test_threads_never_share_a_connection() -> None:
    together = threading.Barrier(3)

    def answer() -> bytes:
        together.wait(timeout=5)  # a connection that two shared would answer one of them only
        return ANSWER

    with peer(answer) as served, connections_to(served) as kept:
        bodies: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: bodies.append(kept.exchange(b"a"))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (bodies, served.connections) == ([b"{}"] * 3, 3)


def test_nothing_is_left_open_after_closing() -> None:
    with peer() as served, connections_to(served) as kept:
        kept.exchange(b"a")
        kept.close()
        kept.exchange(b"b")
        assert served.connections == 2
