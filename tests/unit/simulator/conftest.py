"""One simulator for all of these tests, put back to its start before each."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from local.simulator import Credentials, Simulator
from tests.unit.simulator.client import Client, Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDENTIALS = Credentials(
    api_key="key", api_secret=base64.b64encode(bytes(range(64))).decode(), passphrase="phrase"
)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def running(clock: Clock) -> Iterator[Simulator]:
    with Simulator(credentials=CREDENTIALS, now=clock) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator, clock: Clock) -> Simulator:
    clock.now = Clock.now
    running.exchange.rotate(CREDENTIALS)
    running.exchange.reset()
    return running


@pytest.fixture
def client(simulator: Simulator, clock: Clock) -> Client:
    return Client(simulator, clock)
