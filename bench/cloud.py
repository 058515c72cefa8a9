"""DynamoDB, Secrets Manager and Coinbase on one TLS port: `python -m bench.cloud FOLDER`.

As much of each as the contenders call, and no more: it must not be what is measured. FOLDER gets
the certificates that clients trust, ca.pem. Prints its port and serves until its standard input
ends.
"""

import base64
import hashlib
import hmac
import json
import socketserver
import ssl
import sys
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import certifi
import trustme

from local.simulator.book import seeded_accounts
from local.simulator.coinbase_exchange.market_data import market_routes
from local.simulator.exchange import Exchange
from local.simulator.server import bare_app

LOOPBACK = "127.0.0.1"
SECRET_NAME = "bench/coinbase"  # noqa: S105 - its name, not its value
KEY = {
    "api_key": "bench-key",
    "api_secret": base64.b64encode(bytes(range(64))).decode(),
    "passphrase": "bench-passphrase",
}
# A table of this ending never has what was put into it: every read is a miss. What is read for all
# viewers is there all the same, as it is once another has come in the same minute.
FORGETFUL = "-miss"
_FOR_ALL = ("prices", "listing", "rates", "trade#")

_AWS_JSON = {"Content-Type": "application/x-amz-json-1.1"}
_JSON = {"Content-Type": "application/json; charset=utf-8"}


class Request(NamedTuple):
    """Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Services:
    """One region and one exchange; items live as long as the process."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._items: dict[tuple[str, str], bytes] = {}
        self._accounts = json.dumps(seeded_accounts()).encode()
        # Of the simulator's app only what takes no key.
        exchange = Exchange[Any]([], now=now)
        app = bare_app()
        for path, view in market_routes(exchange).items():
            app.add_url_rule(path, path, view)
        self._simulated = app.test_client()
        self._public: dict[str, Reply] = {}

    def answer(self, request: Request) -> Reply:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        return self._aws(operation, request) if operation else self._coinbase(request)

    def _aws(self, operation: str, request: Request) -> Reply:
        # The signature itself is not computed again; that it came with a session token is seen.
        signed = request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ")
        if not signed or "x-amz-security-token" not in request.headers:
            return _aws_error("MissingAuthenticationTokenException")
        given: dict[str, Any] = json.loads(request.body)
        if operation == "GetSecretValue" and given["SecretId"] == SECRET_NAME:
            secret = {"Name": SECRET_NAME, "SecretString": json.dumps(KEY)}
            return Reply(200, _AWS_JSON, json.dumps(secret).encode())
        if operation == "GetItem":
            item = self._items.get((given["TableName"], given["Key"]["pk"]["S"]))
            return _dynamodb(b'{"Item":' + item + b"}" if item else b"{}")
        if operation == "PutItem":
            # One process writes at a time, and nothing that it would wait for: conditions hold.
            table, item = given["TableName"], given["Item"]
            if not table.endswith(FORGETFUL) or item["pk"]["S"].startswith(_FOR_ALL):
                self._items[table, item["pk"]["S"]] = json.dumps(item).encode()
            return _dynamodb(b"{}")
        return _aws_error("UnknownOperationException")

    def _coinbase(self, request: Request) -> Reply:
        if request.path == "/time":
            now = self._now()
            iso = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
            return Reply(200, _JSON, json.dumps({"iso": iso, "epoch": now}).encode())
        if request.path != "/accounts":
            return self._market(request.path)
        if not _is_signed_for_coinbase(request):
            return Reply(401, _JSON, b'{"message":"invalid signature"}')
        return Reply(200, _JSON, self._accounts)

    def _market(self, path: str) -> Reply:
        """Answer as the simulated exchange does, once made: what trades since is not measured."""
        if path not in self._public:
            answer = self._simulated.get(path, headers={"User-Agent": "bench"})
            self._public[path] = Reply(answer.status_code, _JSON, answer.data)
        return self._public[path]


def _is_signed_for_coinbase(request: Request) -> bool:
    timestamp = request.headers.get("cb-access-timestamp", "")
    key = base64.b64decode(KEY["api_secret"])
    prehash = f"{timestamp}{request.method}{request.path}".encode() + request.body
    signature = base64.b64encode(hmac.digest(key, prehash, hashlib.sha256)).decode()
    given = [request.headers.get(f"cb-access-{name}") for name in ("key", "sign", "passphrase")]
    return given == [KEY["api_key"], signature, KEY["passphrase"]]


def _dynamodb(body: bytes) -> Reply:
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "x-amzn-RequestId": uuid.uuid4().hex.upper(),
        "x-amz-crc32": str(zlib.crc32(body)),
    }
    return Reply(200, headers, body)


def _aws_error(code: str) -> Reply:
    return Reply(400, _AWS_JSON, json.dumps({"__type": code, "message": code}).encode())


class Connection(socketserver.StreamRequestHandler):
    """One kept-alive HTTP/1.1 connection."""

    disable_nagle_algorithm = True
    timeout = 60
    context: ClassVar[ssl.SSLContext]
    services: ClassVar[Services]

    def setup(self) -> None:
        self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        # A client that exits without saying goodbye is what a cold start leaves behind.
        with suppress(OSError):
            while request := self._read():
                reply = self.services.answer(request)
                headers = {"Content-Length": str(len(reply.body)), **reply.headers}
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                head = f"HTTP/1.1 {reply.status} OK\r\n{lines}\r\n"
                self.wfile.write(head.encode() + reply.body)

    def _read(self) -> Request | None:
        line = self.rfile.readline().split()
        if not line:
            return None
        headers: dict[str, str] = {}
        while (field := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Request(line[0].decode(), line[1].decode("latin-1"), headers, body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


def _certify(context: ssl.SSLContext, bundle: Path) -> None:
    """The bundle is certifi's with ours behind it: a cold start loads that many in AWS too."""
    authority = trustme.CA()
    authority.issue_cert("localhost", LOOPBACK).configure_cert(context)
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())


def main() -> None:
    Connection.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certify(Connection.context, Path(sys.argv[1], "ca.pem"))
    Connection.services = Services()
    with Server((LOOPBACK, 0), Connection) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
