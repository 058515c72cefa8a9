from __future__ import annotations

import http.client
import socket
import threading
from time import monotonic

import pytest
import requests

from local.simulator import Fault, Injection, Simulator
from local.simulator.server import Server, bare_app
from tests.unit.simulator.client import Client, Clock, signed_headers

HEAD = b"Host: localhost\r\nUser-Agent: test\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /time HTTP/9.9\r\n\r\n", 505),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /time HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
        (b"GET /time HTTP/1.1\r\n" + HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (b"GET /time HTTP/1.1\r\n" + HEAD + b"Content-Length: lots\r\n\r\n", 400),
        (b"GET /time HTTP/1.1\r\n" + HEAD + b"Content-Length: 999999999\r\n\r\n", 413),
        (b"GET /time HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"GET /time HTTP/1.1\r\n" + HEAD + b"No colon\r\n\r\n", 200),
        (b"GET http://other/time HTTP/1.1\r\n" + HEAD + b"\r\n", 401),
        (b"GET /\xff%ff%zz?\xfe=%00&&= HTTP/1.1\r\n" + HEAD + b"\r\n", 401),
        (b"GET /currencies/%ff%zz HTTP/1.1\r\n" + HEAD + b"\r\n", 404),
        (b"FROB /accounts HTTP/1.1\r\n" + HEAD + b"\r\n", 401),
        (b"GET * HTTP/1.1\r\n" + HEAD + b"\r\n", 401),
        (b"GET /time HTTP/1.0\r\nUser-Agent: test\r\n\r\n", 200),
    ],
)
def test_whatever_is_sent_gets_an_answer_of_json_and_harms_nothing(
    client: Client, capfd: pytest.CaptureFixture[str], sent: bytes, status: int
) -> None:
    answer = client.raw(sent)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nContent-Type: application/json" in answer
    assert client.accounts().status == 200
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /ti", b"PUT / HTTP/1.1\r\nContent-Le"])
def test_a_client_that_goes_away_harms_nothing(
    client: Client, capfd: pytest.CaptureFixture[str], sent: bytes
) -> None:
    with socket.create_connection(client.address) as connection:
        connection.sendall(sent)
    assert client.accounts().status == 200
    assert capfd.readouterr() == ("", "")


def test_a_client_that_resets_while_it_is_answered_harms_nothing(
    client: Client, simulator: Simulator, capfd: pytest.CaptureFixture[str]
) -> None:
    simulator.exchange.faults.set(Injection(Fault.SLOW, path="/time", seconds=0.1))
    with socket.create_connection(client.address) as connection:
        connection.sendall(b"GET /time HTTP/1.1\r\n" + HEAD + b"\r\n")
        connection.recv(1)
    assert client.accounts().status == 200
    threading.Event().wait(0.15)
    assert capfd.readouterr() == ("", "")


def test_a_connection_is_kept_for_the_next_request(client: Client) -> None:
    connection = http.client.HTTPConnection(*client.address)
    sockets: list[object] = []
    for _ in range(3):
        headers = signed_headers(client.credentials, str(client.now()), "GET", "/accounts")
        connection.request("GET", "/accounts", headers={"User-Agent": "test", **headers})
        sockets.append(connection.sock)
        assert len(connection.getresponse().read()) > 10_000
    connection.close()
    assert sockets[0] is sockets[1] is sockets[2]


def test_a_status_that_has_no_name_can_be_sent(client: Client, simulator: Simulator) -> None:
    simulator.exchange.faults.set(Injection(Fault.BODY, status=520, body=b"?"))
    assert client.accounts().status == 520


def test_it_listens_on_loopback_only(simulator: Simulator) -> None:
    assert simulator.url.startswith("http://127.0.0.1:")


def test_a_busy_port_is_an_os_error(simulator: Simulator) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        Simulator(port=int(simulator.url.rpartition(":")[2]))


def test_a_stopped_simulator_refuses_connections_and_keeps_none(clock: Clock) -> None:
    simulator = Simulator(now=clock).start()
    client = Client(simulator, clock)
    with socket.create_connection(client.address) as kept:
        kept.sendall(b"GET /time HTTP/1.1\r\nUser-Agent: test\r\n\r\n")
        assert kept.recv(15) == b"HTTP/1.1 200 OK"
        simulator.stop()
        while kept.recv(65536):
            pass
    with pytest.raises(ConnectionRefusedError):
        client.accounts()


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.SLOW, Fault.SLOW_START])
def test_stopping_waits_for_no_one(clock: Clock, fault: Fault) -> None:
    with Simulator(now=clock) as simulator:
        simulator.exchange.faults.set(Injection(fault, path="*", seconds=3600))
        held = socket.create_connection(Client(simulator, clock).address)
        held.sendall(b"GET /time HTTP/1.1\r\nUser-Agent: test\r\n\r\n")
        while not simulator.exchange.counts():
            pass
        began = monotonic()
    assert monotonic() - began < 60  # far from the 3,600 s that the fault would take
    held.close()


def test_a_simulator_that_never_started_can_be_stopped() -> None:
    simulator = Simulator()
    simulator.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(simulator.url, timeout=1)


def test_a_connection_accepted_while_stopping_is_not_served() -> None:
    server = Server(bare_app())
    server.stop()
    near, far = socket.socketpair()
    with near, far, server:
        far.sendall(b"GET /time HTTP/1.1\r\n\r\n")
        server.finish_request(near, ("127.0.0.1", 1))
        assert near.recv(3) == b"GET"


def test_a_mistake_of_the_simulator_s_own_is_shown_to_whoever_runs_it(
    client: Client, simulator: Simulator, capfd: pytest.CaptureFixture[str]
) -> None:
    simulator.exchange.accounts = [object()]
    with pytest.raises(http.client.RemoteDisconnected):
        client.accounts()
    simulator.exchange.reset()
    assert client.accounts().status == 200
    assert "TypeError: Object of type object is not JSON serializable" in capfd.readouterr().err
