"""What the cloud answers: as much of each service as the contenders call, and no more."""

import base64
import json
import time
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.simulator.book import seeded_accounts
from local.simulator.coinbase_exchange.signing import Credentials, Request, authenticate
from local.simulator.server import Refused

SECRET_NAME = "bench/coinbase"  # noqa: S105 - its name, not its value
KEY = Credentials("bench-key", base64.b64encode(bytes(range(64))).decode(), "bench-passphrase")
# A table of this ending never has what was put into it: every read is a miss.
FORGETFUL = "-miss"

_AWS_JSON = {"Content-Type": "application/x-amz-json-1.1"}
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Services:
    """One region and one exchange; items live as long as the process."""

    _items: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])
    _accounts: bytes = field(default_factory=lambda: json.dumps(seeded_accounts()).encode())
    _secret: bytes = field(
        default_factory=lambda: json.dumps(
            {
                "Name": SECRET_NAME,
                "SecretString": json.dumps(
                    {
                        "api_key": KEY.api_key,
                        "api_secret": KEY.api_secret,
                        "passphrase": KEY.passphrase,
                    }
                ),
            }
        ).encode()
    )

    def answer(self, request: Request) -> Reply:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        return self._aws(operation, request) if operation else self._coinbase(request)

    def _aws(self, operation: str, request: Request) -> Reply:
        if not _is_signed(request):
            return _aws_error("MissingAuthenticationTokenException")
        given: dict[str, Any] = json.loads(request.body)
        if operation == "GetSecretValue" and given["SecretId"] == SECRET_NAME:
            return Reply(200, _AWS_JSON, self._secret)
        if operation == "GetItem":
            item = self._items.get((given["TableName"], given["Key"]["pk"]["S"]))
            return _dynamodb(b'{"Item":' + item + b"}" if item else b"{}")
        if operation == "PutItem":
            table, item = given["TableName"], given["Item"]
            if not table.endswith(FORGETFUL):
                self._items[table, item["pk"]["S"]] = json.dumps(item).encode()
            return _dynamodb(b"{}")
        return _aws_error("UnknownOperationException")

    def _coinbase(self, request: Request) -> Reply:
        if request.path == "/time":
            now = time.time()
            iso = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
            return Reply(200, _JSON, json.dumps({"iso": iso, "epoch": now}).encode())
        try:
            authenticate(request, KEY, time.time())
        except Refused as refusal:
            answer = refusal.response()
            return Reply(answer.status_code, dict(answer.headers), answer.data)
        if request.path != "/accounts":
            return Reply(404, _JSON, b'{"message":"NotFound"}')
        return Reply(200, _JSON, self._accounts)


def _is_signed(request: Request) -> bool:
    """The signature itself is not computed again; that it came with a session token is seen."""
    authorization = request.headers.get("authorization", "")
    return authorization.startswith("AWS4-HMAC-SHA256 ") and (
        "x-amz-security-token" in request.headers
    )


def _dynamodb(body: bytes) -> Reply:
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "x-amzn-RequestId": uuid.uuid4().hex.upper(),
        "x-amz-crc32": str(zlib.crc32(body)),
    }
    return Reply(200, headers, body)


def _aws_error(code: str) -> Reply:
    return Reply(400, _AWS_JSON, json.dumps({"__type": code, "message": code}).encode())
