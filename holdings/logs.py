"""Logging: levels, the request id on every line, and no secret on any."""

import json
import logging
import re
import threading
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_MASK = "[hidden]"
# Short texts would mask half of the log, and are no secrets.
_SHORTEST_SECRET = 6

_PATTERNS = (
    # Three base64url parts, the first a JSON object: a JWT.
    re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"),
    re.compile(r"(?i)(?<=bearer )[^\s\"',]+"),
    re.compile(r"(?i)(?<=cb-access-)(key|sign|passphrase)([\"']?\s*[:=]\s*)[^\s,}]+"),
)


class Redactor:
    """Masks what looks like a credential, and every text that it was told to hide."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hidden: frozenset[str] = frozenset()

    def hide(self, texts: tuple[str, ...]) -> None:
        """Mask these from now on, also as JSON and repr() write them."""
        forms = {
            form for text in texts for form in (text, json.dumps(text)[1:-1], repr(text)[1:-1])
        }
        with self._lock:
            self._hidden |= {form for form in forms if len(form) >= _SHORTEST_SECRET}

    def redact(self, text: str) -> str:
        for hidden in self._hidden:
            text = text.replace(hidden, _MASK)
        for pattern in _PATTERNS:
            text = pattern.sub(_MASK, text)
        return text


redactor = Redactor()


class RedactingFormatter(logging.Formatter):
    """Masks what another formatter wrote, tracebacks included, whatever its format is."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redactor.redact(self._inner.format(record))


def _stamp(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True


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
        if not isinstance(handler.formatter, RedactingFormatter):
            handler.addFilter(_stamp)
            handler.setFormatter(RedactingFormatter(handler.formatter or logging.Formatter()))
    root.setLevel(level)
    # Below INFO these print headers and bodies, the secret among them; at INFO they only chat.
    for name in ("boto3", "botocore", "urllib3", "requests", "s3transfer"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
