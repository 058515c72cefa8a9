"""`python -m local.simulator`: the simulator on its own, until it is interrupted.

SIMULATOR_PORT (8765; 0 takes a free one), SIMULATOR_STATE (.local/simulator.json, where the
credentials are kept) and SIMULATOR_EXIT_WITH_PARENT (1: end when the starting process ends).
"""

import errno
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from local.parent import ending
from local.settings import LocalError, state_dir
from local.simulator import Simulator
from local.simulator.coinbase_exchange.signing import keep, kept
from local.simulator.faults import Fault
from local.state import prepare, reason

DEFAULT_PORT = "8765"


def opened(environ: Mapping[str, str]) -> Simulator:
    """A simulator as the environment asks for it. Exits with one line when that cannot be."""
    port = environ.get("SIMULATOR_PORT", DEFAULT_PORT)
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        sys.exit(f"SIMULATOR_PORT must be a port number, not {port!r}.")
    try:
        file = _state_file(environ)
        return Simulator(
            port=int(port), credentials=kept(file), on_rotation=partial(keep, file=file)
        )
    except LocalError as error:
        sys.exit(f"SIMULATOR_STATE: {error}.")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} is in use: set SIMULATOR_PORT to another one.")
        sys.exit(f"SIMULATOR_PORT={port}: {reason(error)}.")


def _state_file(environ: Mapping[str, str]) -> Path:
    """Raises LocalError. A folder that somebody chose is not ours to close, one that we make is."""
    chosen = environ.get("SIMULATOR_STATE", "").strip()
    file = Path(chosen) if chosen else state_dir(environ) / "simulator.json"
    if not chosen or not file.parent.is_dir():
        prepare(file.parent)
    return file


def greeting(simulator: Simulator) -> str:
    """Printed on purpose, secret included: it is worth nothing outside this machine."""
    url, credentials = simulator.url, simulator.credentials
    return f"""\
Coinbase Exchange simulator: {url}
  api_key     {credentials.api_key}
  api_secret  {credentials.api_secret}
  passphrase  {credentials.passphrase}
Point any Coinbase Exchange client at that address with those three.
  look        curl {url}/_simulator
  go wrong    curl -X PUT {url}/_simulator/faults -d '{{"fault": "rate_limited", "times": 3}}'
  be well     curl -X DELETE {url}/_simulator/faults
  rotate      curl -X POST {url}/_simulator/credentials
  faults      {", ".join(Fault)}
Ctrl-C stops it."""


def main(environ: Mapping[str, str]) -> None:
    told = ending(with_parent=environ.get("SIMULATOR_EXIT_WITH_PARENT") == "1")
    with opened(environ) as simulator:
        print(greeting(simulator), flush=True)
        told.wait()


if __name__ == "__main__":
    main(os.environ)
