import pytest

from holdings.core.errors import Misconfigured
from holdings.settings import VERSION, RecordsSettings, Settings, TokenIssuer
from tests.builders import ENVIRONMENT, make_settings


def test_every_setting_has_the_default_that_is_documented() -> None:
    assert Settings.from_env(ENVIRONMENT) == Settings(
        app_name="Holdings",
        app_version=VERSION,
        default_user_id="demo-user",
        ddb_table="holdings",
        cb_base_url="https://api-public.sandbox.exchange.coinbase.com",
        cb_advanced_url="https://api.coinbase.com",
        cb_market_url="https://api-public.sandbox.exchange.coinbase.com",
        cb_secret_name="coinbase-key",
        cache_ttl_seconds=180,
        stale_ttl_seconds=86_400,
        refresh_cooldown_seconds=10,
        secret_cache_ttl_seconds=300,
        cors_allow_origin=("http://localhost:5173",),
        cors_allow_headers=("Content-Type", "Authorization"),
        cors_allow_methods=("GET", "POST", "OPTIONS"),
        api_prefix="",
        log_level="INFO",
        demo_mode=False,
        aws_region=None,
        in_lambda=False,
        aws_environment=None,
        preload=False,
        shared_connection=True,
        shared_label="Shared",
    )


def test_every_missing_variable_is_named_in_one_message() -> None:
    with pytest.raises(Misconfigured) as raised:
        Settings.from_env({"DDB_TABLE": " ", "CACHE_TTL_SECONDS": "soon"})
    message = raised.value.detail
    assert "set DEFAULT_USER_ID, DDB_TABLE, CB_BASE_URL, CB_SECRET_NAME" in message
    assert "CACHE_TTL_SECONDS must be a whole number of seconds" in message


def test_the_demo_needs_no_setting() -> None:
    assert Settings.from_env({"DEMO_MODE": "true"}).demo_mode


def test_the_demo_refuses_to_start_inside_lambda() -> None:
    with pytest.raises(Misconfigured, match="DEMO_MODE is for laptops"):
        make_settings(DEMO_MODE="true", AWS_LAMBDA_FUNCTION_NAME="holdings")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CACHE_TTL_SECONDS", "-1"),
        ("CACHE_TTL_SECONDS", "1.5"),
        ("CACHE_TTL_SECONDS", "١"),
        ("STALE_TTL_SECONDS", "1e9"),
        ("SECRET_CACHE_TTL_SECONDS", "9" * 20),
        ("DEMO_MODE", "maybe"),
        ("APP_NAME", "x" * 61),
        ("APP_NAME", "two\nlines"),
        ("LOG_LEVEL", "LOUD"),
        ("API_PREFIX", "api"),
        ("API_PREFIX", "/a b"),
        ("ORIGIN_KEY_SHA256", "short"),
        ("API_PREFIX", "/<x>"),
        ("CORS_ALLOW_ORIGIN", "https://*.example.com"),
        ("CORS_ALLOW_ORIGIN", "https://app.example.com/page"),
        ("CORS_ALLOW_ORIGIN", "null"),
        ("CORS_ALLOW_HEADERS", "X Y"),
        ("CORS_ALLOW_METHODS", "GET;POST"),
        ("CB_BASE_URL", "http://api.exchange.coinbase.com"),
        ("CB_BASE_URL", "https://user:password@api.exchange.coinbase.com"),
        ("CB_BASE_URL", "https://api.exchange.coinbase.com/v2"),
        ("CB_BASE_URL", "https://"),
        ("CB_BASE_URL", "https://[::1"),
        ("CB_BASE_URL", "https://host:port"),
        ("CB_BASE_URL", "ftp://127.0.0.1"),
        ("CB_BASE_URL", "coinbase"),
        ("CB_BASE_URL", "https://host?query"),
        ("CB_ADVANCED_URL", "http://api.coinbase.com"),
        ("CB_MARKET_URL", "http://api.exchange.coinbase.com"),
        ("CB_ADVANCED_URL", "https://api.coinbase.com/api/v3/brokerage"),
        ("AUTH_ISSUER", "http://issuer.example.com/pool"),
        ("AUTH_ISSUER", "https://issuer.example.com/pool?x=1"),
        ("AUTH_ISSUER", "https://user@issuer.example.com/pool"),
        ("AUTH_ISSUER", "https://issuer.example.com/my pool"),
        ("AUTH_ISSUER", "eu-west-1_pool"),
        ("AUTH_JWKS_URL", "file:///etc/passwd"),
        ("AUTH_HOSTED_UI_URL", "http://issuer.example.com"),
        ("AUTH_SCOPE", "openid holdings/read holdings/write"),
        ("AUTH_SCOPE", 'a"b'),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_an_example(name: str, value: str) -> None:
    issuer = {"AUTH_ISSUER": "https://issuer.example.com", "AUTH_CLIENT_ID": "client-1"}
    with pytest.raises(Misconfigured, match=name):
        make_settings(**(issuer | {name: value}))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8765", "http://localhost:1", "http://[::1]:80"])
