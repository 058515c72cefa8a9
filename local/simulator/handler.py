"""One connection's requests: read as they were sent, answered by the exchange or the control."""

from __future__ import annotations

import re
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from local.simulator.answering import right_answer
from local.simulator.control import PREFIX, control
from local.simulator.line import Line
from local.simulator.messages import RefusedError, Request, json_answer
from local.simulator.misbehaviour import misbehave

if TYPE_CHECKING:
    from local.simulator.exchange import Exchange
    from local.simulator.server import ExchangeServer

MAX_BODY = 8 * 1024 * 1024
"""Bytes. Enough for any account list that the control endpoint is handed."""

_LENGTH = re.compile(r"[0-9]{1,10}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Seconds that a client may take to say something.
    timeout = 60
    # Answers go out at once: with Nagle's algorithm the drips of `slow` would come in lumps.
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> object:
        # http.server looks for do_<METHOD>. The exchange knows for itself what to say to each.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        exchange = cast("ExchangeServer", self.server).exchange
        try:
            request = self._request()
        except RefusedError as refusal:
            self.close_connection = True
            self._line(exchange).send(refusal.answer)
            return
        line = self._line(exchange)
        if request.path == PREFIX or request.path.startswith(f"{PREFIX}/"):
            line.send(control(exchange, request))
        else:
            exchange.count(request.method, request.path)
            incident = exchange.faults.take(request.path)
            if incident is None:
                line.send(right_answer(exchange, request))
            else:
                misbehave(exchange, incident, request, line)
        self.close_connection = line.closing

    def _request(self) -> Request:
        return Request(
            method=self.command,
            # Not self.path, in which http.server has merged leading slashes.
            target=self.requestline.split()[1],
            headers={name.lower(): str(text) for name, text in self.headers.items()},
            body=self._body(),
            client_ip=str(self.client_address[0]),
        )

    def _body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            raise RefusedError(411, "Content-Length header is required")
        length = str(self.headers.get("content-length", "0")).strip()
        if not _LENGTH.fullmatch(length):
            raise RefusedError(400, "invalid Content-Length")
        if int(length) > MAX_BODY:
            raise RefusedError(413, "request body is too large")
        return self.rfile.read(int(length))

    def _line(self, exchange: Exchange) -> Line:
        return Line(
            self.connection,
            cast("BinaryIO", self.rfile),
            date=format_datetime(exchange.datetime(), usegmt=True),
            head_only=self.command == "HEAD",
            closing=self.close_connection,
        )

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server could not read. Never an HTML page, never an echo of what was sent."""
        del message, explain
        self.close_connection = True
        exchange = cast("ExchangeServer", self.server).exchange
        text = "The request could not be read as HTTP/1.1"
        self._line(exchange).send(json_answer({"message": text}, status=code))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing: a log would show what requests carry. `GET /_simulator` has the counts."""
