"""`python -m local.simulator`: both exchanges on their own, until interrupted.

SIMULATOR_PORT (8765) and SIMULATOR_ADVANCED_PORT (8766; 0 takes a free one), SIMULATOR_STATE
(.local/simulator.json, where the first key is kept, and beside it the sample keys and the
certificate) and SIMULATOR_EXIT_WITH_PARENT (1: end when the starting process ends).
"""

import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from local.parent import ending
from local.settings import LocalError, state_dir
from local.simulator import AdvancedSimulator, CdpKey, Credentials, Simulator
from local.simulator.faults import Fault
from local.simulator.kept import (
    SAMPLE_KEYS,
    Certificate,
    keep,
    keep_samples,
    kept,
    kept_certificate,
    kept_samples,
)
from local.state import prepare, reason

EXCHANGE_PORT = ("SIMULATOR_PORT", "8765")
ADVANCED_PORT = ("SIMULATOR_ADVANCED_PORT", "8766")

S = TypeVar("S", Simulator, AdvancedSimulator)


@dataclass(frozen=True, slots=True)
class Simulators:
    exchange: Simulator
    advanced: AdvancedSimulator
    certificate: Certificate

    def stop(self) -> None:
        self.exchange.stop()
        self.advanced.stop()


def opened(environ: Mapping[str, str]) -> Simulators:
    """Both simulators as the environment asks for them. Exits with one line when that cannot be."""
    ports = [_port(environ, *named) for named in (EXCHANGE_PORT, ADVANCED_PORT)]
    try:
        file = _state_file(environ)
        samples_file = file.with_name(SAMPLE_KEYS)
        first, samples = kept(file), kept_samples(samples_file)
        certificate = kept_certificate(file.parent, environ)
    except LocalError as error:
        sys.exit(f"SIMULATOR_STATE: {error}.")

    def keep_exchange(keys: Sequence[Credentials]) -> None:
        keep(keys[0], file)
        keep_samples(replace(kept_samples(samples_file), exchange=tuple(keys[1:])), samples_file)

    def keep_advanced(keys: Sequence[CdpKey]) -> None:
        keep_samples(replace(kept_samples(samples_file), advanced=tuple(keys)), samples_file)

    exchange = _listening(
        lambda: Simulator(
            port=ports[0], credentials=first, others=samples.exchange, on_rotation=keep_exchange
        ),
        EXCHANGE_PORT[0],
        ports[0],
    )
    try:
        advanced = _listening(
            lambda: AdvancedSimulator(
                certificate, port=ports[1], keys=samples.advanced, on_rotation=keep_advanced
            ),
            ADVANCED_PORT[0],
            ports[1],
        )
    except SystemExit:
        exchange.stop()
        raise
    return Simulators(exchange, advanced, certificate)


def _port(environ: Mapping[str, str], name: str, default: str) -> int:
    port = environ.get(name, default)
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        sys.exit(f"{name} must be a port number, not {port!r}.")
    return int(port)


def _listening(make: Callable[[], S], variable: str, port: int) -> S:
    try:
        return make()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} is in use: set {variable} to another one.")
        sys.exit(f"{variable}={port}: {reason(error)}.")


def _state_file(environ: Mapping[str, str]) -> Path:
    """Raises LocalError. A folder that somebody chose is not ours to close, one that we make is."""
    chosen = environ.get("SIMULATOR_STATE", "").strip()
    file = Path(chosen) if chosen else state_dir(environ) / "simulator.json"
    if not chosen or not file.parent.is_dir():
        prepare(file.parent)
    return file


def greeting(both: Simulators) -> str:
    """Printed on purpose, secrets included: they are worth nothing outside this machine."""
    url, credentials = both.exchange.url, both.exchange.credentials
    advanced, key, certificate = both.advanced, both.advanced.credentials, both.certificate
    return f"""\
Coinbase Exchange simulator: {url}
  api_key     {credentials.api_key}
  api_secret  {credentials.api_secret}
  passphrase  {credentials.passphrase}
Coinbase Advanced Trade simulator: {advanced.url}
  name        {key.name}
  privateKey  {key.private_key.strip().encode("unicode_escape").decode()}
  trust       {certificate.authority} ({certificate.trusted} has everybody's beside it)
Point any client of either at those. More keys, of other accounts: {SAMPLE_KEYS} beside that file.
  look        curl {url}/_simulator
  go wrong    curl -X PUT {url}/_simulator/faults -d '{{"fault": "rate_limited", "times": 3}}'
  for one     the same with "key": the name of the key that it is to be for
  be well     curl -X DELETE {url}/_simulator/faults
  rotate      curl -X POST {url}/_simulator/credentials   (?key= for another than the first)
  faults      {", ".join(Fault)}
Ctrl-C stops both."""


def main(environ: Mapping[str, str]) -> None:
    told = ending(with_parent=environ.get("SIMULATOR_EXIT_WITH_PARENT") == "1")
    both = opened(environ)
    with both.exchange, both.advanced:
        print(greeting(both), flush=True)
        told.wait()


if __name__ == "__main__":
    main(os.environ)
