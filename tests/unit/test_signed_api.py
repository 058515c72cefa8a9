from datetime import UTC, datetime
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.aws_environment import SigningKey
from holdings.adapters.signed_api import sign
from tests.builders import NOW

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


def botocore_signs(
    headers: dict[str, str], body: bytes, key: SigningKey, service: str, region: str, now: int
) -> dict[str, str]:
    """Every header, lower-cased, of the same request as botocore's own client would send it."""
    request = AWSRequest("POST", f"https://{headers['host']}/", headers, body)
    moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        credentials = ReadOnlyCredentials(key.access_key, key.secret_key, key.token)
        SigV4Auth(credentials, service, region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    body=st.binary(max_size=300),
    access_key=TEXT,
    secret_key=TEXT,
    token=st.none() | TEXT,
    target=TEXT,
    now=st.integers(0, 4_000_000_000),
    service=st.sampled_from(["dynamodb", "secretsmanager"]),
    host=st.sampled_from(["dynamodb.eu-west-1.amazonaws.com", "localhost:4566"]),
)
def test_every_header_is_what_botocore_s_own_signer_gives(
    body: bytes,
    access_key: str,
    secret_key: str,
    token: str | None,
    target: str,
    now: int,
    service: str,
    host: str,
) -> None:
    key = SigningKey(access_key, secret_key, token)
    headers = {
        "host": host,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": target,
    }
    signed = sign(headers, body, key, service=service, region="eu-west-1", now=now)
    assert signed == botocore_signs(headers, body, key, service, "eu-west-1", now)


def test_the_key_s_secret_and_token_are_in_no_repr() -> None:
    key = SigningKey("AKIDEXAMPLE", "s3cr3t-part", "t0k3n-part")
    assert repr(key) == "SigningKey(access_key='AKIDEXAMPLE')"
    assert sign({"host": "h"}, b"{}", key, service="s", region="r", now=NOW)[
        "x-amz-security-token"
    ] == ("t0k3n-part")
