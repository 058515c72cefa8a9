"""One HTTP exchange with Coinbase, in bounded time and memory."""

import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import IncompleteRead

from holdings.adapters.coinbase.replies import Reply
from holdings.core.clock import Deadline
from holdings.core.errors import CoinbaseInvalidResponse, CoinbaseTimeout, CoinbaseUnavailable

T = TypeVar("T")

CONNECT_TIMEOUT_SECONDS = 2.0
# Under the deadline of 10 s, so that one lost answer can still be asked for again.
READ_TIMEOUT_SECONDS = 6.0
MAX_BODY_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


def within(deadline: Deadline, call: Callable[[], T]) -> T:
    """Return call(), or raise CoinbaseTimeout when the deadline passes first.

    Socket timeouts bound one read each. A name server that is silent, or a body that arrives
    a byte at a time, outlasts them all; only not waiting any longer bounds those.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - handed over whole to the waiting thread
            future.set_exception(error)

    # In this context: what is logged there has the request's id too.
    threading.Thread(target=copy_context().run, args=(run,), name="coinbase", daemon=True).start()
    try:
        return future.result(timeout=deadline.remaining())
    except TimeoutError:
        raise timed_out() from None


def timed_out() -> CoinbaseTimeout:
    return CoinbaseTimeout("Coinbase did not answer in time: try again later", transient=True)


class _TrustedAdapter(HTTPAdapter):
    """Verifies with roots that are loaded already; requests would load them for each connection."""

    def __init__(self, trusted: Callable[[], ssl.SSLContext]) -> None:
        self._trusted = trusted
        super().__init__()

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


class Transport:
    """Sends GET requests to one base URL over kept-alive connections. Safe to share."""

    def __init__(
        self, base_url: str, user_agent: str, trusted: Callable[[], ssl.SSLContext]
    ) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.mount("https://", _TrustedAdapter(trusted))
        self._session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        # The content network sets cookies; kept, they would be state between two requests.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        auth: AuthBase | None,
        timeout: float,
    ) -> Reply:
        """Send once. Raises CoinbaseUnavailable, CoinbaseTimeout or CoinbaseInvalidResponse."""
        try:
            with self._session.get(
                self._base_url + path,
                params=params,
                auth=auth,
                timeout=(min(CONNECT_TIMEOUT_SECONDS, timeout), min(READ_TIMEOUT_SECONDS, timeout)),
                # A signature is for Coinbase alone: it does not follow to another address.
                allow_redirects=False,
                stream=True,
            ) as response:
                return Reply(response.status_code, response.headers, _body(response))
        except requests.Timeout:
            raise timed_out() from None
        except requests.RequestException as error:
            raise _connection_fault(error) from None

    def disconnect(self) -> None:
        """Close what is idle; the next request connects again."""
        self._session.close()


def _body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise CoinbaseInvalidResponse(
                f"Coinbase's answer is over {MAX_BODY_BYTES} bytes: check CB_BASE_URL"
            )
    return bytes(body)


def _connection_fault(
    error: requests.RequestException,
) -> CoinbaseInvalidResponse | CoinbaseTimeout | CoinbaseUnavailable:
    if _cause(error, IncompleteRead):
        return CoinbaseInvalidResponse(
            "Coinbase's answer broke off half-way: try again", transient=True
        )
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return CoinbaseInvalidResponse("Coinbase's answer cannot be decompressed: try again")
    if "timed out" in str(error).lower():  # a read that times out within a body
        return timed_out()
    return CoinbaseUnavailable(
        "Coinbase cannot be reached: try again later, and check CB_BASE_URL and the network if "
        "it stays so",
        transient=True,
    )


def _cause(error: requests.RequestException, kind: type[Exception]) -> bool:
    """Whether requests wrapped `kind`, which it keeps as an argument of an argument."""
    pending: list[object] = list(error.args)
    while pending:
        found = pending.pop()
        if isinstance(found, kind):
            return True
        if isinstance(found, BaseException):
            pending.extend(found.args)
    return False
