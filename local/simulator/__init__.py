"""A Coinbase Exchange for a laptop: `python -m local.simulator`, or `Simulator()` in tests.

Each exchange is a folder here; the server, the faults, the control and the book are for all.
"""

import time
from collections.abc import Callable
from typing import Self

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from local.simulator.coinbase_exchange.app import create_app
from local.simulator.coinbase_exchange.exchange import Exchange
from local.simulator.coinbase_exchange.signing import Credentials
from local.simulator.control import PREFIX, create_control
from local.simulator.faults import Fault, Injection
from local.simulator.server import LOOPBACK, Server

__all__ = ["Credentials", "Fault", "Injection", "Simulator"]


class Simulator:
    """A Coinbase Exchange on loopback. `exchange` holds its state and what goes wrong in it.

    Listens from construction (so that `url` is known, and a busy port raises OSError), answers
    from start() until stop(). Port 0 takes any free one. `now` gives epoch seconds; `accounts`
    is any JSON value, by default the 204 seeded ones; `on_rotation` is given new credentials.
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
        control = create_control(self.exchange)
        app = DispatcherMiddleware(create_app(self.exchange), {PREFIX: control})
        self._server = Server(app, port)
        self.url = f"http://{LOOPBACK}:{self._server.port}"

    @property
    def credentials(self) -> Credentials:
        """The ones that are taken now."""
        return self.exchange.credentials

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop at once, cutting off whoever is being served, slowly or not at all."""
        self._server.stop()
        self.exchange.faults.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
