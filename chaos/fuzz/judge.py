"""What must hold of any answer to any event, whatever is in it."""

import json
import logging
import re
from collections import Counter
from typing import Any, Literal, NamedTuple, cast

from chaos.fuzz.targets import Targets
from holdings.api.problem_kinds import KINDS
from holdings.api.problems import MEDIA_TYPE
from holdings.core.errors import InvalidRequest

_REQUEST_ID = re.compile(r"[ -~]{1,128}")
_NEVER = ("internal_error", "unexpected")
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


class Case(NamedTuple):
    """An event for a job of this name, or for `http`."""

    target: str
    event: Any


class Wrong(Exception):
    """An answer, or the lack of one, that breaks a promise; the text says which."""


class Listener(logging.Handler):
    """Hears what is logged as a mistake of ours, whoever caught it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        code = cast("object", getattr(record, "code", None))
        if code in _NEVER or getattr(record, "event", None) == "bad_event":
            error = record.exc_info and record.exc_info[1]
            where = code if code in _NEVER else "bad_event"
            self.heard.append(f"{where}: {error!r}")


class Judge:
    """`outcomes` counts answers by status and code, or by what was done with an event."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self._listener = Listener()

    def __enter__(self) -> "Judge":
        self._root = logging.getLogger()
        self._before = self._root.handlers[:], self._root.level
        self._root.handlers = [self._listener]
        return self

    def __exit__(self, *_: object) -> None:
        self._root.handlers, level = self._before
        self._root.setLevel(level)

    def judge(self, targets: Targets, case: Case) -> None:
        """Raises Wrong."""
        self._listener.heard.clear()
        if case.target == "http":
            outcome = _answered(targets, case.event)
        else:
            outcome = _worked(targets, case)
        mistakes = [heard for heard in self._listener.heard if not heard.startswith("bad_event")]
        if mistakes:
            raise Wrong("; ".join(mistakes))
        if self._listener.heard:
            outcome = "http: no HTTP event"
        self.outcomes[outcome] += 1


def _answered(targets: Targets, event: Any) -> str:
    try:
        response = targets.http(event, None)
    except Exception as error:
        raise Wrong(f"raised {error!r}") from error
    # As Lambda's runtime does with what a handler returns.
    answer: Any = json.loads(json.dumps(response, allow_nan=False))
    status, body = answer["statusCode"], answer["body"]
    # An event with many values a name is answered in kind.
    many: dict[str, list[str]] = answer.get("multiValueHeaders", {})
    headers: dict[str, Any] = answer.get("headers") or {name: of[-1] for name, of in many.items()}
    if not (type(status) is int and 200 <= status < _SERVER_ERROR):
        raise Wrong(f"answered {status}: {body}")
    if not all(isinstance(text, str) for text in (*headers.values(), body)):
        raise Wrong("a header or the body is no text")
    named = {name.lower(): text for name, text in headers.items()}
    if not _REQUEST_ID.fullmatch(named.get("x-request-id", "")):
        raise Wrong("there is no request id")
    if any("\n" in text or "\r" in text for text in headers.values()):
        raise Wrong("a header has a line break")
    if status < _CLIENT_ERROR:
        return f"http: {status}"
    if named.get("content-type") != MEDIA_TYPE:
        raise Wrong(f"{status} is {named.get('content-type')}, no problem")
    # The answer to HEAD has none.
    code = json.loads(body)["code"] if body else _code_of(status)
    if code not in KINDS:
        raise Wrong(f"nobody knows the code {code}")
    return f"http: {status} {code}"


def _code_of(status: int) -> str:
    return next((code for code, kind in KINDS.items() if kind.status == status), "invalid_request")


def _worked(targets: Targets, case: Case) -> str:
    kind: Literal["plan", "queue"] = "plan" if case.target == "plan" else "queue"
    try:
        answer = targets.jobs[case.target](case.event)
    except InvalidRequest:
        if kind == "plan":
            return "job: no event of the planner's, refused"
        raise Wrong("a batch was refused as a request") from None
    except ValueError as error:
        if kind == "queue" and "no event of SQS" in str(error):
            return "job: no event of SQS, refused whole"
        raise Wrong(f"raised {error!r}") from error
    except Exception as error:
        raise Wrong(f"raised {error!r}") from error
    if kind == "plan":
        if answer.keys() != {"sent", "whole"}:
            raise Wrong(f"answered {answer}")
        return "job: planned"
    given = [record["messageId"] for record in case.event["Records"]]
    again = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
    if not set(again) <= set(given):
        raise Wrong(f"{again} are to come again, of {given}")
    return "job: a message comes again" if again else "job: done or dropped"
