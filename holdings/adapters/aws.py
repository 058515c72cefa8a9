"""Ways to AWS: clients, made when first needed, and signed calls where those are enough."""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from holdings.adapters import tls
from holdings.adapters.aws_environment import AwsEnvironment, SigningKey
from holdings.adapters.signed_api import SignedApi
from holdings.core.once import once

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

# botocore's own default is to wait 60 s, five times.
_CONNECT_TIMEOUT_SECONDS = 1.0
_READ_TIMEOUT_SECONDS = 1.5
_ATTEMPTS = 2


def dynamodb(region: str | None) -> "Callable[[], DynamoDBClient]":
    return once(lambda: _session(region).client("dynamodb", config=_config()))


def secrets_manager(region: str | None) -> "Callable[[], SecretsManagerClient]":
    return once(lambda: _session(region).client("secretsmanager", config=_config()))


def _session(region: str | None):
    """Without a region, boto3 looks for one in the profile that is logged in."""
    import boto3.session

    return boto3.session.Session(region_name=region)


def _config():
    from botocore.config import Config

    return Config(
        user_agent="holdings",  # botocore's own is put together anew for each call
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )


class SignedApis(NamedTuple):
    """Both are None where the clients are to do it all."""

    dynamodb: SignedApi | None = None
    secrets_manager: SignedApi | None = None


def signed_apis(
    environment: AwsEnvironment | None, trusted: Callable[[], ssl.SSLContext]
) -> SignedApis:
    """`trusted` is used unless the environment names a bundle of its own."""
    if environment is None:
        return SignedApis()
    key, bundle = _key(environment), environment.ca_bundle
    own = once(lambda: tls.context(bundle)) if bundle else trusted

    def api(service: str, target: str, json_version: str) -> SignedApi | None:
        url = environment.endpoint_urls.get(service)
        if not url:
            return None
        return SignedApi(
            service,
            target,
            json_version=json_version,
            url=url,
            region=environment.region,
            key=key,
            tls=own,
        )

    return SignedApis(
        api("dynamodb", "DynamoDB_20120810", "1.0"),
        api("secretsmanager", "secretsmanager", "1.1"),
    )


def _key(environment: AwsEnvironment) -> Callable[[], SigningKey]:
    """Lambda's variables have a key, but for snapshots and containers: botocore knows where."""
    if given := environment.key:
        return lambda: given
    credentials = once(lambda: _session(environment.region).get_credentials())

    def current() -> SigningKey:
        from botocore.exceptions import BotoCoreError

        try:
            found = credentials()
            key = found and found.get_frozen_credentials()
        except BotoCoreError as error:
            raise OSError(f"AWS credentials: {type(error).__name__}") from None
        if not (key and key.access_key and key.secret_key):
            raise OSError("AWS credentials: none are found")
        return SigningKey(key.access_key, key.secret_key, key.token)

    return current
