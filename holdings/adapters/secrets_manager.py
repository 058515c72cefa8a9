"""The Coinbase key in Secrets Manager, kept in memory for a while."""

import logging
import threading
from collections.abc import Callable

from holdings.adapters.aws import AwsService, AwsUnavailable
from holdings.adapters.coinbase_exchange.credentials import Credentials, parse_credentials
from holdings.core.clock import Clock
from holdings.core.errors import Misconfigured, SecretInvalid, SecretUnavailable

logger = logging.getLogger(__name__)

_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "DecryptionFailure",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
}
_NOT_SET_UP = {"NoRegionError", "NoCredentialsError"}


class SecretsManagerCredentials:
    """Implements `holdings.adapters.coinbase_exchange.client.CredentialsSource`."""

    def __init__(
        self,
        secrets_manager: AwsService,
        secret_name: str,
        *,
        keep_for: int,
        clock: Clock,
        hide: Callable[[tuple[str, ...]], None],
    ) -> None:
        """Keep a key for `keep_for` seconds; `hide` is given each text that no log may show."""
        self._secrets_manager = secrets_manager
        self._secret_name = secret_name
        self._keep_for = keep_for
        self._clock = clock
        self._hide = hide
        self._lock = threading.Lock()
        self._kept: tuple[Credentials, float] | None = None

    def get(self) -> Credentials:
        with self._lock:
            if self._kept and self._clock.monotonic() < self._kept[1]:
                return self._kept[0]
            return self._read()

    def refresh(self) -> Credentials:
        # The operator's key alone is an alarm's business: a viewer's is the viewer's.
        logger.warning("the shared key is rejected", extra={"event": "credentials_rejected"})
        with self._lock:
            return self._read()

    def preload(self) -> None:
        """Not the key itself: no snapshot is to hold it."""
        self._secrets_manager.preload()

    def _read(self) -> Credentials:
        """Raises SecretInvalid, SecretUnavailable or Misconfigured; keeps only what is valid."""
        self._kept = None
        credentials = parse_credentials(self._secret_string())
        self._hide(credentials.texts())
        self._kept = credentials, self._clock.monotonic() + self._keep_for
        return credentials

    def _secret_string(self) -> str | None:
        name = self._secret_name
        try:
            answer = self._secrets_manager.call("GetSecretValue", {"SecretId": name})
        except AwsUnavailable as error:
            raise self._failure(error) from None
        value = answer.get("SecretString")
        return value if isinstance(value, str) else None

    def _failure(self, error: AwsUnavailable) -> SecretInvalid | SecretUnavailable | Misconfigured:
        name, code = self._secret_name, error.code
        if code == "ResourceNotFoundException":
            return SecretInvalid(
                f"the secret {name} does not exist or has no value yet: store the Coinbase key"
            )
        if code in _DENIED:
            return Misconfigured(
                f"reading the secret {name} is denied ({code}): allow this role "
                "secretsmanager:GetSecretValue on it and kms:Decrypt on its key"
            )
        if code in _NOT_SET_UP:
            return Misconfigured(f"AWS cannot be used: {error.message} Set AWS_REGION and log in")
        return SecretUnavailable(f"the secret {name} cannot be read now ({code}): try again later")
