"""Exchanges for a laptop: `python -m local.simulator`, or `Simulator()` and the other in tests.

Each exchange is a folder here; the server, the faults, the control and the book are for all.
"""

import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, TypeVar

from flask import Flask
from marshmallow import Schema
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from local.simulator import book
from local.simulator.coinbase_advanced import app as advanced
from local.simulator.coinbase_advanced.signing import CdpKey, CdpKeySchema
from local.simulator.coinbase_exchange import app as exchange
from local.simulator.coinbase_exchange.signing import Credentials, CredentialsSchema
from local.simulator.control import PREFIX, create_control
from local.simulator.exchange import Exchange, Holder, Key
from local.simulator.faults import Fault, Injection
from local.simulator.kept import Certificate
from local.simulator.server import LOOPBACK, Server

__all__ = ["AdvancedSimulator", "CdpKey", "Credentials", "Fault", "Injection", "Simulator"]

K = TypeVar("K", bound=Key)


class _Simulator(Generic[K]):
    """An exchange on loopback. `exchange` holds its state and what goes wrong in it.

    Listens from construction (so that `url` is known, and a busy port raises OSError), answers
    from start() until stop(). Port 0 takes any free one.
    """

    def __init__(
        self,
        state: Exchange[K],
        app: Flask,
        key_schema: Schema,
        port: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.exchange = state
        control: Any = create_control(state, key_schema)
        self._server = Server(DispatcherMiddleware(app, {PREFIX: control}), port, tls)
        self.url = f"{'https' if tls else 'http'}://{LOOPBACK}:{self._server.port}"

    @property
    def credentials(self) -> K:
        """The ones that are taken now, of the first holder."""
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


class Simulator(_Simulator[Credentials]):
    """A Coinbase Exchange.

    `now` gives epoch seconds; `accounts` are those of the first holder, any JSON value, by default
    the 204 seeded ones; `others` are keys of other profiles; `on_rotation` is given all keys.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        credentials: Credentials | None = None,
        others: Sequence[Credentials] = (),
        accounts: object = None,
        now: Callable[[], float] = time.time,
        on_rotation: Callable[[Sequence[Credentials]], None] | None = None,
    ) -> None:
        first = book.seeded_accounts() if accounts is None else accounts
        key = credentials or Credentials.random()
        holders = [Holder(key, book.PROFILE_ID, first, owner="" if accounts else "default")]
        holders += [
            Holder(key, book.profile(owner), book.seeded_accounts(owner), owner=owner)
            for key, owner in zip(others, ("second", "third"), strict=False)
        ]
        state = Exchange(holders, now=now, on_rotation=on_rotation)
        super().__init__(state, exchange.create_app(state), CredentialsSchema(), port)


class AdvancedSimulator(_Simulator[CdpKey]):
    """A Coinbase Advanced Trade, over TLS: its clients speak nothing else.

    `keys` are of one portfolio each, at most two; `on_rotation` is given both.
    """

    def __init__(
        self,
        certificate: Certificate,
        *,
        port: int = 0,
        keys: Sequence[CdpKey] = (),
        now: Callable[[], float] = time.time,
        on_rotation: Callable[[Sequence[CdpKey]], None] | None = None,
    ) -> None:
        keys = keys or (CdpKey.random("ES256"), CdpKey.random("EdDSA"))
        holders = [
            Holder(key, book.profile(owner), book.wallets(owner))
            for key, owner in zip(keys, ("home", "savings"), strict=False)
        ]
        state = Exchange(holders, now=now, on_rotation=on_rotation)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.chain)
        super().__init__(state, advanced.create_app(state), CdpKeySchema(), port, tls)
