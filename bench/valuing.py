"""Run by python3.13 in a process of its own: the CPU that 500 holdings take, in seconds.

`valuing.py holdings FOLDER` values them by this app's rules, from its archive; `valuing.py fastapi
FOLDER` reads the same ones through the models of that peer. Prints the median of many times.
"""

import sys
from collections.abc import Callable, Coroutine
from importlib import import_module
from statistics import median
from time import process_time
from typing import Any

HOLDINGS, CODES, TIMES = 500, 60, 60


def rows() -> list[dict[str, str]]:
    return [
        {
            "connection_id": "shared",
            "account_id": f"{number:08}-0000-4000-8000-000000000000",
            "currency": f"C{number % CODES}",
            "balance": f"{number}.{number:012}",
            "available": f"{number}.{number:012}",
            "hold": "0",
        }
        for number in range(HOLDINGS)
    ]


def ours() -> Callable[[], object]:
    from decimal import Decimal

    from holdings.core.prices import Prices, Quote
    from holdings.core.valuation import Valuation

    quotes = {
        f"C{number}-USD": Quote(Decimal(f"{number}.07"), Decimal(f"{number}.05"), traded=True)
        for number in range(1, CODES)
    }
    held = rows()

    def value() -> object:
        # As for each answer: nothing is known of a price before it is asked for.
        return Valuation(Prices(quotes=quotes, as_of=0, now=0), "USD").document(held)

    return value


def fastapi() -> Callable[[], object]:
    """What Pydantic does there for an answer: reads what is kept, and writes the response."""
    holdings: Any = import_module("models").Holdings
    app: Any = import_module("handler").app
    serialize: Any = import_module("fastapi.routing").serialize_response
    field = next(route.response_field for route in app.routes if route.path == "/holdings")
    document = {
        "as_of": "2026-11-21T09:30:00Z",
        "expires_at": "2026-11-21T09:33:00Z",
        "stale": False,
        "warnings": [],
        "account_count": HOLDINGS,
        "hidden": {"zero": 0, "dust": 0},
        "holdings": rows(),
    }

    def answer() -> object:
        read = holdings.model_validate(document)
        return run(serialize(field=field, response_content=read, is_coroutine=True))

    return answer


def run(waited: Coroutine[Any, Any, object]) -> object:
    """Return what it comes to, which waits for nothing: no event loop is measured."""
    try:
        waited.send(None)
    except StopIteration as ended:
        return ended.value
    raise RuntimeError("it waits")


def main() -> None:
    name, *path = sys.argv[1:]
    sys.path[:0] = path
    work = {"holdings": ours, "fastapi": fastapi}[name]()
    work()
    seconds: list[float] = []
    for _ in range(TIMES):
        began = process_time()
        work()
        seconds.append(process_time() - began)
    print(median(seconds))


if __name__ == "__main__":
    main()
