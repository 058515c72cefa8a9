import base64
import hashlib
import hmac
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.coinbase_exchange.credentials import Credentials
from holdings.adapters.coinbase_exchange.signing import ExchangeAuth, sign

SECRET = bytes(range(64))
CREDENTIALS = Credentials("key", SECRET, "passphrase")
TIMESTAMP = 1_700_000_000


def independent_signature(
    secret: bytes, timestamp: str, method: str, target: str, body: bytes
) -> str:
    """HMAC-SHA256 from RFC 2104's definition, on nothing but a hash function."""
    block = secret if len(secret) <= 64 else hashlib.sha256(secret).digest()
    block = block.ljust(64, b"\0")
    message = b"".join((timestamp.encode(), method.encode(), target.encode(), body))
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()
    return base64.b64encode(outer).decode()


@pytest.mark.parametrize(
    ("path", "signature"),
    [
        ("/accounts", "rGG1JqXQ+E6pZei33vupSfjDznqIYp7EiYs3JKWtKIw="),
        ("/fills?product_id=BTC-USD&limit=100", "mpH0U5/yZv35ghLiJWDBz9AINQftysXNwhkgI1pw0pw="),
    ],
)
def test_the_signature_is_the_one_that_coinbase_clients_compute(path: str, signature: str) -> None:
    assert sign(SECRET, timestamp=str(TIMESTAMP), method="GET", path=path) == signature


@given(
    path=st.text(min_size=1).map(quote),
    query=st.dictionaries(st.text(min_size=1), st.text(), max_size=4),
    json_body=st.none() | st.dictionaries(st.text(), st.text() | st.integers() | st.none()),
    method=st.sampled_from(["get", "GET", "POST", "DELETE"]),
)
def test_a_prepared_request_is_signed_over_the_bytes_that_are_sent(
    path: str, query: dict[str, str], json_body: dict[str, object] | None, method: str
) -> None:
    prepared = requests.Request(
        method,
        f"https://example.com/{path}",
        params=query,
        json=json_body,
        auth=ExchangeAuth(CREDENTIALS, lambda: TIMESTAMP + 0.9),
    ).prepare()
    body = prepared.body or b""
    assert prepared.headers["CB-ACCESS-SIGN"] == independent_signature(
        SECRET,
        str(TIMESTAMP),
        method.upper(),
        prepared.path_url,
        body if isinstance(body, bytes) else body.encode(),
    )


@given(st.binary(min_size=64, max_size=64), st.binary(), st.text(alphabet="/abc?=&%20", min_size=1))
def test_any_key_and_body_agree_with_an_independent_implementation(
    secret: bytes, body: bytes, path: str
) -> None:
    assert sign(
        secret, timestamp="1", method="POST", path=path, body=body
    ) == independent_signature(secret, "1", "POST", path, body)
    assert (
        sign(secret, timestamp="1", method="POST", path=path, body=body)
        == base64.b64encode(
            hmac.new(secret, f"1POST{path}".encode() + body, "sha256").digest()
        ).decode()
    )


def test_every_request_carries_key_time_and_passphrase() -> None:
    prepared = requests.Request(
        "GET", "https://example.com/accounts", auth=ExchangeAuth(CREDENTIALS, lambda: TIMESTAMP)
    ).prepare()
    assert {
        name: prepared.headers[name]
        for name in ("CB-ACCESS-KEY", "CB-ACCESS-TIMESTAMP", "CB-ACCESS-PASSPHRASE")
    } == {
        "CB-ACCESS-KEY": "key",
        "CB-ACCESS-TIMESTAMP": "1700000000",
        "CB-ACCESS-PASSPHRASE": "passphrase",
    }
