"""Logging: levels, the request id on every line, and no secret on any."""

import json
import logging
import math
import re
import threading
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, cast
from urllib.parse import quote

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_MASK = "[hidden]"
# Short texts would mask half of the log, and are no secrets.
_SHORTEST_SECRET = 6
_DEEPEST = 5

_HEADERS = (
    r"cb[-_]access[-_](?:key|sign|passphrase)|(?:proxy[-_])?authorization|(?:set[-_])?cookie"
    r"|x[-_]amz[-_]security[-_]token"
)
_SECRET_FIELD = re.compile(rf"(?i)(?:http_)?(?:{_HEADERS}|api_?key|api_?secret|passphrase)")

_PATTERNS = (
    # A header as text, in a dict, as a pair, as a name beside a value, as bytes or in a query.
    re.compile(
        rf"""(?ix)
        ( (?:{_HEADERS}) (?: ["'\\]* \s* (?:[:=]|%3[ad]) >? | ["']+ \s* , ) \s*
          (?: [\[(] (?!hidden) )? \s* (?: ["']? value ["']? \s* [:=] \s* )? b? )
        (?: "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | (?:[^\r\n\\]|\\(?![rn]))+ )
        """
    ),
    # base64url parts, the first a JSON object: a JWT.
    re.compile(r"()eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)+"),
    re.compile(r"(?i)(\bbearer(?:\s|%20)+)[^\s\"',]+"),
)


class Redactor:
    """Masks what looks like a credential, and every text that it was told to hide."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hidden: tuple[str, ...] = ()

    def hide(self, texts: tuple[str, ...]) -> None:
        """Mask these from now on, also as JSON, repr() and addresses write them."""
        forms = {
            form
            for text in texts
            for form in (text, json.dumps(text)[1:-1], repr(text)[1:-1], quote(text, safe=""))
            if len(form) >= _SHORTEST_SECRET
        }
        with self._lock:
            # The longest first: one may be a part of another.
            self._hidden = tuple(sorted({*self._hidden, *forms}, key=len, reverse=True))

    def redact(self, text: str) -> str:
        """Return `text` with what is secret masked, and only characters that can be written."""
        for hidden in self._hidden:
            text = text.replace(hidden, _MASK)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\1{_MASK}", text)
        return text if text.isascii() else text.encode(errors="backslashreplace").decode()

    def clean(self, value: object, *, depth: int = _DEEPEST) -> object:
        """Return `value` as JSON can write it, every text in it redacted and every name kept."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return self._clean_container(cast("object", value), depth) if depth else "..."
        text = _text(value)
        safe = self.redact(text)
        plain = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        return value if plain and safe == text else safe

    def _clean_container(self, value: object, depth: int) -> object:
        if isinstance(value, Mapping):
            fields = cast("Mapping[object, object]", value)
            return {
                name if isinstance(name, str) else _text(name): self.field(name, item, depth - 1)
                for name, item in fields.items()
            }
        items = list(cast("tuple[object, ...]", value))
        if len(items) == len(("name", "value")):
            items[1] = self.field(items[0], items[1], depth - 1)
        return [self.clean(item, depth=depth - 1) for item in items]

    def field(self, name: object, value: object, depth: int = _DEEPEST) -> object:
        """Clean what has a name, which may say that all of it is secret."""
        if isinstance(name, bytes):
            name = name.decode(errors="replace")
        if isinstance(name, str) and _SECRET_FIELD.fullmatch(name):
            return _MASK
        return self.clean(value, depth=depth)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a line is written whatever it is about
        return f"<{type(value).__name__}>"


redactor = Redactor()

_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def _prepare(record: logging.LogRecord) -> bool:
    """Add the request's id, and redact: before a formatter encodes or cuts anything.

    Lambda's own formatter makes JSON; masking that would break its quotes and rename its fields.
    """
    record.request_id = request_id.get()
    if isinstance(record.msg, dict) and not record.args:
        record.msg = redactor.clean(cast("dict[str, Any]", record.msg))  # Lambda takes an object
    else:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - logging would print the arguments as they are
            message = f"{_text(cast('object', record.msg))} (with arguments that do not fit)"
        record.msg = redactor.redact(message)
    record.args = ()
    if record.exc_info and record.exc_info[1]:
        _redact_exception(record, record.exc_info[1])
    if record.stack_info:
        record.stack_info = redactor.redact(record.stack_info)
    fields = vars(record)
    for name in fields.keys() - _OF_EVERY_RECORD:
        fields[name] = redactor.field(name, fields[name])
    return True


def _redact_exception(record: logging.LogRecord, error: BaseException) -> None:
    """Put another error in the place of one whose texts hold a secret; most do not."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    whole = record.exc_text or "".join(traceback.format_exception(error)).rstrip("\n")
    message, safe = _text(error), redactor.redact(whole)
    if safe == whole and redactor.redact(message) == message:
        return
    kind = type(type(error).__name__, (Exception,), {"__module__": type(error).__module__})
    trace = error.__traceback__ if redactor.redact(frames) == frames else None
    record.exc_info = kind, kind(redactor.redact(message)), trace
    record.exc_text = safe


def configure(level: str) -> None:
    """Set the level and redaction of all logging; calling it again changes the level only.

    Lambda has put a handler of its own on the root logger, with a format from the function's
    configuration: it is kept.
    """
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s")
        )
        root.addHandler(handler)
    for handler in root.handlers:
        if _prepare not in handler.filters:
            handler.addFilter(_prepare)
    root.setLevel(level)
    # Below INFO these print headers and bodies, the secret among them; at INFO they only chat.
    for name in ("boto3", "botocore", "requests", "s3transfer"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # It warns of headers that it cannot parse, with all that an upstream may echo in them.
    logging.getLogger("urllib3").setLevel(max(logging.ERROR, root.level))
