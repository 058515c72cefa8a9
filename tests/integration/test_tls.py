"""Nobody is talked to who cannot prove who they are, by either way out."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from holdings.adapters import tls
from holdings.adapters.connection_pool import ConnectionPool
from holdings.adapters.exchange_http.bounds import Bounds
from holdings.adapters.exchange_http.transport import Transport
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import ExchangeUnavailable
from holdings.core.once import once
from tests.builders import make_server


def post(pool: ConnectionPool) -> bytes:
    return pool.post({"host": "h", "content-length": "2"}, b"{}", seconds=5)[1]


class Answering(BaseHTTPRequestHandler):
    """Answers with what it was given as a credential, {} for none."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        given = self.headers.get("Authorization", "{}").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(given)))
        self.end_headers()
        self.wfile.write(given)

    do_POST = do_GET  # noqa: N815 - its name there

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that trusts nobody here goes away; that is what is tested."""


@pytest.fixture(autouse=True)
def no_bundle_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificates") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def serving(address: str, authority: trustme.CA) -> Iterator[str]:
    """Serve at `address` with a certificate for 127.0.0.1."""
    with Server((address, 0), Answering) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"https://{address}:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def url(authority: trustme.CA) -> Iterator[str]:
    yield from serving("127.0.0.1", authority)


@pytest.fixture(scope="module")
def elsewhere(authority: trustme.CA) -> Iterator[str]:
    """A server with a certificate for another address."""
    yield from serving("127.0.0.2", authority)


def pool_to(url: str, bundle: Path | None) -> ConnectionPool:
    return ConnectionPool(url, once(lambda: tls.context(str(bundle) if bundle else None)))


def get(url: str, bundle: Path | None) -> bytes:
    server = make_server(url)
    transport = Transport(server, "x", once(lambda: tls.context(str(bundle) if bundle else None)))
    bounds = Bounds(server, Deadline.after(5, Clock()))
    try:
        with transport.get("/time", params={}, auth=None, bounds=bounds) as reply:
            return b"".join(reply.body)
    finally:
        transport.close()


def test_a_server_of_a_trusted_authority_is_talked_to(url: str, bundle: Path) -> None:
    pool = pool_to(url, bundle)
    assert [post(pool), post(pool)] == [b"{}", b"{}"]
    pool.close()
    assert get(url, bundle) == b"{}"


def test_a_server_of_an_unknown_authority_is_not(url: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        post(pool_to(url, None))
    with pytest.raises(ExchangeUnavailable):
        get(url, None)


def test_a_server_with_a_certificate_for_another_host_is_not(elsewhere: str, bundle: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        post(pool_to(elsewhere, bundle))
    with pytest.raises(ExchangeUnavailable):
        get(elsewhere, bundle)


def test_the_operators_own_bundle_holds_for_coinbase(
    monkeypatch: pytest.MonkeyPatch, url: str, bundle: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert get(url, None) == b"{}"


def test_no_exchange_is_given_what_the_machine_keeps_for_its_host(
    url: str, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests looks for a .netrc where a request has no credential, as those of a market."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n", encoding="ascii")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert get(url, bundle) == b"{}"
