"""A WSGI server on loopback for apps that simulate, faults of the wire included.

werkzeug's, with what an exchange has and a development server lacks: a connection is kept for the
next request, the target comes as it was sent (`REQUEST_URI`), and what cannot be read as HTTP
is answered in JSON. It can be stopped whatever it is doing.
"""

import json
import re
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug import Response
from werkzeug.exceptions import HTTPException
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

LOOPBACK = "127.0.0.1"
JSON = "application/json; charset=utf-8"
MAX_BODY = 8 * 1024 * 1024
"""Bytes. Enough for any account list that the control endpoint is handed."""

_LENGTH = re.compile(r"[0-9]{1,10}")
_BACKLOG = 128
_POLL_SECONDS = 0.05
"""How long stopping may take to be noticed."""


def json_response(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, separators=(",", ":")), status, content_type=JSON)


class Refused(Exception):
    """What was asked will not be done; `text` says so in Coinbase's words.

    `details` go beside it. `unread` says that the body is still on its way: no other request can
    follow it.
    """

    def __init__(self, status: int, text: str, *, unread: bool = False, **details: object) -> None:
        super().__init__(text)
        self.status = status
        self.headers = {"Connection": "close"} if unread else {}
        self._document = {"message": text, **details}

    def response(self, _: object = None) -> Response:
        """The one shape of Coinbase Exchange's errors: `{"message": text}`."""
        response = json_response(self._document, self.status)
        response.headers.update(self.headers)
        return response


class HangUp(ConnectionError):
    """An app raises it to end the connection without another word."""


def bare_app() -> Flask:
    """Return an app that reads bodies within bounds and answers Refused in its shape."""
    app = Flask("simulator", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    # A mistake of our own is for whoever runs it to see, and HangUp for the server.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False  # coinbasepro asks for `/accounts/`
    app.before_request(_read_body)
    app.register_error_handler(Refused, Refused.response)
    return app


def _read_body() -> None:
    if "Transfer-Encoding" in request.headers:
        raise Refused(411, "Content-Length header is required", unread=True)
    if not _LENGTH.fullmatch(request.environ.get("CONTENT_LENGTH", "0").strip()):
        raise Refused(400, "invalid Content-Length", unread=True)
    try:
        request.get_data()
    except HTTPException as error:
        raise Refused(error.code or 400, "request body is too large", unread=True) from None


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Seconds that a client may take to say something.
    timeout = 60
    # Answers go out at once: with Nagle's algorithm the drips of `slow` would come in lumps.
    disable_nagle_algorithm = True

    def make_environ(self) -> dict[str, Any]:
        target = self.requestline.split()[1]
        self.path = "/"  # its tidying stays out of what is signed
        path, _, query = target.partition("?")
        decoded = unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
        sent = {"PATH_INFO": decoded, "QUERY_STRING": query, "REQUEST_URI": target}
        return {**super().make_environ(), **sent}

    def run_wsgi(self) -> None:
        # werkzeug's own closes the connection, and waits before it does.
        try:
            body, status, headers = run_wsgi_app(self.server.app, self.make_environ())
            code, _, reason = status.partition(" ")
            self.send_response_only(int(code), reason)
            for name, text in headers:
                self.send_header(name, text)
            self.end_headers()
            for piece in body:
                self.wfile.write(piece)
        except ConnectionError:  # the client's, or ours on purpose
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server could not read. Never an HTML page, never an echo of what was sent."""
        del message, explain
        refusal = Refused(code, "The request could not be read as HTTP/1.1", unread=True).response()
        self.request_version = self.protocol_version  # else the head is left out
        self.send_response_only(code)
        for name, text in refusal.headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(refusal.get_data())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: a log would show what requests carry. `GET /_simulator` has the counts."""


class Server(ThreadedWSGIServer):
    """Listens from construction (a busy port raises OSError), answers from start() until stop()."""

    def __init__(self, app: Any, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._open: set[socket.socket] = set()
        self._stopping = False
        self._opening = threading.Lock()
        # Not by werkzeug, which prints and exits where a port is taken.
        with socket.create_server((LOOPBACK, port), backlog=_BACKLOG) as listener:
            super().__init__(LOOPBACK, port, app, handler=Handler, fd=listener.fileno())
        if tls:
            # Whoever connects and says nothing keeps up a thread of its own, not the listener.
            self.ssl_context = tls
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self.serve_forever, args=[_POLL_SECONDS], name="simulator", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop at once, cutting off whoever is being served."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()  # it closes the server as well, in its own time
        self.server_close()
        with self._opening:
            self._stopping = True
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with self._opening:
            if self._stopping:
                return
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._opening:
                self._open.discard(request)
