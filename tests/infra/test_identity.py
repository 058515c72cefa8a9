import pytest

from infra_pulumi.config import ConfigError
from tests.infra.capture import ACCOUNT, Program, declare, settings

SCOPES = ("holdings/read", "holdings/write")
SRP = ["ALLOW_USER_SRP_AUTH"]


def test_only_administrators_make_users_and_passwords_are_strong(program: Program) -> None:
    pool = program.one("UserPool").arguments

    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}
    assert pool["passwordPolicy"] == {
        "minimumLength": 12,
        "requireLowercase": True,
        "requireUppercase": True,
        "requireNumbers": True,
        "requireSymbols": True,
        "temporaryPasswordValidityDays": 3,
    }


def test_whoever_confirms_an_address_is_a_viewer_where_the_stack_says_so() -> None:
    config = {"holdings:signUp": "open", "holdings:sharedConnection": "false"}

    pool = declare("prod", settings("prod") | config).one("UserPool").arguments

    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": False}
    assert pool["autoVerifiedAttributes"] == ["email"]


@pytest.mark.parametrize("shared", [{}, {"holdings:sharedConnection": "true"}])
def test_strangers_may_not_sign_up_where_viewers_share_the_deployment_s_accounts(
    shared: dict[str, str],
) -> None:
    with pytest.raises(ConfigError, match="holdings:signUp: set sharedConnection to false too"):
        declare("prod", settings("prod") | {"holdings:signUp": "open"} | shared)


def test_a_second_factor_is_demanded_or_not_offered_as_nobody_could_enrol(
    program: Program,
) -> None:
    required = declare("prod", settings("prod") | {"holdings:mfa": "required"})

    assert program.one("UserPool").arguments["mfaConfiguration"] == "OFF"
    assert "softwareTokenMfaConfiguration" not in program.one("UserPool").arguments
    pool = required.one("UserPool").arguments
    assert pool["mfaConfiguration"] == "ON"
    assert pool["softwareTokenMfaConfiguration"] == {"enabled": True}


def test_the_pool_s_tier_has_what_its_client_asks_for(program: Program) -> None:
    assert program.one("UserPool").arguments["userPoolTier"] == "ESSENTIALS"


def test_accounts_are_recovered_by_verified_mail_alone(program: Program) -> None:
    pool = program.one("UserPool").arguments

    assert pool["accountRecoverySetting"] == {
        "recoveryMechanisms": [{"name": "verified_email", "priority": 1}]
    }


def test_the_client_is_public_and_gets_tokens_by_code_flow_only(
    stack: str, program: Program
) -> None:
    client = dict(program.one("UserPoolClient").arguments)
    rotation = client.pop("refreshTokenRotation", None), client.pop("explicitAuthFlows")

    assert client == {
        "name": f"holdings-{stack}-web",
        "userPoolId": "users-id",
        "generateSecret": False,
        "allowedOauthFlowsUserPoolClient": True,
        "allowedOauthFlows": ["code"],
        "allowedOauthScopes": ["openid", "email", "profile", *SCOPES],
        "callbackUrls": settings(stack)["holdings:callbackUrls"],
        "logoutUrls": settings(stack)["holdings:logoutUrls"],
        "supportedIdentityProviders": ["COGNITO"],
        "preventUserExistenceErrors": "ENABLED",
        "enableTokenRevocation": True,
        "accessTokenValidity": 60,
        "idTokenValidity": 60,
        "refreshTokenValidity": 30,
        "tokenValidityUnits": {
            "accessToken": "minutes",
            "idToken": "minutes",
            "refreshToken": "days",
        },
    }
    assert rotation == ({"feature": "ENABLED", "retryGracePeriodSeconds": 30}, SRP)


def test_refresh_tokens_rotate_unless_a_stack_says_otherwise() -> None:
    config = settings("prod") | {"holdings:refreshTokenRotation": "false"}

    client = declare("prod", config).one("UserPoolClient").arguments

    assert "refreshTokenRotation" not in client
    assert client["explicitAuthFlows"] == [*SRP, "ALLOW_REFRESH_TOKEN_AUTH"]


def test_the_scope_exists_before_the_client_asks_for_it(stack: str, program: Program) -> None:
    server = program.one("ResourceServer")

    assert server.arguments == {
        "identifier": "holdings",
        "name": f"holdings-{stack}-api",
        "userPoolId": "users-id",
        "scopes": [
            {"scopeName": "read", "scopeDescription": "Read the holdings"},
            {"scopeName": "write", "scopeDescription": "Change connections and profile"},
        ],
    }
    assert server.name in program.one("UserPoolClient").depends_on


def test_a_scope_may_belong_to_an_identifier_that_is_a_url() -> None:
    scope = "https://api.holdings.example/v1/holdings.read"

    program = declare("prod", {**settings("prod"), "holdings:apiScope": scope})

    server = program.one("ResourceServer").arguments
    assert server["identifier"] == "https://api.holdings.example/v1"
    assert server["scopes"][0]["scopeName"] == "holdings.read"
    assert scope in program.one("UserPoolClient").arguments["allowedOauthScopes"]
    assert program.exports["api_scope"] == scope
    assert program.exports["api_write_scope"] == "https://api.holdings.example/v1/write"


def test_without_a_scope_there_is_no_resource_server() -> None:
    program = declare("prod", {**settings("prod"), "holdings:apiScope": ""})

    client = program.one("UserPoolClient").arguments
    assert program.all("ResourceServer") == []
    assert client["allowedOauthScopes"] == ["openid", "email", "profile"]
    assert program.exports["api_scope"] == program.exports["api_write_scope"] == ""


def test_token_lives_come_from_the_configuration() -> None:
    config = {
        "holdings:accessTokenMinutes": "5",
        "holdings:idTokenMinutes": "15",
        "holdings:refreshTokenDays": "1",
    }

    client = declare("prod", settings("prod") | config).one("UserPoolClient").arguments

    assert client["accessTokenValidity"] == 5
    assert client["idTokenValidity"] == 15
    assert client["refreshTokenValidity"] == 1


def test_the_hosted_ui_has_an_address_that_no_other_account_takes(
    stack: str, program: Program
) -> None:
    domain = program.one("UserPoolDomain").arguments

    assert domain == {
        "domain": f"holdings-{stack}-{ACCOUNT}",
        "userPoolId": "users-id",
        "managedLoginVersion": 1,
    }


def test_the_hosted_ui_takes_the_address_that_was_chosen() -> None:
    program = declare("prod", {**settings("prod"), "holdings:domainPrefix": "money"})

    assert program.one("UserPoolDomain").arguments["domain"] == "money"
    assert program.exports["hosted_ui_url"] == "https://money.auth.eu-west-1.amazoncognito.com"
