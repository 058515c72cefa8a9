"""One request and its answer, within the bounds of a reading whatever comes back."""

import http.client
import io
import re
import socket
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, InvalidChunkLength, ReadTimeoutError

from holdings import metrics, traces
from holdings.adapters.exchange_http.bounds import Bounds, Server
from holdings.adapters.exchange_http.replies import Reply
from holdings.core.errors import ExchangeError, ExchangeInvalidResponse, ExchangeUnavailable
from holdings.core.once import LeastRecent

CONNECT_TIMEOUT_SECONDS = 2.0
# Under the deadline of 10 s, so that one lost answer can still be asked for again.
READ_TIMEOUT_SECONDS = 6.0
# Status and headers: what Coinbase and its content network send is some 3 kB.
MAX_HEAD_BYTES = 64 * 1024
_CHUNK_BYTES = 64 * 1024
# As many as one viewer's connections may be, which are read side by side.
_KEPT_CONNECTIONS = 20
# Of accounts there is one address, of ledgers one each.
_KEPT_REQUESTS = 8
_LENGTH = re.compile(r"[0-9]{1,18}")

_bounds: ContextVar[Bounds] = ContextVar("bounds")


class _BoundedStream(io.RawIOBase):
    """All that comes in over a connection for one answer passes here, before anybody parses it.

    A time-out of a socket bounds one read, and a body's length is what its sender says it is:
    a byte at a time, headers without end or chunk sizes that lie pass by all other limits.
    """

    def __init__(self, sock: socket.socket, bounds: Bounds) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._bounds = bounds
        self._head_left: int | None = MAX_HEAD_BYTES

    def head_has_come(self) -> None:
        self._head_left = None

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what http.client reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(min(READ_TIMEOUT_SECONDS, self._bounds.remaining()))
        count = self._raw.readinto(buffer) or 0
        self._bounds.receive(count)
        if self._head_left is not None:
            self._head_left -= count
            if self._head_left < 0:
                server = self._bounds.server
                raise server.invalid(
                    f"has headers of over {MAX_HEAD_BYTES} bytes: check {server.setting}"
                )
        return count

    def readall(self) -> bytes:
        """Refuse; only a chunk of a negative size asks for all that ever comes."""
        raise self._bounds.server.invalid("has a part of a negative size: try again")

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        bounds = _bounds.get()
        self._server = bounds.server
        self._stream = _BoundedStream(sock, bounds)
        # It only ever calls makefile() of a socket.
        super().__init__(self._stream, *args, **kwargs)  # pyright: ignore[reportArgumentType] - see above

    def begin(self) -> None:
        super().begin()
        self._stream.head_has_come()
        lengths = set(self.headers.get_all("Content-Length", ["0"]))
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise _malformed(self._server)


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    # urllib3's own connections do not satisfy its protocol for them either.
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType] - see above


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType] - see above


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """Reads through bounded streams, and verifies with roots that are loaded already.

    requests would load them for each connection.
    """

    def __init__(self, trusted: Callable[[], ssl.SSLContext]) -> None:
        self._trusted = trusted
        super().__init__(pool_maxsize=_KEPT_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        # A path is a bundle of the operator's own, from REQUESTS_CA_BUNDLE.
        return host, pool | ({"ssl_context": self._trusted()} if verify is True else {})

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, verify, cert)
        if verify is True:
            conn.ca_certs = None