def test_plain_http_is_taken_only_on_this_machine(url: str) -> None:
    settings = make_settings(CB_BASE_URL=url, CB_ADVANCED_URL=url)
    assert (settings.cb_base_url, settings.cb_advanced_url) == (url, url)


def test_the_issuer_of_tokens_is_taken_whole_or_not_at_all() -> None:
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool"
    settings = make_settings(AUTH_ISSUER=f"{issuer}/", AUTH_CLIENT_ID="client-1")
    assert settings.token_issuer == TokenIssuer(
        issuer=issuer,
        client_id="client-1",
        scope="",
        jwks_url=f"{issuer}/.well-known/jwks.json",
        hosted_ui_url="",
    )
    assert make_settings(AUTH_ISSUER=" ").token_issuer is None
    for given, read, write in (("a/r", "a/r", "a/r"), (" a/r  a/w ", "a/r", "a/w")):
        issued = make_settings(AUTH_ISSUER=issuer, AUTH_CLIENT_ID="client-1", AUTH_SCOPE=given)
        assert issued.token_issuer
        assert (issued.token_issuer.scope, issued.token_issuer.write_scope) == (read, write)
    for alone, missing in (("AUTH_ISSUER", "AUTH_CLIENT_ID"), ("AUTH_SCOPE", "AUTH_ISSUER")):
        with pytest.raises(Misconfigured, match=f"{alone} needs .*{missing}"):
            make_settings(**{alone: "https://issuer.example.com"})


@pytest.mark.parametrize(
    "name", ["AUTH_ISSUER", "AUTH_CLIENT_ID", "AUTH_SCOPE", "AUTH_JWKS_URL", "AUTH_HOSTED_UI_URL"]
)
def test_inside_lambda_the_app_never_verifies_tokens_itself(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name}.*API Gateway"):
        make_settings(AWS_LAMBDA_FUNCTION_NAME="holdings", **{name: "https://i.example.com"})


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_is_heard_under_either_name(name: str) -> None:
    assert make_settings(**{name: "eu-west-1"}).aws_region == "eu-west-1"


def test_values_are_trimmed_and_split() -> None:
    settings = make_settings(
        APP_NAME=" Mine ",
        CB_BASE_URL="https://example.com/ ",
        CORS_ALLOW_ORIGIN=" https://a.example/ , http://b.example:3000,",
        API_PREFIX="/api/",
        LOG_LEVEL="debug",
        CACHE_TTL_SECONDS="0",
    )
    assert settings.app_name == "Mine"
    assert settings.cb_base_url == "https://example.com"
    assert settings.cors_allow_origin == ("https://a.example", "http://b.example:3000")
    assert settings.api_prefix == "/api"
    assert settings.log_level == "DEBUG"
    assert settings.cache_ttl_seconds == 0


RECORDS = {
    "RECORDS_TABLE": "holdings-dev-records",
    "VIEWER_ROLE_ARN": "arn:aws:iam::123456789012:role/holdings-dev-viewer",
    "RECORDS_KEY_ID": "arn:aws:kms:eu-west-1:123456789012:key/1",
    "ENVIRONMENT": "dev",
}


def test_viewers_records_are_set_up_whole_or_not_at_all() -> None:
    assert make_settings(**RECORDS).records == RecordsSettings(
        table="holdings-dev-records",
        viewer_role_arn="arn:aws:iam::123456789012:role/holdings-dev-viewer",
        key_id="arn:aws:kms:eu-west-1:123456789012:key/1",
        environment="dev",
    )
    assert make_settings(**dict.fromkeys(RECORDS, " ")).records is None
    for name in RECORDS:
        with pytest.raises(Misconfigured, match=f"needs {name} as well"):
            make_settings(**{**RECORDS, name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIEWER_ROLE_ARN", "holdings-dev-viewer"),
        ("VIEWER_ROLE_ARN", "arn:aws:iam::123456789012:user/viewer"),
        ("ENVIRONMENT", "a b"),
    ],
)
def test_records_that_cannot_be_used_are_named_with_an_example(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        make_settings(**{**RECORDS, name: value})
