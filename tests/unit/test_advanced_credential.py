"""Which key files of the Coinbase Developer Platform are taken, and what is said of the others."""

import base64
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from holdings.adapters.coinbase_advanced.credential import (
    SigningKey,
    parse_credential,
    secret_texts,
)
from holdings.core.errors import InvalidRequest
from tests.coinbase_keys import EC_PEM, ED25519_64_BYTES, ED25519_PEM, ED25519_SEED, NAME

CANARY = "canary-xyzzy"
UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
GOOD: dict[str, object] = {"name": NAME, "privateKey": EC_PEM}


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, password: bytes = b"") -> str:
    sealed = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode()


P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)
PUBLIC = P256.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
SEC1_SEALED = P256.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"password")
).decode()


def refuse(credential: dict[str, object]) -> dict[str, str]:
    """Return each wrong field with what is said of it."""
    with pytest.raises(InvalidRequest) as raised:
        parse_credential(credential)
    error = raised.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.errors)
    assert CANARY not in shown
    assert error.__cause__ is None
    assert all(len(messages) == 1 for messages in error.errors.values())
    return {name: messages[0] for name, messages in error.errors.items()}


@pytest.mark.parametrize(
    "pasted",
    [
        EC_PEM,
        f"\n  {EC_PEM}\n",
        EC_PEM.replace("\n", "\\n"),
        EC_PEM.replace("\n", "\\r\\n"),
        EC_PEM.replace("\n", "\r\n"),
        EC_PEM.replace("\n", " "),
        EC_PEM.replace("\n", ""),
    ],
)
def test_a_pem_is_taken_however_its_line_breaks_were_pasted(pasted: str) -> None:
    assert parse_credential({"name": f" {NAME} ", "privateKey": pasted}) == GOOD


@pytest.mark.parametrize("name", [NAME, UUID, "organizations/o/apiKeys/k"])
def test_a_name_is_a_path_or_a_uuid_under_name_or_id(name: str) -> None:
    expected = {"name": name, "privateKey": ED25519_SEED}
    assert parse_credential({"name": name, "privateKey": ED25519_SEED}) == expected
    assert parse_credential({"id": name, "privateKey": ED25519_SEED, "note": 7}) == expected


@pytest.mark.parametrize(
    ("private_key", "algorithm"),
    [
        (EC_PEM, "ES256"),
        (pem(P256), "ES256"),
        (ED25519_PEM, "EdDSA"),
        (ED25519_SEED, "EdDSA"),
        (ED25519_64_BYTES, "EdDSA"),
    ],
)
def test_what_a_key_is_says_how_it_signs(private_key: str, algorithm: str) -> None:
    key = SigningKey.of(parse_credential({"name": NAME, "privateKey": private_key}))
    assert (key.name, key.algorithm) == (NAME, algorithm)
    assert repr(key) == f"SigningKey(name={NAME!r}, algorithm={algorithm!r})"


def test_the_three_forms_of_one_ed25519_key_are_one_key() -> None:
    def seed(private_key: str) -> bytes:
        key = SigningKey.of(parse_credential({"name": NAME, "privateKey": private_key}))
        assert isinstance(key.private_key, Ed25519PrivateKey)
        return key.private_key.private_bytes_raw()

    forms = (ED25519_64_BYTES, ED25519_PEM, ED25519_SEED)
    assert {seed(form) for form in forms} == {base64.b64decode(ED25519_SEED)}


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"name": None}, "name", "is missing"),
        ({"name": ""}, "name", "is missing"),
        ({"name": 7}, "name", "JSON string"),
        ({"name": " "}, "name", "JSON string"),
        ({"name": CANARY}, "name", "organizations/"),
        ({"name": f"organizations/{CANARY}"}, "name", "UUID"),
        ({"name": f"organizations/o/apiKeys/{CANARY}\nX"}, "name", "one line"),
        ({"name": f"organizations/o/apiKeys/{CANARY}é"}, "name", "in the key file"),
        ({"name": "organizations/o/apiKeys/" + CANARY * 30}, "name", "in the key file"),
        ({"name": "0123456789abcdef" * 2}, "name", "Coinbase Exchange"),
        ({"privateKey": None}, "privateKey", "is missing"),
        ({"privateKey": [CANARY]}, "privateKey", "JSON string"),
        ({"privateKey": CANARY}, "privateKey", "neither a PEM nor base64"),
        ({"privateKey": ED25519_SEED + CANARY}, "privateKey", "neither a PEM nor base64"),
        ({"privateKey": ED25519_SEED[:20] + "\n" + ED25519_SEED[20:]}, "privateKey", "one line"),
        ({"privateKey": base64.b64encode(bytes(33)).decode()}, "privateKey", "33 bytes"),
        ({"privateKey": base64.b64encode(bytes(31)).decode()}, "privateKey", "31 bytes"),
        ({"privateKey": EC_PEM[:-20]}, "privateKey", "beginning or end"),
        ({"privateKey": EC_PEM[20:]}, "privateKey", "beginning or end"),
        ({"privateKey": EC_PEM.replace("MHc", "MHd")}, "privateKey", "holds no private key"),
        ({"privateKey": EC_PEM.replace("A", "")}, "privateKey", "holds no private key"),
        ({"privateKey": PUBLIC}, "privateKey", "is public"),
        ({"privateKey": pem(P256, b"password")}, "privateKey", "password"),
        ({"privateKey": SEC1_SEALED}, "privateKey", "password"),
        ({"privateKey": pem(P384)}, "privateKey", "another algorithm"),
        ({"privateKey": pem(RSA)}, "privateKey", "another algorithm"),
        ({"privateKey": CANARY * 1_000}, "privateKey", "over 2000"),
    ],
)
def test_a_bad_field_is_named_with_the_remedy(
    change: dict[str, object], field: str, remedy: str
) -> None:
    said = refuse(GOOD | change)
    assert said.keys() == {field}
    assert said[field].startswith(f"{field} ")
    assert remedy in said[field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert refuse({}).keys() == {"name", "privateKey"}


def test_a_key_of_coinbase_exchange_is_recognised_and_its_place_named() -> None:
    said = refuse({"api_key": CANARY, "api_secret": CANARY, "passphrase": CANARY})
    for name in ("api_key", "api_secret", "passphrase"):
        assert "coinbase_exchange" in said[name]


def test_whatever_is_in_a_key_file_is_hidden_from_logs_whole_and_in_part() -> None:
    first, *rest = EC_PEM.splitlines()[1:-1]
    texts = secret_texts(parse_credential(GOOD))
    assert {NAME, EC_PEM, "".join((first, *rest)), first, *rest} == set(texts)
    short = secret_texts(parse_credential(GOOD | {"privateKey": ED25519_SEED}))
    assert set(short) == {NAME, ED25519_SEED}


@given(
    st.dictionaries(
        st.sampled_from(["name", "id", "privateKey", "api_key"]),
        st.text()
        | st.none()
        | st.integers()
        | st.text("-BEGIND PRVATKY\n\\=", max_size=80)
        | st.binary(max_size=70).map(lambda raw: base64.b64encode(raw).decode())
        | st.binary(max_size=200).map(
            lambda raw: (
                "-----BEGIN PRIVATE KEY-----"
                f"{base64.b64encode(raw).decode()}-----END PRIVATE KEY-----"
            )
        ),
    )
)
def test_anything_is_a_key_or_named_by_its_field(credential: dict[str, object]) -> None:
    try:
        SigningKey.of(parse_credential(credential))
    except InvalidRequest as error:
        assert error.errors.keys() <= {"name", "privateKey", "api_key"}
