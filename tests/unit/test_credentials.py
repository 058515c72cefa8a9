import base64
import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.coinbase_exchange import Credentials, parse_credentials
from holdings.core.errors import SecretInvalid

CANARY = "canary-xyzzy"
SECRET = bytes(range(64))
GOOD = {
    "api_key": "key",
    "api_secret": base64.b64encode(SECRET).decode(),
    "passphrase": "pass phrase!",
}


def refuse(secret_string: str | None) -> str:
    with pytest.raises(SecretInvalid) as raised:
        parse_credentials(secret_string)
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert CANARY not in shown
    assert raised.value.__cause__ is None
    return raised.value.detail


def test_a_key_is_read_with_white_space_around_its_fields_taken_off() -> None:
    padded = {name: f" {value}\n" for name, value in GOOD.items()}
    for document in (GOOD, padded, {**GOOD, "note": "another field"}):
        assert parse_credentials(json.dumps(document)) == Credentials("key", SECRET, "pass phrase!")


@pytest.mark.parametrize(
    ("change", "named", "remedy"),
    [
        ({"api_key": ""}, "api_key", "store all of"),
        ({"passphrase": None}, "passphrase", "store all of"),
        ({"api_secret": "  "}, "api_secret", "JSON string"),
        ({"api_key": 4711}, "api_key", "JSON string"),
        ({"passphrase": [CANARY]}, "passphrase", "JSON string"),
        ({"api_key": f"{CANARY}\nX"}, "api_key", "without line breaks"),
        ({"passphrase": f"{CANARY}\r\nX: y"}, "passphrase", "without line breaks"),
        ({"passphrase": f"{CANARY}é"}, "passphrase", "HTTP header"),
        ({"api_secret": f"{CANARY}\n{GOOD['api_secret']}"}, "api_secret", "in one line"),
        (
            {"api_secret": GOOD["api_secret"][:40] + "\n" + GOOD["api_secret"][40:]},
            "api_secret",
            "",
        ),
        ({"api_secret": GOOD["api_secret"] + CANARY}, "api_secret", "after its padding"),
        ({"api_secret": GOOD["api_secret"] + "="}, "api_secret", "after its padding"),
        ({"api_secret": "ü" * 88}, "api_secret", "not base64"),
        ({"api_secret": base64.b64encode(SECRET[:63]).decode()}, "api_secret", "63 bytes"),
        ({"api_secret": base64.b64encode(SECRET * 2).decode()}, "api_secret", "128 bytes"),
        ({"api_key": f"organizations/{CANARY}/apiKeys/1"}, "api_key", "CDP"),
        ({"api_secret": f"-----BEGIN EC PRIVATE KEY-----{CANARY}"}, "api_secret", "CDP"),
    ],
)
def test_a_bad_field_is_named_with_the_remedy(
    change: dict[str, object], named: str, remedy: str
) -> None:
    detail = refuse(json.dumps(GOOD | change))
    assert named in detail
    assert remedy in detail


@pytest.mark.parametrize("field", sorted(GOOD))
def test_a_missing_field_is_named(field: str) -> None:
    detail = refuse(json.dumps({name: value for name, value in GOOD.items() if name != field}))
    assert f"lacks {field}:" in detail


def test_the_file_that_the_developer_platform_gives_is_recognised() -> None:
    for field in ("privateKey", "private_key"):
        assert "CDP" in refuse(json.dumps({"name": f"organizations/{CANARY}", field: CANARY}))


@pytest.mark.parametrize("text", [None, "", CANARY, f'"{CANARY}"', f'["{CANARY}"]', "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str | None) -> None:
    assert "not a JSON object" in refuse(text)


@given(st.text() | st.dictionaries(st.sampled_from(sorted(GOOD)), st.text()).map(json.dumps))
def test_any_text_is_a_key_or_a_coded_error(text: str) -> None:
    try:
        assert len(parse_credentials(text).api_secret) == 64
    except SecretInvalid as error:
        assert error.code == "secret_invalid"


def test_no_part_of_a_key_is_in_its_repr() -> None:
    credentials = parse_credentials(json.dumps(GOOD))
    assert repr(credentials) == "Credentials()"
