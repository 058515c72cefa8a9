import pytest

from holdings.adapters.aws_environment import AwsEnvironment, SigningKey

LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "holdings",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}


def test_lambda_s_variables_say_where_the_services_are_and_who_asks() -> None:
    assert AwsEnvironment.from_env(LAMBDA) == AwsEnvironment(
        region="eu-west-1",
        key=SigningKey("AKID", "secret", "token"),
        ca_bundle=None,
        endpoint_urls={
            "dynamodb": "https://dynamodb.eu-west-1.amazonaws.com",
            "kms": "https://kms.eu-west-1.amazonaws.com",
            "secretsmanager": "https://secretsmanager.eu-west-1.amazonaws.com",
            "sqs": "https://sqs.eu-west-1.amazonaws.com",
            "sts": "https://sts.eu-west-1.amazonaws.com",
        },
    )


def test_an_endpoint_of_one_service_comes_before_that_of_all() -> None:
    environment = AwsEnvironment.from_env(
        LAMBDA
        | {
            "AWS_ENDPOINT_URL": "http://localhost:4566",
            "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.example",
        }
    )
    assert environment
    assert environment.endpoint_urls == {
        "dynamodb": "https://dynamodb.example",
        "kms": "http://localhost:4566",
        "secretsmanager": "http://localhost:4566",
        "sqs": "http://localhost:4566",
        "sts": "http://localhost:4566",
    }


@pytest.mark.parametrize(
    "url", ["localhost:4566", "ftp://localhost", "http://a/path", "http://a:x", "http://u@a", " "]
)
def test_an_endpoint_that_is_more_than_an_origin_is_left_to_botocore(url: str) -> None:
    environment = AwsEnvironment.from_env(LAMBDA | {"AWS_ENDPOINT_URL": url})
    assert environment
    assert environment.endpoint_urls == {}


def test_outside_lambda_an_endpoint_has_to_be_named() -> None:
    laptop = LAMBDA | {"AWS_LAMBDA_FUNCTION_NAME": ""}
    assert AwsEnvironment.from_env(laptop) is None
    assert AwsEnvironment.from_env(laptop | {"AWS_ENDPOINT_URL": "http://localhost:4566"})


def test_the_region_may_have_either_name() -> None:
    environ = LAMBDA | {"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}
    assert AwsEnvironment.from_env(environ) == AwsEnvironment.from_env(LAMBDA)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "moon-1"])
def test_regions_with_hosts_of_other_names_are_left_to_botocore(region: str) -> None:
    environment = AwsEnvironment.from_env(LAMBDA | {"AWS_REGION": region})
    assert environment
    assert environment.endpoint_urls == {}


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_without_a_whole_key_botocore_is_asked_for_one(missing: str) -> None:
    environment = AwsEnvironment.from_env(LAMBDA | {missing: ""})
    assert environment
    assert environment.key is None


@pytest.mark.parametrize(
    "changed",
    [
        {"AWS_REGION": ""},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"HTTPS_PROXY": "http://proxy:3128"},
        {"https_proxy": "http://proxy:3128"},
    ],
)
def test_what_only_botocore_does_is_left_to_it(changed: dict[str, str]) -> None:
    assert AwsEnvironment.from_env(LAMBDA | changed) is None


def test_no_secret_is_in_its_repr() -> None:
    shown = repr(AwsEnvironment.from_env(LAMBDA))
    assert "secret'" not in shown
    assert "token" not in shown
