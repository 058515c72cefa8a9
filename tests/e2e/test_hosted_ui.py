"""The hosted UI over plain HTTP, and what a page may expect of the token endpoint."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import requests

from local import accounts
from local.stack import User
from operations.errors import OperationError
from operations.sign_in import Tokens, login
from tests.e2e.emulated import CALLBACK, aws, emulator, provisioned

USER = User(accounts.USERNAMES[0], "Correct-horse-1")
SCOPE = "openid email holdings/read"


@dataclass(frozen=True)
class HostedUi:
    url: str
    client_id: str
    pool_id: str
    issuer: str

    def login(self, **changes: str) -> Tokens:
        options = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "username": USER.username,
            "password": USER.password,
        }
        return login(self.url, **(options | changes))


@pytest.fixture(scope="module")
def hosted_ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedUi]:
    with emulator(tmp_path_factory.mktemp("emulator")) as emulated:
        outputs = provisioned(emulated)
        accounts.create_user(aws(emulated), outputs["user_pool_id"], USER)
        yield HostedUi(
            emulated.url, outputs["client_id"], outputs["user_pool_id"], outputs["issuer"]
        )


@pytest.fixture(scope="module")
def tokens(hosted_ui: HostedUi) -> Tokens:
    return hosted_ui.login()


def test_the_access_token_is_signed_by_the_pool_and_says_who_for_whom_and_how_long(
    hosted_ui: HostedUi, tokens: Tokens
) -> None:
    jwks = requests.get(f"{hosted_ui.url}/{hosted_ui.pool_id}/.well-known/jwks.json", timeout=60)
    kid = jwt.get_unverified_header(tokens.access_token)["kid"]
    key = jwt.PyJWKSet.from_dict(jwks.json())[kid]

    claims = jwt.decode(tokens.access_token, key, algorithms=["RS256"], issuer=hosted_ui.issuer)

    assert claims["token_use"] == "access"
    assert claims["client_id"] == hosted_ui.client_id
    assert set(claims["scope"].split()) == set(SCOPE.split())
    assert claims["exp"] - claims["iat"] == tokens.expires_in == 3600
    assert abs(claims["iat"] - time.time()) < 60


def test_the_id_token_is_for_the_client_and_names_the_user(
    hosted_ui: HostedUi, tokens: Tokens
) -> None:
    claims = jwt.decode(tokens.id_token, options={"verify_signature": False})

    assert (claims["token_use"], claims["aud"]) == ("id", hosted_ui.client_id)
    assert claims["email"] == USER.username


def test_without_openid_there_is_no_id_token(hosted_ui: HostedUi) -> None:
    assert hosted_ui.login(scope="holdings/read").id_token == ""


def test_tokens_are_not_printed(tokens: Tokens) -> None:
    assert repr(tokens) == "Tokens(expires_in=3600)"


@pytest.mark.parametrize(
    "changes",
    [{"password": "Wrong-horse-1"}, {"username": "nobody@example.com"}],
)
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    hosted_ui: HostedUi, changes: dict[str, str]
) -> None:
    with pytest.raises(OperationError, match=r"does not let .* in"):
        hosted_ui.login(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://localhost:5173"},
        {"redirect_uri": "http://localhost:5173/other"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"client_id": "unknown"},
    ],
)
def test_other_pages_and_clients_see_no_login_form(
    hosted_ui: HostedUi, changes: dict[str, str]
) -> None:
    with pytest.raises(OperationError, match="shows no login form"):
        hosted_ui.login(**changes)


def token_endpoint(hosted_ui: HostedUi, **form: str) -> requests.Response:
    return requests.post(
        f"{hosted_ui.url}/oauth2/token",
        data={"client_id": hosted_ui.client_id, **form},
        headers={"Origin": "http://localhost:5173"},
        timeout=60,
    )


def test_a_code_that_was_not_given_is_refused(hosted_ui: HostedUi) -> None:
    answer = token_endpoint(
        hosted_ui, grant_type="authorization_code", code="guessed", redirect_uri=CALLBACK
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_session_is_renewed_by_its_refresh_token(hosted_ui: HostedUi, tokens: Tokens) -> None:
    answer = token_endpoint(
        hosted_ui, grant_type="refresh_token", refresh_token=tokens.refresh_token
    )

    renewed: dict[str, Any] = answer.json()
    claims = jwt.decode(renewed["access_token"], options={"verify_signature": False})
    assert answer.status_code == 200
    assert set(claims["scope"].split()) == set(SCOPE.split())


def test_a_page_of_another_origin_may_ask_for_tokens(hosted_ui: HostedUi) -> None:
    preflight = requests.options(
        f"{hosted_ui.url}/oauth2/token",
        headers={
            "Origin": "http://localhost:5173",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
        timeout=60,
    )
    answer = token_endpoint(hosted_ui, grant_type="refresh_token", refresh_token="none")

    assert preflight.ok
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
