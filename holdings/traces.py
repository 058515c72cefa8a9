"""What X-Ray is told: a subsegment for each call to AWS or to an exchange, and what came of it.

Each goes to the daemon that Lambda runs beside the function, in a datagram of its own, as soon as
the call has ended: nobody waits for an answer, and there is none. No more is said than who was
asked, for what, how long, and how it ended: no argument, no path, no part of an answer.

Sources: "X-Ray segment documents" and "Sending trace data to X-Ray" in the X-Ray developer guide.
docs/decisions/0032-own-traces.md says why not by aws-xray-sdk.
"""

import json
import logging
import os
import re
import socket
import time
from contextvars import ContextVar
from types import TracebackType
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)

_HEADER = b'{"format":"json","version":1}\n'
_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_SEGMENT = re.compile(r"[0-9a-f]{16}")
_DAEMON = re.compile(r"([0-9.]{7,15}):([0-9]{1,5})")
_CODE = re.compile(r"[A-Za-z0-9_.]{1,64}")
_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "exchange_rate_limited",
}


class _Trace(NamedTuple):
    """`parent` is the segment of the invocation, which Lambda itself sends."""

    root: str
    parent: str
    daemon: tuple[str, int]


# Threads that work for an invocation run in a copy of its context: one that outlives it goes on
# telling of its own.
_trace: ContextVar[_Trace | None] = ContextVar("trace", default=None)


def begin(header: str, daemon: str) -> None:
    """Tell of this invocation's calls from now on, if it is one of those that X-Ray samples.

    `header` is "Root=1-...;Parent=...;Sampled=1", which Lambda says anew for each invocation, and
    `daemon` "169.254.79.129:2000". With anything else nothing is told.
    """
    _trace.set(_read(header, daemon) if "Sampled=1" in header else None)  # most are not


def _read(header: str, daemon: str) -> _Trace | None:
    fields = {name: value for name, _, value in (part.partition("=") for part in header.split(";"))}
    root, parent = fields.get("Root", ""), fields.get("Parent", "")
    address = _DAEMON.fullmatch(daemon)
    if fields.get("Sampled") != "1" or not address:
        return None
    if not (_ROOT.fullmatch(root) and _SEGMENT.fullmatch(parent)):
        return None
    return _Trace(root, parent, (address[1], int(address[2])))


class Call:
    """One call, which begins and ends with a `with`; an error that leaves it is how it ended.

    `status` may be set to that of an HTTP answer.
    """

    __slots__ = ("_about", "_answers", "_began", "_trace", "status")

    def __init__(
        self, about: dict[str, Any], answers: tuple[type[BaseException], ...] = ()
    ) -> None:
        self._about, self._answers = about, answers
        self.status: int | None = None

    def __enter__(self) -> "Call":
        self._trace = _trace.get()
        self._began = time.time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._trace:
            ended = {"start_time": self._began, "end_time": time.time(), **self._ended(error)}
            _send(self._trace, self._about | ended)

    def _ended(self, error: BaseException | None) -> dict[str, Any]:
        outcome = _outcome(error)
        told: dict[str, Any] = {"annotations": {"outcome": outcome}}
        if self.status:
            told["http"] = {"response": {"status": self.status}}
        if outcome in _THROTTLED:
            return told | {"error": True, "throttle": True}
        if isinstance(error, self._answers):
            return told | {"error": True}
        return told | ({"fault": True} if error else {})


def aws(service: str, operation: str, answers: tuple[type[BaseException], ...] = ()) -> Call:
    """Return the call of an AWS operation; `answers` are errors that it is meant to end with."""
    return Call({"name": service, "namespace": "aws", "aws": {"operation": operation}}, answers)


def exchange(name: str) -> Call:
    return Call({"name": name, "namespace": "remote"})


def _outcome(error: BaseException | None) -> str:
    """Return "ok", or the error's code where it has one."""
    if error is None:
        return "ok"
    code: object = getattr(error, "code", None)
    known = isinstance(code, str) and _CODE.fullmatch(code)
    return known[0] if known else type(error).__name__


def _send(trace: _Trace, about: dict[str, Any]) -> None:
    document = {
        "id": os.urandom(8).hex(),
        "trace_id": trace.root,
        "parent_id": trace.parent,
        "type": "subsegment",
        **about,
    }
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(_HEADER + json.dumps(document).encode(), trace.daemon)
    except (OSError, OverflowError) as error:  # no port has such a number; no trace is worth more
        logger.debug("a call is not traced: %r", error)
