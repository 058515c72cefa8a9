"""One signed call to one of AWS's JSON services, without a client.

botocore's client loads a model and rules of the whole service to POST one JSON object: a cold
start would spend more on that than on all of Flask, and a warm request most of its time. Whatever
is not a plain success here is left to it, with its retries and its errors.
"""

import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from holdings.adapters.aws_environment import SigningKey
from holdings.adapters.keepalive import KeptConnections
from holdings.adapters.sigv4 import sign

logger = logging.getLogger(__name__)


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
        self._connections = KeptConnections(url, tls)
        self._headers = {
            "host": urlsplit(url).netloc,
            "content-type": f"application/x-amz-json-{json_version}",
        }
        self._service = service
        self._target = target
        self._region = region
        self._key = key

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer's JSON object, or None without a plain success."""
        try:
            body = self._connections.exchange(self._message(operation, request))
            return cast("dict[str, Any]", json.loads(body))
        except (OSError, ValueError) as error:
            logger.info("%s is left to the client: %r", operation, error)
            return None

    def connect(self) -> None:
        """Have a connection ready for the first call, if there can be one."""
        try:
            self._connections.open()
        except OSError as error:
            logger.warning("no connection to %s: %r", self._service, error)

    def disconnect(self) -> None:
        self._connections.close()

    def _message(self, operation: str, request: Mapping[str, Any]) -> bytes:
        """Return all of an HTTP request: what is written at once leaves in one packet."""
        body = json.dumps(request).encode()
        headers = sign(
            self._headers | {"x-amz-target": f"{self._target}.{operation}"},
            body,
            self._key(),
            service=self._service,
            region=self._region,
            now=time.time(),
        )
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(("POST / HTTP/1.1", *lines, f"content-length: {len(body)}", "", ""))
        return head.encode("ascii") + body
