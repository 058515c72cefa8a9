"""The simulator as one object: an exchange and a server for it, in this process."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from local.simulator.credentials import Credentials
from local.simulator.exchange import Exchange
from local.simulator.server import LOOPBACK, ExchangeServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_POLL_SECONDS = 0.05
"""How long stopping may take to be noticed."""


class Simulator:
    """A Coinbase Exchange on loopback. `exchange` holds its state and what goes wrong in it.

    Listens from construction (so that `url` is known, and a busy port raises OSError), answers
    from start() until stop(). Port 0 takes any free one. `now` gives epoch seconds; `accounts`
    is any JSON value, by default the 204 seeded ones; `on_rotation` is told new credentials.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        credentials: Credentials | None = None,
        accounts: object = None,
        now: Callable[[], float] = time.time,
        on_rotation: Callable[[Credentials], None] | None = None,
    ) -> None:
        self.exchange = Exchange(
            credentials=credentials or Credentials.random(),
            accounts=accounts,
            now=now,
            on_rotation=on_rotation,
        )
        self._server = ExchangeServer(port, self.exchange)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": _POLL_SECONDS},
            name="simulator",
            daemon=True,
        )
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"

    @property
    def credentials(self) -> Credentials:
        """The ones that are taken now."""
        return self.exchange.credentials

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop at once, cutting off whoever is being served, slowly or not at all."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self.exchange.faults.clear()
        self._server.hang_up()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
