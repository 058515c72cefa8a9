"""Who is measured."""

from collections.abc import Callable
from dataclasses import dataclass, replace
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
    table: str
    hits_only: bool = False


_PEERS = {
    "fastapi": "FastAPI, Pydantic, Mangum, httpx",
    "powertools": "Powertools for AWS Lambda",
    "chalice": "Chalice",
    "flask": "Flask, serverless-wsgi, marshmallow",
    "botocore": "by hand: botocore, urllib3",
}
# Where a peer leaves room for it: its framework, our way to DynamoDB, the item that we stored.
_ON_OUR_AWS = ("fastapi", "powertools")
NAMES = (OURS, *_PEERS)


def make(names: set[str], python: Path) -> list[Contender]:
    """Ours first, for others read what it stored. Builds what is not built yet.

    Raises TreeFailed.
    """
    tree = trees.ours()
    ours = Contender(OURS, "Holdings", (tree.folder,), "app", events.http_api, tree, table=OURS)
    peers = [_peer(name, python) for name in _PEERS if name in names]
    mixed = [_on_our_aws(peer, ours) for peer in peers if peer.name in _ON_OUR_AWS]
    return [ours, *peers, *mixed]


def _peer(name: str, python: Path) -> Contender:
    tree = trees.peer(name, python)
    event = events.rest_api if name == "chalice" else events.http_api
    return Contender(name, _PEERS[name], (tree.folder,), "handler", event, tree, table=name)


def _on_our_aws(peer: Contender, ours: Contender) -> Contender:
    return replace(
        peer,
        name=f"{peer.name}_on_our_aws",
        title=f"{peer.title.split(',')[0]}, on our AWS layer",
        path=(*ours.path, *peer.path),
        module="on_our_aws",
        table=ours.table,
        hits_only=True,
    )
