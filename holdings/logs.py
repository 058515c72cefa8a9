"""Logging: levels, environment and request id on every line, and no secret on any."""

import json
import logging
import math
import re
import threading
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import Any, cast
from urllib.parse import quote

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_MASK = "[hidden]"
# Short texts would mask half of the log, and are no secrets.
_SHORTEST_SECRET = 6
# A process has at most 64 viewers' connections open; each line is searched for all of these.
_MOST_KEYS = 256
_DEEPEST = 5
_PLAIN = {str, int, bool, type(None)}

# Names of headers and fields whose whole value is secret, in small letters and with "_" for "-".
_SECRET_FIELDS = {
    *("cb_access_key", "cb_access_sign", "cb_access_passphrase"),
    *("api_key", "apikey", "api_secret", "apisecret", "passphrase", "privatekey", "private_key"),
    *("authorization", "proxy_authorization", "cookie", "set_cookie", "x_amz_security_token"),
}

# One of these is in every text that a pattern matches; most lines have none.
_HINTS = ("access", "authorization", "cookie", "security", "bearer", "eyj", "private")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Compiled when first needed: that takes a millisecond, and a cold start has no use for it."""
    headers = (
        r"cb[-_]access[-_](?:key|sign|passphrase)|(?:proxy[-_])?authorization|(?:set[-_])?cookie"
        r"|x[-_]amz[-_]security[-_]token|private_?key"
    )
    return (
        # A header as text, in a dict, as a pair, as a name beside a value, as bytes or in a query.
        re.compile(
            rf"""(?ix)
            ( (?:{headers}) (?: ["'\\]* \s* (?:[:=]|%3[ad]) >? | ["']+ \s* , ) \s*
              (?: [\[(] (?!hidden) )? \s* (?: ["']? value ["']? \s* [:=] \s* )? b? )
            (?: "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | (?:[^\r\n\\]|\\(?![rn]))+ )
            """
        ),
        # base64url parts, the first a JSON object: a JWT.
        re.compile(r"()eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)+"),
        re.compile(r"(?i)(\bbearer(?:\s|%20)+)[^\s\"',]+"),
        # A PEM, also one that was cut off.
        re.compile(r"(?s)()-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]+-----|\Z)"),
    )


class Redactor:
    """Masks what looks like a credential, and every text that it is to hide."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The forms of each key, and all of them together.
        self._keys: dict[tuple[str, ...], frozenset[str]] = {}
        # All of them by their middle, which is quick to look for however many keys there are: many
        # begin and end alike.
        self._by_middle: dict[str, tuple[str, ...]] = {}

    def hide(self, texts: tuple[str, ...]) -> None:
        """Mask these of one key from now on, also as JSON, repr() and addresses write them.

        Of more keys than are in use at once, the one that was hidden first is not masked any more.
        """
        forms = frozenset(
            form for text in texts for form in _forms(text) if len(form) >= _SHORTEST_SECRET
        )
        with self._lock:
            known = self._keys.pop(texts, None)
            self._keys[texts] = forms
            if known is None:
                self._add(forms)
            if len(self._keys) > _MOST_KEYS:
                self._drop(self._keys.pop(next(iter(self._keys))))

    def redact(self, text: str) -> str:
        """Return `text` with what is secret masked, and only characters that can be written."""
        for hidden in self._candidates(text):
            text = text.replace(hidden, _MASK)
        lowered = text.lower()
        for hint in _HINTS:
            if hint in lowered:
                for pattern in _patterns():
                    text = pattern.sub(rf"\1{_MASK}", text)
                break
        return text if text.isascii() else text.encode(errors="backslashreplace").decode()

    def _add(self, forms: frozenset[str]) -> None:
        for form in forms:
            middle = _middle(form)
            # Once for each key that has it.
            self._by_middle[middle] = (*self._by_middle.get(middle, ()), form)

    def _drop(self, forms: frozenset[str]) -> None:
        for form in forms:
            middle = _middle(form)
            left = list(self._by_middle[middle])
            left.remove(form)
            if left:
                self._by_middle[middle] = tuple(left)
            else:
                del self._by_middle[middle]

    def _candidates(self, text: str) -> list[str]:
        """Return what may be in a text of all that is hidden, the longest first.

        One may be a part of another.
        """
        hidden, width = self._by_middle, _SHORTEST_SECRET
        if not hidden:
            return []
        middles = [
            middle
            for at in range(len(text) - width + 1)
            if (middle := text[at : at + width]) in hidden
        ]
        found = {form for middle in middles for form in hidden.get(middle, ())}
        return sorted(found, key=len, reverse=True)

    def clean(self, value: object, *, depth: int = _DEEPEST) -> object:
        """Return `value` as JSON can write it, every text in it redacted and every name kept."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return self._clean_container(cast("object", value), depth) if depth else "..."
        text = _text(value)
        safe = self.redact(text)
        plain = isinstance(value, int) or _is_finite(value)
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
        if isinstance(name, str) and _is_secret(name):
            return _MASK
        return self.clean(value, depth=depth)

    def is_clean(self, message: str, fields: Mapping[str, object]) -> bool:
        """Whether there is nothing to mask: nearly always so, and quicker to ask of all at once."""
        texts = [message]
        for name, value in fields.items():
            if _is_secret(name) or not (type(value) in _PLAIN or _is_finite(value)):
                return False
            texts.append(f"{name} {value}")
        text = "\n".join(texts)
        return self.redact(text) == text


def _forms(text: str) -> tuple[str, ...]:
    if text.isascii() and text.isalnum():
        return (text,)
    return text, json.dumps(text)[1:-1], repr(text)[1:-1], quote(text, safe="")


def _middle(form: str) -> str:
    start = (len(form) - _SHORTEST_SECRET) // 2
    return form[start : start + _SHORTEST_SECRET]


@lru_cache
def _is_secret(name: str) -> bool:
    return name.lower().replace("-", "_").removeprefix("http_") in _SECRET_FIELDS


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a line is written whatever it is about
        return f"<{type(value).__name__}>"


redactor = Redactor()

# `_aws` is no part of it: names of metrics, which are ours.
_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "_aws"}
_OF_EVERY_LINE = {"environment": "local"}


def _prepare(record: logging.LogRecord) -> bool:
    """Add whose line it is, and redact: before a formatter encodes or cuts anything.

    Lambda's own formatter makes JSON; masking that would break its quotes and rename its fields.
    """
    record.request_id = request_id.get()
    every = vars(record)
    fields = {name: value for name, value in every.items() if name not in _OF_EVERY_RECORD}
    every.update(_OF_EVERY_LINE)
    if isinstance(record.msg, dict) and not record.args:
        fields["msg"] = cast("dict[str, Any]", record.msg)  # Lambda's formatter takes an object
    else:
        record.msg, record.args = _message(record), ()
        if not (record.exc_info or record.stack_info) and redactor.is_clean(record.msg, fields):
            return True
        record.msg = redactor.redact(record.msg)
    if record.exc_info and record.exc_info[1]:
        _redact_exception(record, record.exc_info[1])
    if record.stack_info:
        record.stack_info = redactor.redact(record.stack_info)
    every.update({name: redactor.field(name, value) for name, value in fields.items()})
    return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - logging would print the arguments as they are
        return f"{_text(cast('object', record.msg))} (with arguments that do not fit)"


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


def configure(level: str, environment: str = "local") -> None:
    """Set level, environment and redaction of all logging; the first two can be changed again.

    Lambda has put a handler of its own on the root logger, with a format from the function's
    configuration: it is kept.
    """
    _OF_EVERY_LINE["environment"] = environment
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(
            logging.Formatter(
                "%(asctime)s %(levelname)s %(name)s %(environment)s [%(request_id)s] %(message)s"
            )
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
