"""What the app reaches of the world, each behind a port of its own that can be shut.

A door is where a fault is injected: between the app and the emulated AWS, or in a simulated
exchange. Shut, it refuses connections, which no server can do that answers.
"""

import http.client
import json
import secrets
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from werkzeug import Response

from chaos.aws_faults import AwsFaults, NotSent
from local.simulator.server import LOOPBACK, HangUp, Server

_UPSTREAM_SECONDS = 30


def free_port() -> int:
    """Return one below those of outgoing connections, so that it stays free while shut."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port


@dataclass
class Door:
    """A WSGI app on a port that stays the same however often it is shut."""

    app: Any
    tls: ssl.SSLContext | None = None
    port: int = field(default_factory=free_port)
    _server: Server | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{LOOPBACK}:{self.port}"

    def open(self) -> None:
        if self._server is None:
            self._server = Server(self.app, self.port, self.tls)
            self._server.start()

    def shut(self) -> None:
        """Refuse from now on, and cut off whoever is being served."""
        server, self._server = self._server, None
        if server:
            server.stop()


class Relay:
    """A WSGI app that hands requests on to an emulated AWS as they came, but for faults.

    The host stays the one that was signed. `target` says which dependency a body is for.
    """

    def __init__(self, upstream: str, faults: AwsFaults, target: Callable[[bytes], str]) -> None:
        self._netloc = urlsplit(upstream).netloc
        self._faults = faults
        self._target = target

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        incident = self._faults.take(self._target(body))
        try:
            if incident:
                incident.before(environ["werkzeug.socket"])
            response = self._forwarded(environ, body)
            if incident:
                response = incident.after(environ["werkzeug.socket"], response)
        except NotSent as instead:
            response = instead.response
        return response(environ, start_response)

    def _forwarded(self, environ: Any, body: bytes) -> Response:
        connection = http.client.HTTPConnection(self._netloc, timeout=_UPSTREAM_SECONDS)
        try:
            connection.putrequest(
                environ["REQUEST_METHOD"],
                environ["REQUEST_URI"],
                skip_host=True,
                skip_accept_encoding=True,
            )
            for name, text in _headers(environ):
                connection.putheader(name, text)
            connection.endheaders(body)
            answer = connection.getresponse()
            kind = answer.headers.get("Content-Type", "application/x-amz-json-1.0")
            return Response(answer.read(), answer.status, content_type=kind)
        except (OSError, http.client.HTTPException):
            raise HangUp from None
        finally:
            connection.close()


def _headers(environ: Any) -> Iterable[tuple[str, str]]:
    for name, text in environ.items():
        if name.startswith("HTTP_") and name not in ("HTTP_CONNECTION", "HTTP_EXPECT"):
            yield name[5:].replace("_", "-"), text
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if text := environ.get(name):
            yield name.replace("_", "-"), text


def table_of(records_table: str) -> Callable[[bytes], str]:
    """Return what tells requests to DynamoDB for the records from those for the cache."""

    def target(body: bytes) -> str:
        return "records" if json.dumps(records_table).encode() in body else "cache"

    return target