def _unsigned(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add nothing, as an auth: without one requests would look for a .netrc."""
    return prepared


class _Session(requests.Session):
    """For requests to one server that all have the same options."""

    def __init__(self) -> None:
        super().__init__()
        self._of_environment: Any = None
        self._unsigned = LeastRecent[str, requests.PreparedRequest](_KEPT_REQUESTS)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare once what is the same for every key."""
        request.auth = request.auth or _unsigned
        if request.params:
            return super().prepare_request(request)
        prepare = super().prepare_request

        def unsigned() -> requests.PreparedRequest:
            return prepare(requests.Request(request.method, request.url, auth=_unsigned))

        prepared = self._unsigned.get(str(request.url), unsigned).copy()
        prepared.prepare_auth(request.auth)
        return prepared

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Look once: requests reads through all of the environment for each request."""
        if self._of_environment is None:
            self._of_environment = super().merge_environment_settings(
                url, proxies, stream, verify, cert
            )
        return dict(self._of_environment)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return none: requests reads the whole body of a redirect, also if it does not follow."""


class Transport:
    """Sends GET requests to one server over connections that are kept. Safe to share."""

    def __init__(
        self, server: Server, user_agent: str, trusted: Callable[[], ssl.SSLContext]
    ) -> None:
        self._server = server
        self._session = _Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(trusted))
        self._session.headers.update(
            {
                "User-Agent": user_agent,
                "Accept": "application/json",
                # The one that is decompressed piece by piece with little memory of its own.
                "Accept-Encoding": "gzip",
            }
        )
        # The content network sets cookies; kept, they would be state between two requests.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @contextmanager
    def get(
        self, path: str, *, params: Mapping[str, str], auth: AuthBase | None, bounds: Bounds
    ) -> Generator[Reply]:
        """Send once and give the reply, whose body is to be read before this is left.

        Raises ExchangeUnavailable, ExchangeTimeout or ExchangeInvalidResponse, then too.
        """
        token = _bounds.set(bounds)
        with metrics.upstream(), traces.exchange(self._server.name) as call:
            try:
                with self._send(path, params, auth, bounds.remaining()) as response:
                    call.status = response.status_code
                    body = _body(response, bounds)
                    yield Reply(self._server, response.status_code, response.headers, body)
            except (
                requests.RequestException,
                HTTPError,
                http.client.HTTPException,
                OSError,
            ) as error:
                raise _fault(self._server, error) from None
            finally:
                _bounds.reset(token)

    def _send(
        self, path: str, params: Mapping[str, str], auth: AuthBase | None, seconds: float
    ) -> requests.Response:
        try:
            return self._session.get(
                self._server.base_url + path,
                params=params,
                auth=auth,
                timeout=(min(CONNECT_TIMEOUT_SECONDS, seconds), min(READ_TIMEOUT_SECONDS, seconds)),
                # A signature is for this server alone: it does not follow to another address.
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException:
            raise
        except ValueError:  # of whatever int() or decode() there is for a head
            raise _malformed(self._server) from None

    def close(self) -> None:
        """Close what is idle; the next request connects again."""
        self._session.close()


def _body(response: requests.Response, bounds: Bounds) -> Iterator[bytes]:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("gzip", "identity"):
        server = bounds.server
        raise server.invalid(
            f"is compressed in a way that was not asked for: check {server.setting}"
        )
    for chunk in response.iter_content(_CHUNK_BYTES):
        bounds.unpack(len(chunk))
        yield chunk


def _fault(server: Server, error: Exception) -> ExchangeError:
    causes = tuple(_causes(error))

    def caused(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if caused(requests.Timeout, ReadTimeoutError):
        return server.timed_out()
    if caused(requests.exceptions.ContentDecodingError):
        return server.invalid("cannot be decompressed: try again")
    if caused(InvalidChunkLength, requests.exceptions.InvalidHeader):
        return _malformed(server)
    if caused(requests.exceptions.ChunkedEncodingError):
        return server.invalid("broke off half-way: try again", transient=True)
    if caused(http.client.HTTPException) and not caused(ConnectionError):
        return _malformed(server)
    return ExchangeUnavailable(
        f"{server.name} cannot be reached: try again later, and check {server.setting} and the "
        "network if it stays so",
        transient=True,
    )


def _malformed(server: Server) -> ExchangeInvalidResponse:
    return server.invalid(f"is not HTTP: try again, check {server.setting}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it wraps, which requests keeps as arguments of arguments."""
    yield error
    for argument in error.args:
        if isinstance(argument, BaseException):
            yield from _causes(argument)
