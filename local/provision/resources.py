"""The Pulumi resource types that the laptop can make, each with the function that does."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3.session
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

from local.provision.inputs import Inputs
from local.settings import CREDENTIALS, LocalError
from local.state import read_object, write_private

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_REMEDY = "`make clean`, then `make run`"


@dataclass
class Aws:
    """Clients of the emulated AWS, and nothing else's."""

    endpoint_url: str
    region: str
    _clients: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @cached_property
    def account_id(self) -> str:
        return self.client("sts").get_caller_identity()["Account"]

    def client(self, service: Any) -> Any:
        # Which client it is, `service` decides and callers know.
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._new_client(service)
            return self._clients[service]

    def _new_client(self, service: str) -> Any:
        session: Any = boto3.session.Session(
            # An AWS_PROFILE of the operator's is no business of ours, nor that it exists.
            botocore_session=botocore.session.Session(
                session_vars={"profile": (None, None, None, None)}
            ),
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=self.region,
        )
        config = Config(
            connect_timeout=2,
            read_timeout=20,
            retries={"total_max_attempts": 2},
            # No resolver has to know <bucket>.localhost.
            s3={"addressing_style": "path"},
        )
        return session.client(service, endpoint_url=self.endpoint_url, config=config)

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        return self.client("cognito-idp")

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return self.client("dynamodb")

    @cached_property
    def iam(self) -> "IAMClient":
        return self.client("iam")

    @cached_property
    def kms(self) -> "KMSClient":
        return self.client("kms")

    @cached_property
    def secretsmanager(self) -> "SecretsManagerClient":
        return self.client("secretsmanager")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource to make; `known_id` is what the last run called it, if there was one."""

    name: str
    inputs: Inputs
    known_id: str | None
    aws: Aws
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def tags(self) -> dict[str, str]:
        """Take the resource's own tags; the stack's stand beside them."""
        return {**self.default_tags, **self.inputs.take("tags", {})}


def found(describe: Any, **params: Any) -> Any:
    """What `describe` answers, or None if there is no such thing."""
    try:
        return describe(**params)
    except ClientError as error:
        answer: Any = error.response
        missing = answer["ResponseMetadata"]["HTTPStatusCode"] == 404
        if missing or answer["Error"]["Code"] == "NotFoundException":  # Budgets says 400
            return None
        raise


# Returns the physical id and what the provider would compute.
Maker = Callable[[Resource], tuple[str, dict[str, Any]]]


class Made:
    """Which physical id each resource has, kept in a file from one run to the next."""

    def __init__(self, path: Path) -> None:
        """Raises LocalError if the file is there and broken."""
        self._path = path
        self._ids: dict[str, Any] = {}
        self._lock = Lock()
        if path.exists():
            self._ids = read_object(path, missing="", broken=_REMEDY)
        if not all(isinstance(known, str) for known in self._ids.values()):
            raise LocalError(f"{path} is broken or of another version: {_REMEDY}")

    def id_of(self, key: str) -> str | None:
        return self._ids.get(key)

    def remember(self, key: str, physical_id: str) -> None:
        """Write it down at once: whoever is killed knows next time. Raises LocalError."""
        with self._lock:
            if self._ids.get(key) != physical_id:
                self._ids[key] = physical_id
                write_private(self._path, json.dumps(self._ids, indent=2))
