"""Who is measured."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import events, trees
from bench.trees import Tree

OURS = "holdings"


@dataclass(frozen=True, slots=True)
class Contender:
    """`path` is all that its process has besides the standard library."""

    name: str
    title: str
    path: tuple[str, ...]
    module: str
    event: Callable[[str], dict[str, Any]]
    tree: Tree


_PEERS = {
    "fastapi": "FastAPI, Pydantic, Mangum, httpx",
    "powertools": "Powertools for AWS Lambda",
    "chalice": "Chalice",
    "flask": "Flask, serverless-wsgi, marshmallow",
    "botocore": "by hand: botocore, urllib3",
}
NAMES = (OURS, *_PEERS)


def make(names: set[str], python: Path) -> list[Contender]:
    """Build what is not built yet. Raises TreeFailed."""
    found: list[Contender] = []
    for name in NAMES:
        if name == OURS:
            tree = trees.ours()
            found.append(Contender(OURS, "Holdings", (tree.folder,), "app", events.http_api, tree))
        elif name in names:
            tree = trees.peer(name, python)
            event = events.rest_api if name == "chalice" else events.http_api
            found.append(Contender(name, _PEERS[name], (tree.folder,), "handler", event, tree))
    return found
