"""Tokens as the official SDK makes them, checked with its keys by the other half of each."""

from typing import Any
from urllib.parse import quote

import jwt
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.coinbase_advanced.credential import SigningKey, parse_credential
from holdings.adapters.coinbase_advanced.signing import AdvancedAuth
from tests.builders import NOW
from tests.coinbase_keys import EC_PEM, ED25519_64_BYTES, ED25519_PEM, ED25519_SEED, NAME

KEYS = {
    form: SigningKey.of(parse_credential({"name": NAME, "privateKey": form}))
    for form in (EC_PEM, ED25519_PEM, ED25519_SEED, ED25519_64_BYTES)
}


def signed(
    key: SigningKey, url: str, params: dict[str, str] | None = None, nonce: str = "5eed"
) -> str:
    auth = AdvancedAuth(key, lambda: NOW + 0.9, nonce=lambda: nonce)
    request = requests.Request("GET", url, params=params, auth=auth).prepare()
    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


def opened(token: str, key: SigningKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token whose signature is right."""
    claims = jwt.decode(
        token,
        key.private_key.public_key(),
        algorithms=[key.algorithm],
        options={"verify_exp": False, "verify_nbf": False},
    )
    return jwt.get_unverified_header(token), claims


@pytest.mark.parametrize("form", KEYS)
def test_a_token_says_what_the_official_sdk_s_says(form: str) -> None:
    key = KEYS[form]
    token = signed(key, "https://api.coinbase.com/api/v3/brokerage/accounts", {"limit": "250"})
    assert opened(token, key) == (
        {"alg": key.algorithm, "kid": NAME, "nonce": "5eed", "typ": "JWT"},
        {
            "sub": NAME,
            "iss": "cdp",
            "nbf": NOW,
            "exp": NOW + 120,
            "uri": "GET api.coinbase.com/api/v3/brokerage/accounts",
        },
    )


def test_the_forms_of_one_ed25519_key_sign_alike_and_for_each_other() -> None:
    url = "https://api.coinbase.com/api/v3/brokerage/accounts"
    tokens = {signed(KEYS[form], url) for form in (ED25519_PEM, ED25519_SEED, ED25519_64_BYTES)}
    assert len(tokens) == 1


def test_each_attempt_has_a_token_of_its_own() -> None:
    auth = AdvancedAuth(KEYS[ED25519_SEED], lambda: NOW)
    request = requests.Request("GET", "https://api.coinbase.com/api", auth=auth)
    nonces = {
        jwt.get_unverified_header(request.prepare().headers["Authorization"].split()[1])["nonce"]
        for _ in range(20)
    }
    assert len(nonces) == 20
    assert {len(nonce) for nonce in nonces} == {32}


@given(
    host=st.sampled_from(["api.coinbase.com", "127.0.0.1:8766", "localhost:1", "[::1]:8766"]),
    path=st.text(min_size=1, max_size=20).map(lambda text: f"/{quote(text)}"),
    query=st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=3),
)
def test_a_token_is_for_host_with_port_and_path_without_query(
    host: str, path: str, query: dict[str, str]
) -> None:
    key = KEYS[ED25519_SEED]
    sent = requests.Request("GET", f"https://{host}{path}", params=query).prepare()
    _, claims = opened(signed(key, f"https://{host}{path}", query), key)
    assert claims["uri"] == f"GET {host}{sent.path_url.partition('?')[0]}"
