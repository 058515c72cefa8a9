"""DynamoDB, Secrets Manager and Coinbase on one TLS port: `python -m bench.cloud FOLDER [MS]`.

FOLDER holds what `bench.certificates` made; MS is how long to wait before each answer, in
milliseconds. Prints its port and serves until its standard input ends. Lean on purpose: it must
not be what is measured.
"""

import socket
import socketserver
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import ClassVar

from bench.services import Reply, Services
from local.simulator.coinbase_exchange.signing import Request

LOOPBACK = "127.0.0.1"


class Connection(socketserver.StreamRequestHandler):
    """One kept-alive HTTP/1.1 connection."""

    disable_nagle_algorithm = True
    timeout = 60
    context: ClassVar[ssl.SSLContext]
    services: ClassVar[Services]
    latency: ClassVar[float]

    def setup(self) -> None:
        self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        while request := self._read():
            reply = self.services.answer(request)
            if self.latency:
                time.sleep(self.latency)
            self.wfile.write(_http(reply))

    def _read(self) -> Request | None:
        line = self.rfile.readline().split()
        if not line:
            return None
        method, target = line[0].decode(), line[1].decode("latin-1")
        headers: dict[str, str] = {}
        while (field := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Request(method=method, target=target, headers=headers, body=body)


def _http(reply: Reply) -> bytes:
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} OK\r\n{lines}\r\n".encode() + reply.body


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """A client that exits without saying goodbye is what a cold start leaves behind."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def main() -> None:
    folder = Path(sys.argv[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    Connection.context = context
    Connection.services = Services()
    Connection.latency = float(sys.argv[2]) / 1000 if sys.argv[2:] else 0.0
    with Server((LOOPBACK, 0), Connection) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
