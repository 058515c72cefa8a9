import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdings import logs

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzZjFjIn0.c2lnbmF0dXJl"


def test_a_hidden_text_is_masked_in_messages_and_tracebacks(logged: io.StringIO) -> None:
    logs.configure("INFO")
    secret = 'pass"phrase\\xyzzy'
    logs.redactor.hide((secret,))
    try:
        raise ValueError(f"header {secret!r}")  # noqa: TRY301 - what is logged is the test
    except ValueError:
        logging.getLogger("x").exception("it was %s, in JSON %s", secret, json.dumps(secret))
    assert "xyzzy" not in logged.getvalue()
    assert "ValueError: header '[hidden]'" in logged.getvalue()


def test_what_is_hidden_is_bounded_and_a_key_that_is_hidden_again_stays() -> None:
    redactor = logs.Redactor()
    for number in range(5_000):
        redactor.hide(("the shared key",))
        redactor.hide((f"secret of viewer {number}",))
    assert redactor.redact("the shared key, secret of viewer 4999") == "[hidden], [hidden]"
    assert redactor.redact("secret of viewer 1000") == "secret of viewer 1000"


def test_texts_that_begin_and_end_alike_are_each_masked_until_the_last_key_that_has_them() -> None:
    redactor = logs.Redactor()
    shared, own = "-----the same-----", "-----one more-----"
    redactor.hide((shared, own))
    for number in range(256):
        redactor.hide((shared, f"-----of {number:04}-----"))
    assert redactor.redact(f"{shared}, {own}") == f"[hidden], {own}"
    assert redactor.redact("a -----of 0007----- b") == "a [hidden] b"


@pytest.mark.parametrize(
    "line",
    [
        f"token {JWT}",
        f"{{'Authorization': 'Bearer {JWT}'}}",
        "Authorization: Bearer opaque-token-xyzzy",
        "bearer%20opaque-token-xyzzy",
        "Authorization: AWS4-HMAC-SHA256 Credential=xyzzy, Signature=xyzzy",
        "{'authorization': ['Bearer xyzzy']}",
        "Proxy-Authorization: Basic xyzzy",
        "Cookie: a=xyzzy; b=xyzzy",
        "CB-ACCESS-SIGN: xyzzysecret",
        "{'CB-ACCESS-PASSPHRASE': 'xyzzysecret', 'x': 1}",
        "{'CB-ACCESS-PASSPHRASE': 'it\\'s xyzzy', 'x': 1}",
        '{"CB-ACCESS-SIGN": "xyzzy", "x": 1}',
        r'{"body": "{\"CB-ACCESS-SIGN\": \"xyzzy\"}"}',
        "cb-access-key=xyzzysecret",
        "{'name': 'k', 'privateKey': 'xyzzy'}",
        r'"private_key\": \"xyzzy\"',
        "privateKey=xyzzy",
        "-----BEGIN EC PRIVATE KEY-----\nxyzzy\n-----END EC PRIVATE KEY-----",
        r"-----BEGIN PRIVATE KEY-----\nxyzzy\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----xyzzy, cut off",
        "CB-ACCESS-PASSPHRASE: a pass phrase, with xyzzy",
        "HTTP_CB_ACCESS_SIGN=xyzzy",
        "CB_ACCESS_SIGN => xyzzy",
        "?CB-ACCESS-SIGN%3Dxyzzy",
        "[('CB-ACCESS-KEY', 'xyzzy'), ('CB-ACCESS-SIGN', 'xyzzy')]",
        "[(b'CB-ACCESS-KEY', b'xyzzy')]",
        '{"name": "CB-ACCESS-SIGN", "value": "xyzzy"}',
        r"b'CB-ACCESS-KEY: xyzzy\r\nCB-ACCESS-SIGN: xyzzy\r\nX-Amz-Security-Token: xyzzy'",
        "Unknown, unparsed data: 'CB-ACCESS-KEY : xyzzy\r\n\tCB-ACCESS-SIGN:xyzzy'",
    ],
)
def test_what_looks_like_a_credential_is_masked(logged: io.StringIO, line: str) -> None:
    logs.configure("INFO")
    logging.getLogger("x").info("%s", line)
    logging.getLogger("x").info(line)
    logging.getLogger("x").info("that was it")
    assert "xyzzy" not in logged.getvalue()
    assert JWT not in logged.getvalue()
    assert "that was it" in logged.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "the secret lacks api_secret, passphrase: store all of api_key, api_secret and passphrase",
        "no verified sign-in came: sign in, and send the access token",
        "Coinbase rejects the API key: store a valid Coinbase Exchange key",
        "privateKey is missing: give name and privateKey, as they stand in the key file",
        "privateKey is a PEM without its beginning or end: copy it again from the key file, whole",
    ],
)
def test_what_we_say_about_credentials_is_not_masked(line: str) -> None:
    assert logs.Redactor().redact(line) == line


def test_a_short_text_is_not_masked_everywhere() -> None:
    redactor = logs.Redactor()
    redactor.hide(("a",))
    assert redactor.redact("a plain sentence") == "a plain sentence"


def test_each_line_has_the_request_id_and_lambdas_own_format_is_kept(
    logged: io.StringIO,
) -> None:
    logging.getLogger().handlers[0].setFormatter(
        logging.Formatter("LAMBDA %(request_id)s %(message)s")
    )
    logs.configure("INFO")
    logs.configure("INFO")
    logs.request_id.set("r-1")
    logging.getLogger("x").info("hello")
    assert logged.getvalue() == "LAMBDA r-1 hello\n"


