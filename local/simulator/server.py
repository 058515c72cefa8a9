"""A threading HTTP server on loopback that can be stopped whatever it is doing."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, cast

from local.simulator.handler import Handler

if TYPE_CHECKING:
    from local.simulator.exchange import Exchange

LOOPBACK = "127.0.0.1"


class ExchangeServer(ThreadingHTTPServer):
    """Remembers its open connections, so that stopping does not wait for any of them."""

    request_queue_size = 128

    def __init__(self, port: int, exchange: Exchange) -> None:
        self.exchange = exchange
        self._open: set[socket.socket] = set()
        self._stopping = False
        self._opening = threading.Lock()
        super().__init__((LOOPBACK, port), Handler)

    def server_bind(self) -> None:
        # HTTPServer would look its own name up, which can take seconds without a network.
        TCPServer.server_bind(self)

    def finish_request(self, request: Any, client_address: Any) -> None:
        connection = cast("socket.socket", request)
        with self._opening:
            if self._stopping:
                return
            self._open.add(connection)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._opening:
                self._open.discard(connection)

    def hang_up(self) -> None:
        """Cut every open connection, whatever it is in the middle of, and take no more."""
        with self._opening:
            self._stopping = True
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away is its own business; anything else is a mistake of ours.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
