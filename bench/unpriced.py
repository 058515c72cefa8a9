"""This app without what it does for prices: nothing is read of them, and nothing of it loaded."""

import sys
from types import ModuleType


class NoPrices:
    """In the place of holdings.core.price_service.PriceService."""

    def __init__(self, **_: object) -> None:
        from holdings.core.prices import Prices

        self._none = Prices(quotes={})

    def read(self, *_: object, **__: object) -> object:
        return self._none

    def complete(self, prices: object, *_: object) -> object:
        return prices


module = ModuleType("holdings.core.price_service")
module.PriceService = NoPrices  # type: ignore[attr-defined] - made here
sys.modules[module.__name__] = module

from app import handler  # noqa: E402 - after what it is to find

__all__ = ["handler"]
