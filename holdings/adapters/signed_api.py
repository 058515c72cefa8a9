"""One signed call to one of AWS's JSON services, without a client.

botocore's client loads a model and rules of the whole service to POST one JSON object: a cold
start would spend more on that than on all of Flask, and a warm request most of its time. Whatever
is not a plain success here is left to it, with its retries and its errors.

The signature is AWS Signature Version 4, for the one kind of request that is sent: a JSON object
to "/". Source: "Create a signed AWS API request" in the IAM user guide. The tests hold every header
to botocore's own signer.
"""

import base64
import copy
import hmac
import http.client
import json
import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from holdings.adapters.aws_environment import SigningKey
from holdings.adapters.connection_pool import ConnectionPool

logger = logging.getLogger(__name__)

_ALGORITHM = "AWS4-HMAC-SHA256"
_OK, _REFUSED = 200, 400
# Of this process and of the viewers that it works for at one time.
_KEPT_KEYS = 64


class ConditionFailed(Exception):
    """A conditional write was refused; `item` is what stands there, where that was asked for."""

    def __init__(self, item: object) -> None:
        super().__init__("the condition does not hold")
        self.item = item


class TransactionCanceled(Exception):
    """No part of a transaction was written.

    `reasons` are AWS's codes in the order of the writes, "None" where there was nothing to refuse.
    """

    def __init__(self, reasons: object) -> None:
        listed = cast("list[object]", reasons) if isinstance(reasons, list) else []
        self.reasons = tuple(_code(reason) for reason in listed)
        super().__init__(f"the transaction was canceled: {', '.join(self.reasons)}")


def _code(reason: object) -> str:
    return str(cast("dict[str, object]", reason).get("Code")) if isinstance(reason, dict) else ""


class SignedApi:
    """Safe to share between threads."""

    def __init__(
        self,
        service: str,
        target: str,
        *,
        json_version: str,
        url: str,
        region: str,
        key: Callable[[], SigningKey],
        tls: Callable[[], ssl.SSLContext],
    ) -> None:
        """`target` stands before the operation's name in X-Amz-Target."""
        self._pool = ConnectionPool(url, tls)
        self._headers = {
            "host": urlsplit(url).netloc,
            "content-type": f"application/x-amz-json-{json_version}",
        }
        self._service = service
        self._target = target
        self._region = region
        self._key = key

    def call(
        self, operation: str, request: Mapping[str, Any], *, seconds: float = 1.0
    ) -> dict[str, Any] | None:
        """Return the answer's JSON object, or None without a plain success.

        Raises ConditionFailed, TransactionCanceled and TimeoutError: what is slow would be as slow
        for the client. Bytes are sent as base64, and come back so. `seconds` bound the exchange;
        opening a connection has a time-out of its own.
        """
        headers, body = self._message(operation, request)
        try:
            headers = self._signed(headers, body) | {"content-length": str(len(body))}
            status, received = self._pool.post(headers, body, seconds=seconds)
            document = self._document(received)
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            logger.info("%s is left to the client: %r", operation, error)
            return None
        if not isinstance(document, dict):
            logger.info("%s is left to the client: the answer is no object", operation)
            return None
        answer = cast("dict[str, Any]", document)
        if status == _OK:
            return answer
        refusal = str(answer.get("__type", ""))
        if status == _REFUSED and refusal.endswith("#ConditionalCheckFailedException"):
            raise ConditionFailed(answer.get("Item"))
        if status == _REFUSED and refusal.endswith("#TransactionCanceledException"):
            raise TransactionCanceled(answer.get("CancellationReasons"))
        logger.info("%s is left to the client: %d %.80s", operation, status, refusal)
        return None

    def signed_by(self, key: SigningKey) -> "SignedApi":
        """The same service over the same connections, called by somebody else."""
        other = copy.copy(self)
        other._key = lambda: key  # noqa: SLF001 - a copy of this very object
        return other

    def connect(self) -> None:
        """Have a connection ready for the first call, if there can be one."""
        try:
            self._pool.open()
        except OSError as error:
            logger.warning("no connection to %s: %r", self._service, error)

    def close(self) -> None:
        """Close what is idle, for whoever has no more calls."""
        self._pool.close()

    def _message(self, operation: str, request: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
        headers = self._headers | {"x-amz-target": f"{self._target}.{operation}"}
        return headers, json.dumps(request, default=_base64).encode()

    def _document(self, received: bytes) -> object:
        """Raises ValueError."""
        return json.loads(received)

    def _signed(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        return sign(
            headers,
            body,
            self._key(),
            service=self._service,
            region=self._region,
            now=time.time(),
        )


class SignedSts(SignedApi):
    """STS speaks no JSON: it is sent a form and answers with XML.

    Of an answer only a session's key is read: `{"Credentials": {"AccessKeyId", "SecretAccessKey",
    "SessionToken"}}`. Source: "AssumeRole" in the STS API reference.
    """

    _VERSION = "2011-06-15"
    _PARTS = 3
    _KEY = re.compile(rb"<(AccessKeyId|SecretAccessKey|SessionToken)>([A-Za-z0-9/+=]+)</\1>")

    def __init__(
        self,
        *,
        url: str,
        region: str,
        key: Callable[[], SigningKey],
        tls: Callable[[], ssl.SSLContext],
    ) -> None:
        super().__init__("sts", "", json_version="", url=url, region=region, key=key, tls=tls)
        self._headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8"

    def _message(self, operation: str, request: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
        form = {"Action": operation, "Version": self._VERSION, **dict(_form(request))}
        return self._headers, urlencode(form).encode()

    def _document(self, received: bytes) -> object:
        found = [(name.decode(), value.decode()) for name, value in self._KEY.findall(received)]
        if len(found) != len(dict(found)) or len(found) != self._PARTS:
            raise ValueError("the answer has not the key of one session")
        return {"Credentials": dict(found)}


def _form(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the fields of AWS's query protocol: `Tags.member.1.Key`."""
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, object]", value).items():
            yield from _form(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for place, inner in enumerate(cast("list[object]", value), 1):
            yield from _form(inner, f"{name}.member.{place}")
    else:
        yield name, str(value)


def _base64(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise ValueError(f"a {type(value).__name__} cannot be sent")


@lru_cache(_KEPT_KEYS)
def _signing_key(secret_key: str, scope: str) -> bytes:
    """Return what a day's requests to one service are signed with."""
    secret = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    return secret


def sign(
    headers: dict[str, str],
    body: bytes,
    key: SigningKey,
    *,
    service: str,
    region: str,
    now: float,
) -> dict[str, str]:
    """Return `headers`, which have `host` and lower-case names, with what a POST to "/" adds.

    `now` is epoch seconds.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = headers | {"x-amz-date": moment}
    if key.token:
        signed["x-amz-security-token"] = key.token
    names = sorted(signed)
    signed_names = ";".join(names)
    canonical = "\n".join(
        (
            "POST",
            "/",
            "",  # no query
            *(f"{name}:{signed[name]}" for name in names),
            "",
            signed_names,
            sha256(body).hexdigest(),
        )
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, moment, scope, sha256(canonical.encode()).hexdigest()))
    secret = _signing_key(key.secret_key, scope)
    signature = hmac.digest(secret, to_sign.encode(), "sha256").hex()
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={key.access_key}/{scope}, "
        f"SignedHeaders={signed_names}, Signature={signature}"
    )
    return signed
