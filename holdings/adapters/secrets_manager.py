"""The Coinbase key in Secrets Manager, kept in memory for a while."""

import logging
from collections.abc import Callable

from holdings.adapters.aws import AwsService, AwsUnavailable
from holdings.adapters.coinbase_exchange.credentials import Credentials, parse_credentials
from holdings.core.clock import Clock
from holdings.core.errors import Misconfigured, SecretInvalid, SecretUnavailable
from holdings.core.once import KeptFor

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
        self._hide = hide
        self._kept = KeptFor(keep_for, self._read, clock.monotonic)

    def get(self) -> Credentials:
        return self._kept.get()

    def refresh(self) -> Credentials:
        # The operator's key alone is an alarm's business: a viewer's is the viewer's.
        logger.warning("the shared key is rejected", extra={"event": "credentials_rejected"})
        return self._kept.refresh()

    def preload(self) -> None:
        """Not the key itself: no snapshot is to hold it."""
        self._secrets_manager.preload()

    def _read(self) -> Credentials:
        """Raises SecretInvalid, SecretUnavailable or Misconfigured."""
        credentials = parse_credentials(self._secret_string())
        self._hide(credentials.texts())
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
