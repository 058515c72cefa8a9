import io
import json
import logging

import pytest

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


@pytest.mark.parametrize(
    "line",
    [
        f"token {JWT}",
        f"{{'Authorization': 'Bearer {JWT}'}}",
        "Authorization: Bearer opaque-token-xyzzy",
        "CB-ACCESS-SIGN: xyzzysecret",
        "{'CB-ACCESS-PASSPHRASE': 'xyzzysecret', 'x': 1}",
        "cb-access-key=xyzzysecret",
    ],
)
def test_what_looks_like_a_credential_is_masked(logged: io.StringIO, line: str) -> None:
    logs.configure("INFO")
    logging.getLogger("x").info("%s", line)
    assert "xyzzy" not in logged.getvalue()
    assert JWT not in logged.getvalue()


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
