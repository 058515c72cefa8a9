"""The exchanges that there are, each loaded when it is first asked for.

A third one is a folder beside this file that has a `Kind`, and a row here.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from holdings.core.clock import Clock
from holdings.core.once import loaded_once

if TYPE_CHECKING:
    from holdings.core.ports import ExchangeKind
    from holdings.settings import Settings

# Name, which is that of its folder too -> the setting with its address.
EXCHANGES = {"coinbase_exchange": "cb_base_url", "coinbase_advanced": "cb_advanced_url"}


def kinds(
    settings: "Settings", *, clock: Clock, trusted: Callable[[], ssl.SSLContext]
) -> "Mapping[str, ExchangeKind]":
    """Return every exchange by its name. To look at the names loads none."""

    def loading(name: str, setting: str) -> "Callable[[], ExchangeKind]":
        def load() -> "ExchangeKind":
            kind = import_module(f"holdings.adapters.{name}").Kind(
                getattr(settings, setting),
                clock=clock,
                user_agent=f"holdings/{settings.app_version}",
                trusted=trusted,
            )
            return cast("ExchangeKind", kind)

        return loaded_once(load)

    return _Kinds({name: loading(name, setting) for name, setting in EXCHANGES.items()})


class _Kinds(Mapping[str, "ExchangeKind"]):
    def __init__(self, loaders: "Mapping[str, Callable[[], ExchangeKind]]") -> None:
        self._loaders = loaders

    def __getitem__(self, name: str) -> "ExchangeKind":
        return self._loaders[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaders)

    def __len__(self) -> int:
        return len(self._loaders)

    def __contains__(self, name: object) -> bool:
        return name in self._loaders  # Mapping's own would load it
