"""The processes of the app: requests go to each in turn, and one can be replaced meanwhile."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import urllib3

from chaos.world import World
from local.processes import Child

GATEWAY_SECONDS = 30.0
"""After which API Gateway answers in the app's place."""

_LONGER = urllib3.Timeout(connect=5, read=GATEWAY_SECONDS + 10)


@dataclass(frozen=True, slots=True)
class Answer:
    """`began` and `ended` are epoch seconds. A status of 0 says that there was no answer."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class _Process:
    url: str
    child: Child
    busy: int = 0


class Fleet:
    def __init__(self, world: World, size: int) -> None:
        self._world = world
        self._size = size
        self._pool = urllib3.PoolManager(maxsize=64, retries=False, timeout=_LONGER)
        self._turn = count()
        self._changed = threading.Condition()
        self._processes: list[_Process] = []

    def start(self) -> None:
        self._processes = [_Process(*self._world.app()) for _ in range(self._size)]
        self._world.started.start_all(*(one.child for one in self._processes))

    def replace_one(self) -> None:
        """Put a process that knows nothing yet in the place of the oldest, which ends its work."""
        new = _Process(*self._world.app())
        self._world.started.start_all(new.child)
        with self._changed:
            old = self._processes.pop(0)
            self._processes.append(new)
            self._changed.wait_for(lambda: not old.busy, GATEWAY_SECONDS)
        old.child.stop()

    def ask(
        self,
        token: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        with self._changed:
            process = self._processes[next(self._turn) % len(self._processes)]
            process.busy += 1
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        began = time.time()
        try:
            given = self._pool.request(
                method,
                f"{process.url}{path}",
                body=None if body is None else json.dumps(body),
                headers=sent,
            )
            status, received = given.status, given.data
            named = cast("Mapping[str, str]", given.headers)
        except urllib3.exceptions.HTTPError as error:
            status, named, received = 0, dict[str, str](), repr(error).encode()
        finally:
            with self._changed:
                process.busy -= 1
                self._changed.notify_all()
        lower = {name.lower(): str(text) for name, text in named.items()}
        return Answer(method, path, status, lower, received, began, time.time())