class Json:
    """The root logger as Lambda sets it up for the JSON format, with what it writes parsed."""

    def __init__(self, stream: io.StringIO) -> None:
        from awslambdaric.lambda_runtime_log_utils import (
            JsonFormatter,  # pyright: ignore[reportUnknownVariableType] - untyped
        )

        self._stream = stream
        (handler,) = logging.getLogger().handlers
        handler.setFormatter(cast("logging.Formatter", JsonFormatter()))
        logs.configure("INFO")
        self.log = logging.getLogger("x")

    def line(self) -> dict[str, Any]:
        text = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        return json.loads(text)


@pytest.fixture
def lambda_json(logged: io.StringIO) -> Json:
    pytest.importorskip("awslambdaric", reason="compiled for Linux alone")
    return Json(logged)


def test_a_line_of_json_parses_and_keeps_its_names_whatever_is_secret(lambda_json: Json) -> None:
    logs.redactor.hide(("timestamp", 'quo"ted\\', "message"))
    lambda_json.log.info(
        "CB-ACCESS-KEY: abc",
        extra={
            "event": 'a quo"ted\\ timestamp',
            "headers": {"CB-ACCESS-SIGN": "abc", "timestamp": 7, "x": [b"Cookie", b"abc"]},
            "passphrase": "abc",
        },
    )
    line = lambda_json.line()
    assert datetime.fromisoformat(line.pop("timestamp"))
    assert line.pop("request_id")
    assert line == {
        "level": "INFO",
        "logger": "x",
        "message": "CB-ACCESS-KEY: [hidden]",
        "event": "a [hidden] [hidden]",
        "headers": {"CB-ACCESS-SIGN": "[hidden]", "timestamp": 7, "x": ["b'Cookie'", "[hidden]"]},
        "passphrase": "[hidden]",
        "environment": "local",
    }


def test_the_text_of_an_error_is_redacted_and_its_kind_kept(lambda_json: Json) -> None:
    logs.redactor.hide(("hunter2-hunter2",))
    secret = "-".join(["hunter2"] * 2)
    for _ in range(2):
        try:
            raise LookupError(f"nobody has {secret}")  # noqa: TRY301 - what is logged is the test
        except LookupError:
            lambda_json.log.exception("looked up %s", secret)
        line = lambda_json.line()
        assert line["errorType"] == "LookupError"
        assert line["errorMessage"] == "nobody has [hidden]"
        assert line["message"] == "looked up [hidden]"
        assert "raise LookupError" in "".join(line["stackTrace"])


def test_an_object_as_message_stays_one(lambda_json: Json) -> None:
    logs.redactor.hide(("hunter3-hunter3",))
    lambda_json.log.info({"hunter3-hunter3": "a hunter3-hunter3"})
    assert lambda_json.line()["message"] == {"hunter3-hunter3": "a [hidden]"}


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


@pytest.mark.parametrize(
    ("message", "args"), [("%d", ("hunter4-hunter4",)), ("%s", (Unprintable(),)), ("%s %s", (1,))]
)
def test_a_line_that_cannot_be_put_together_is_written_without_its_arguments(
    lambda_json: Json, message: str, args: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    lambda_json.log.info(message, *args, extra={"thing": Unprintable(), "n": float("nan")})
    line = lambda_json.line()
    assert line["message"] == f"{message} (with arguments that do not fit)"
    assert (line["thing"], line["n"]) == ("<Unprintable>", "nan")
    assert capsys.readouterr() == ("", "")


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
anything = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text() | st.sampled_from(["timestamp", "headers"]), inner, max_size=3),
    ),
    max_leaves=8,
)


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in cast("dict[str, object]", value).values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from texts_in(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    secret=st.text(min_size=6).filter(lambda text: text not in "[hidden]"),
    wrap=st.sampled_from(["{}", "{!r}", "at {}", "CB-ACCESS-KEY: {}", '"{}", x', "{}\\"]),
    fields=st.dictionaries(
        st.sampled_from(["event", "code", "status", "level_", "thing", "passphrase_"]), anything
    ),
    put=st.sampled_from(["message", "argument", "field", "nested", "error"]),
)
def test_no_secret_is_in_any_value_and_every_line_parses(
    lambda_json: Json, secret: str, wrap: str, fields: dict[str, object], put: str
) -> None:
    redactor = logs.redactor
    redactor.__init__()
    redactor.hide((secret,))
    text = wrap.format(secret)
    if put == "field":
        fields = fields | {"thing": text}
    if put == "nested":
        fields = fields | {"thing": [{"deep": (1, {"deeper": text})}]}
    error = ValueError(text if put == "error" else "of no secret")
    message = text.replace("%", "%%") if put == "message" else "of %s"
    args = () if put == "message" else ((text,) if put == "argument" else ("nothing",))
    lambda_json.log.warning(message, *args, extra=fields, exc_info=error)
    line = lambda_json.line()
    assert fields.keys() <= line.keys() | {name for name, value in fields.items() if value is None}
    ours = {"message", "errorMessage", *fields}
    assert not [t for name in ours for t in texts_in(line.get(name)) if secret in t]


def test_without_a_handler_one_is_made(logged: io.StringIO) -> None:
    logging.getLogger().handlers = []
    logs.configure("WARNING")
    assert len(logging.getLogger().handlers) == 1
    assert logged.getvalue() == ""


def test_debugging_does_not_print_the_bodies_that_aws_libraries_log(logged: io.StringIO) -> None:
    logs.configure("DEBUG")
    logging.getLogger("botocore.parsers").debug("Response body: secret")
    logging.getLogger("urllib3.connectionpool").debug("header")
    logging.getLogger("holdings").debug("ours")
    assert logged.getvalue() == "ours\n"
