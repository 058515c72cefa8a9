"""The Coinbase key in Secrets Manager, kept in memory for a while."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from holdings.adapters.coinbase.credentials import Credentials, parse_credentials
from holdings.adapters.signed_api import SignedApi
from holdings.core.clock import Clock
from holdings.core.errors import Misconfigured, SecretInvalid, SecretUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

logger = logging.getLogger(__name__)

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "DecryptionFailure",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
}


class SecretsManagerCredentials:
    """Implements `holdings.adapters.coinbase.client.CredentialsSource`."""

    def __init__(
        self,
        client: "Callable[[], SecretsManagerClient]",
        secret_name: str,
        *,
        keep_for: int,
        clock: Clock,
        hide: Callable[[tuple[str, ...]], None],
        signed: SignedApi | None = None,
    ) -> None:
        """Keep a key for `keep_for` seconds; `hide` is told each text that no log may show.

        With `signed`, the client is made only when that does not succeed.
        """
        self._client = client
        self._secret_name = secret_name
        self._keep_for = keep_for
        self._clock = clock
        self._hide = hide
        self._signed = signed
        self._lock = threading.Lock()
        self._kept: tuple[Credentials, float] | None = None

    def get(self) -> Credentials:
        with self._lock:
            if self._kept and self._clock.monotonic() < self._kept[1]:
                return self._kept[0]
            return self._read()

    def refresh(self) -> Credentials:
        with self._lock:
            return self._read()

    def preload(self) -> None:
        """Not the key itself: no snapshot is to hold it."""
        self._client()
        if self._signed:
            self._signed.connect()

    def _read(self) -> Credentials:
        """Raises SecretInvalid, SecretUnavailable or Misconfigured; keeps only what is valid."""
        self._kept = None
        credentials = parse_credentials(self._secret_string())
        self._hide(credentials.texts())
        self._kept = credentials, self._clock.monotonic() + self._keep_for
        return credentials

    def _secret_string(self) -> str | None:
        name = self._secret_name
        answer = self._signed.call("GetSecretValue", {"SecretId": name}) if self._signed else None
        if answer is not None:
            return answer.get("SecretString")
        return self._by_client(name)

    def _by_client(self, name: str) -> str | None:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            NoCredentialsError,
            NoRegionError,
        )

        try:
            return self._client().get_secret_value(SecretId=name).get("SecretString")
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "ResourceNotFoundException":
                raise SecretInvalid(
                    f"the secret {name} does not exist or has no value yet: store the Coinbase key"
                ) from None
            if code in _DENIED:
                raise Misconfigured(
                    f"reading the secret {name} is denied ({code}): allow this role "
                    "secretsmanager:GetSecretValue on it and kms:Decrypt on its key"
                ) from None
            raise self._unavailable(code) from None
        except (NoRegionError, NoCredentialsError) as error:
            raise Misconfigured(f"AWS cannot be used: {error} Set AWS_REGION and log in") from None
        except BotoCoreError as error:
            raise self._unavailable(type(error).__name__) from None

    def _unavailable(self, reason: str) -> SecretUnavailable:
        logger.error("the secret %s cannot be read: %s", self._secret_name, reason)
        return SecretUnavailable(
            f"the secret {self._secret_name} cannot be read now ({reason}): try again later"
        )
