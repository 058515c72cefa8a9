"""Faults of AWS, of the kinds that a client of it meets.

A request that a fault strikes may have been done or not: which of both, its sender cannot know,
and here it is as often one as the other.
"""

import json
import os
import socket
import struct
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from werkzeug import Response

from local.simulator.server import HangUp

_JSON = "application/x-amz-json-1.0"


class Fault(StrEnum):
    REFUSE = "refuse"
    RESET = "reset"
    SLOW = "slow"
    THROTTLE = "throttle"
    DENY = "deny"
    LIE = "lie"


class NotSent(Exception):
    """The request goes no further; `response` is what is answered instead."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


# What each calls it: status and the name of the error. STS alone speaks XML.
_THROTTLED = {
    "cache": "ProvisionedThroughputExceededException",
    "records": "ThrottlingException",
    "kms": "ThrottlingException",
    "secrets": "ThrottlingException",
    "sqs": "RequestThrottled",
    "sts": "Throttling",
}
_DENIED = {"sts": "AccessDenied", "sqs": "AccessDenied"}


@dataclass(frozen=True)
class Incident:
    """A fault that strikes one request for `target`; `over` is set when all is well again."""

    fault: Fault
    target: str
    done: bool
    lie: int
    over: threading.Event

    def before(self, connection: socket.socket) -> None:
        """Raises HangUp, or NotSent with another answer."""
        if self.fault is Fault.THROTTLE:
            raise NotSent(_refusal(self.target, 400, _THROTTLED[self.target]))
        if self.fault is Fault.DENY:
            status = 403 if self.target == "sts" else 400
            raise NotSent(
                _refusal(self.target, status, _DENIED.get(self.target, "AccessDeniedException"))
            )
        if not self.done:
            self._strike(connection)

    def after(self, connection: socket.socket, response: Response) -> Response:
        """Raises HangUp, or returns what is made of the right answer."""
        self._strike(connection)
        if self.fault is Fault.LIE:
            return _LIES[self.lie % len(_LIES)](response)
        return response

    def _strike(self, connection: socket.socket) -> None:
        if self.fault is Fault.RESET:
            # Lingering for 0 s is how a socket is told to hang up with a TCP reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(connection.detach())
            raise HangUp
        if self.fault is Fault.SLOW:
            self.over.wait(60)
            raise HangUp


@dataclass
class AwsFaults:
    """Which fault strikes which dependency, and what share of its requests. For any thread."""

    rng: Random
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _in_force: dict[str, tuple[Fault, float]] = field(default_factory=dict[str, Any], init=False)
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    struck: int = field(default=0, init=False)

    def set(self, target: str, fault: Fault, share: float) -> None:
        with self._lock:
            self._in_force[target] = fault, share

    def clear(self) -> None:
        """End all faults, and let go of every request that is held up."""
        with self._lock:
            self._in_force.clear()
            self._over.set()
            self._over = threading.Event()

    def take(self, target: str) -> Incident | None:
        with self._lock:
            fault, share = self._in_force.get(target, (None, 0.0))
            if fault is None or self.rng.random() >= share:
                return None
            self.struck += 1
            done = fault is Fault.LIE or self.rng.random() < 0.5
            return Incident(fault, target, done, self.rng.randrange(1_000), self._over)


def _refusal(target: str, status: int, name: str) -> Response:
    if target == "sts":
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{name}</Code>"
            "<Message>not now</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        )
        return Response(text, status, content_type="text/xml")
    document = {"__type": f"com.amazonaws.chaos#{name}", "message": "not now"}
    return Response(json.dumps(document), status, content_type=_JSON)


def _truncated(response: Response) -> Response:
    """Half of the answer under the length of the whole, then nothing."""
    body = response.get_data()

    def half() -> Any:
        yield body[: len(body) // 2]
        raise HangUp

    cut = Response(half(), response.status_code, content_type=response.content_type)
    cut.headers["Content-Length"] = str(len(body) + 1)
    return cut


def _half(response: Response) -> Response:
    body = response.get_data()
    return Response(body[: len(body) // 2], 200, content_type=response.content_type)


def _page(_: Response) -> Response:
    return Response("<html><body>Just a moment...</body></html>", 200, content_type="text/html")


def _number(_: Response) -> Response:
    return Response("7", 200, content_type=_JSON)


def _deep(_: Response) -> Response:
    return Response("[" * 5_000, 200, content_type=_JSON)


# None of these is of a shape that AWS documents. One that is, such as an empty answer of GetItem,
# says that there is nothing, and nobody could know better.
_LIES = (_truncated, _half, _page, _number, _deep)
