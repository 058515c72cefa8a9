"""A viewer's key, encrypted by KMS itself: no data key, and no cipher of ours.

The encryption context names app, environment, viewer and connection. KMS decrypts under no other,
so a ciphertext that is moved to another item opens nothing, and CloudTrail says whose key was used.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, cast

from holdings.adapters.records.items import BrokenItem, blob
from holdings.adapters.records.sessions import ViewerCalls
from holdings.core.clock import Deadline
from holdings.core.connections import Credential
from holdings.core.errors import InvalidRequest, RecordsUnavailable

logger = logging.getLogger(__name__)

# https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
_MOST_PLAINTEXT_BYTES = 4_096


class CredentialCipher:
    def __init__(self, calls: ViewerCalls, key_id: str, environment: str) -> None:
        self._calls = calls
        self._key_id = key_id
        self._environment = environment

    def encrypt(
        self, viewer: str, connection_id: str, credential: Credential, deadline: Deadline
    ) -> bytes:
        """Raises InvalidRequest for one that is too long."""
        plaintext = json.dumps(dict(credential), separators=(",", ":")).encode()
        if len(plaintext) > _MOST_PLAINTEXT_BYTES:
            raise InvalidRequest(
                "the key is too long to be kept",
                {"credential": [f"at most {_MOST_PLAINTEXT_BYTES} bytes as JSON"]},
            )
        request = {"Plaintext": plaintext, **self._request(viewer, connection_id)}
        answer = self._calls.call(viewer, "kms", "Encrypt", request, deadline)
        return self._bytes(answer, "CiphertextBlob")

    def decrypt(
        self, viewer: str, connection_id: str, ciphertext: bytes, deadline: Deadline
    ) -> Credential:
        request = {"CiphertextBlob": ciphertext, **self._request(viewer, connection_id)}
        answer = self._calls.call(viewer, "kms", "Decrypt", request, deadline)
        return _credential(self._bytes(answer, "Plaintext"))

    def _request(self, viewer: str, connection_id: str) -> dict[str, Any]:
        return {
            "KeyId": self._key_id,
            "EncryptionContext": {
                "app": "holdings",
                "environment": self._environment,
                "viewer": viewer,
                "connection": connection_id,
            },
        }

    def _bytes(self, answer: Mapping[str, Any], name: str) -> bytes:
        try:
            return blob(answer.get(name))
        except BrokenItem:
            raise unreadable(f"KMS's {name}") from None


def _credential(plaintext: bytes) -> Credential:
    try:
        read = json.loads(plaintext)
    except (ValueError, RecursionError):
        read = None
    fields = cast("dict[object, object]", read) if isinstance(read, dict) else {}
    if not fields or not all(isinstance(value, str) for value in fields.values()):
        raise unreadable("the decrypted credential")
    return cast("Credential", fields)


def unreadable(what: str) -> RecordsUnavailable:
    """Log that something of the records is not as we write it, and return what to raise."""
    logger.error(
        "%s is not as it was written", what, extra={"event": "records_failure", "code": "broken"}
    )
    return RecordsUnavailable(
        "what is kept cannot be read: connect the account anew, or ask for it"
    )
