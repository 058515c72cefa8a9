"""What can go wrong with each dependency, and how it is made to."""

import itertools
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from chaos.aws_faults import Fault
from chaos.world import World
from local.simulator.faults import ANY_PATH, Injection
from local.simulator.faults import Fault as Simulated

ALL = tuple(Fault)
_ANSWERED = tuple(fault for fault in ALL if fault is not Fault.REFUSE)

# Half of the time everything is struck, and then every other request: what is half broken is met by
# other code than what is broken.
_SHARES = (1.0, 0.5)
# How often it is looked whether somebody was struck.
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Dependency:
    """`door` is what is shut to refuse connections, `targets` whose requests are struck.

    `restart` says that a process of the app is to be new when the fault begins, and `forget` that
    the cache is to have lost its prices: what would be remembered for longer than a fault lasts is
    asked for then.
    """

    title: str
    door: str
    faults: Sequence[Fault]
    restart: bool = False
    forget: bool = False


DEPENDENCIES = {
    "exchange": Dependency("Coinbase Exchange, accounts", "exchange", ALL),
    "market": Dependency("Coinbase Exchange, prices", "market", ALL, restart=True, forget=True),
    "advanced": Dependency("Coinbase Advanced Trade", "advanced", ALL),
    "sqs": Dependency("SQS", "sqs", ALL),
    # Behind one door, as the app reaches both tables over the same connections.
    "dynamodb": Dependency("DynamoDB, both tables", "dynamodb", (Fault.REFUSE,)),
    "cache": Dependency("DynamoDB, the cache", "dynamodb", _ANSWERED),
    "records": Dependency("DynamoDB, the records", "dynamodb", _ANSWERED),
    "kms": Dependency("KMS", "kms", ALL),
    "sts": Dependency("STS", "sts", ALL, restart=True),
    "secrets": Dependency("Secrets Manager", "secrets", ALL),
}

_FORBIDDEN = Injection(Simulated.BODY, path=ANY_PATH, status=403, body=b'{"message": "Forbidden"}')
_SIMULATED: dict[Fault, tuple[Injection, ...]] = {
    Fault.RESET: (Injection(Simulated.RESET, path=ANY_PATH),),
    Fault.SLOW: (Injection(Simulated.HANG, path=ANY_PATH),),
    Fault.THROTTLE: (
        Injection(Simulated.RATE_LIMITED, path=ANY_PATH),
        Injection(Simulated.RATE_LIMITED, path=ANY_PATH, headers={"Retry-After": "1"}),
    ),
    Fault.DENY: (_FORBIDDEN,),
    Fault.LIE: tuple(
        Injection(fault, path=ANY_PATH)
        for fault in (
            *(Simulated.HTML, Simulated.HALF_JSON, Simulated.TRUNCATED, Simulated.REDIRECT),
            *(Simulated.NAN_BALANCE, Simulated.MISSING_BALANCE, Simulated.REPEAT_PAGE),
        )
    ),
}


@contextmanager
def injected(world: World, name: str, fault: Fault, seconds: float) -> Generator[None]:
    """Have a dependency fail, in each way of that fault for its share of `seconds`.

    One that is asked only by who is new fails in the first way until that has struck somebody.
    """
    over, steps = threading.Event(), list(_steps(world, name, fault))
    asked_once, before = DEPENDENCIES[name].restart, struck(world, name, fault)

    def turn() -> None:
        for step in itertools.cycle(steps):
            step()
            if over.wait(seconds / len(steps)):
                return
            while asked_once and struck(world, name, fault) == before:
                if over.wait(_LOOK_SECONDS):
                    return

    turning = threading.Thread(target=turn, name="faults", daemon=True)
    turning.start()
    try:
        yield
    finally:
        over.set()
        turning.join()
        heal(world)


def struck(world: World, name: str, fault: Fault) -> int | None:
    """Return how many requests to a dependency were struck so far; nobody counts who was refused.

    Of a simulated exchange those that came are: every one is struck while a fault is in force.
    """
    if fault is Fault.REFUSE:
        return None
    if name in world.exchanges:
        return sum(world.exchanges[name].counts().values())
    return world.aws_faults.struck


def heal(world: World) -> None:
    world.aws_faults.clear()
    for exchange in world.exchanges.values():
        exchange.faults.clear()
    for door in world.doors.values():
        door.open()


def _steps(world: World, name: str, fault: Fault) -> Iterator[Callable[[], None]]:
    door = world.doors[DEPENDENCIES[name].door]
    if fault is Fault.REFUSE:
        yield door.shut
    elif name in world.exchanges:
        faults = world.exchanges[name].faults
        for injection in _SIMULATED[fault]:
            yield _then(faults.clear, lambda one=injection: faults.set(one))
    else:
        for share in _SHARES:
            yield lambda one=share: world.aws_faults.set(name, fault, one)


def _then(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        first()
        second()

    return both
