"""AWS clients: made when first needed, with timeouts and attempts that fit one request."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

T = TypeVar("T")

# botocore's own default is to wait 60 s, five times.
_CONNECT_TIMEOUT_SECONDS = 1.0
_READ_TIMEOUT_SECONDS = 1.5
_ATTEMPTS = 2


def dynamodb(region: str | None) -> "Callable[[], DynamoDBClient]":
    return _once(lambda: _session(region).client("dynamodb", config=_config()))


def secrets_manager(region: str | None) -> "Callable[[], SecretsManagerClient]":
    return _once(lambda: _session(region).client("secretsmanager", config=_config()))


def _session(region: str | None):
    """Without a region, boto3 looks for one in the profile that is logged in."""
    import boto3.session

    return boto3.session.Session(region_name=region)


def _config():
    from botocore.config import Config

    return Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Call `make` at the first use, also when several threads come first."""
    lock = threading.Lock()
    made: list[T] = []

    def get() -> T:
        if not made:
            with lock:
                if not made:
                    made.append(make())
        return made[0]

    return get
