"""The keys and the certificate of an earlier run, so that a restart changes nothing."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import certifi
import trustme

from local.settings import LocalError
from local.simulator.coinbase_advanced.signing import CdpKey
from local.simulator.coinbase_exchange.signing import Credentials
from local.simulator.server import LOOPBACK
from local.state import read_json, read_object, write_private

SAMPLE_KEYS = "sample-keys.json"
_CERTIFICATE = "advanced-server.pem"
_AUTHORITY = "advanced-ca.pem"
_TRUSTED = "trusted.pem"


def keep(credentials: Credentials, file: Path) -> None:
    """Write them so that only this user can read them, whole or not at all. Raises LocalError."""
    write_private(file, json.dumps(credentials.credential(), indent=2) + "\n")


def kept(file: Path) -> Credentials:
    """The credentials of an earlier run, or new ones that are kept from now on.

    Raises LocalError when the file is there and holds something else: it may be someone's.
    """
    if not os.path.lexists(file):
        credentials = Credentials.random()
        keep(credentials, file)
        return credentials
    remedy = "it holds no simulator credentials: delete it"
    found = read_object(file, missing="", broken=remedy)
    try:
        return Credentials(**found)
    except (TypeError, AttributeError, ValueError):
        raise LocalError(f"{file} is broken or of another version: {remedy}") from None


@dataclass(frozen=True, slots=True)
class SampleKeys:
    """Keys for people to connect, of different accounts: two of each exchange."""

    exchange: tuple[Credentials, ...]
    advanced: tuple[CdpKey, ...]

    def credentials(self) -> list[dict[str, Any]]:
        """As POST /connections takes them: `[{exchange, credential}]`."""
        return [
            *(
                {"exchange": "coinbase_exchange", "credential": k.credential()}
                for k in self.exchange
            ),
            *(
                {"exchange": "coinbase_advanced", "credential": k.credential()}
                for k in self.advanced
            ),
        ]


def keep_samples(keys: SampleKeys, file: Path) -> None:
    """Write them so that only this user can read them, to paste from. Raises LocalError."""
    write_private(file, json.dumps(keys.credentials(), indent=2) + "\n")


def kept_samples(file: Path) -> SampleKeys:
    """The sample keys of an earlier run, or new ones that are kept from now on.

    Raises LocalError when the file is there and holds something else.
    """
    if not os.path.lexists(file):
        keys = SampleKeys(
            (Credentials.random(), Credentials.random()),
            (CdpKey.random("ES256"), CdpKey.random("EdDSA")),
        )
        keep_samples(keys, file)
        return keys
    remedy = "it holds no sample keys: delete it"
    found = read_json(file, missing="", broken=remedy)
    try:
        exchange = tuple(Credentials(**given) for given in _of(found, "coinbase_exchange"))
        advanced = tuple(
            CdpKey(given["name"], given["privateKey"]) for given in _of(found, "coinbase_advanced")
        )
    except (TypeError, AttributeError, ValueError, KeyError):
        exchange, advanced = (), ()
    if len(exchange) != 2 or len(advanced) != 2:
        raise LocalError(f"{file} is broken or of another version: {remedy}")
    return SampleKeys(exchange, advanced)


def _of(found: object, exchange: str) -> Sequence[dict[str, str]]:
    rows = cast("list[dict[str, Any]]", found)
    return [row["credential"] for row in rows if row["exchange"] == exchange]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of a server on this machine: with its key, and the authority to trust, alone or with all.

    `trusted` has the roots that requests trusts as well: clients take one file, for everybody.
    """

    chain: Path
    authority: Path
    trusted: Path


def kept_certificate(folder: Path, environ: Mapping[str, str] | None = None) -> Certificate:
    """The certificate of an earlier run, or a new one. Its authority can issue no other.

    Everybody's roots are those that `environ` says requests is to trust. Raises LocalError.
    """
    found = Certificate(folder / _CERTIFICATE, folder / _AUTHORITY, folder / _TRUSTED)
    if not (found.chain.exists() and found.authority.exists()):
        authority = trustme.CA(organization_name="Holdings on this machine")
        issued = authority.issue_cert(LOOPBACK, "localhost")
        write_private(found.chain, issued.private_key_and_cert_chain_pem.bytes().decode())
        write_private(found.authority, authority.cert_pem.bytes().decode())
    chosen = Path((environ or {}).get("REQUESTS_CA_BUNDLE", ""))
    roots = chosen if chosen.is_file() else Path(certifi.where())
    try:
        trusted = f"{roots.read_text('utf-8')}\n{found.authority.read_text('utf-8')}"
    except (OSError, UnicodeDecodeError) as error:
        raise LocalError(f"{roots} and {found.authority} cannot be read: {error}") from None
    write_private(found.trusted, trusted)
    return found
