"""A crowd of viewers in memory: planner, queue and workers as they are, over simulated hours.

The planner wakes each minute, its messages go through SqsJobQueues to a queue that is as unkind as
SQS may be, and `lanes` workers take them in batches of ten, side by side in real threads. Time is
simulated: a worker's clock goes on by what its own exchange takes, and nobody else's does.
"""

import json
import logging
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast

import holdings
from holdings import Parts, create_app
from holdings.adapters.sqs import SqsJobQueues
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Connection, Credential, Profile
from holdings.core.errors import (
    ExchangeCredentialsRejected,
    ExchangeTimeout,
    ExchangeUnavailable,
    RecordsUnavailable,
)
from holdings.core.portfolio import Account
from holdings.core.record_ports import Readable
from holdings.core.schedule.planner import Planner, Routine
from holdings.core.schedule.slots import Cycle, Due, slot_of
from holdings.jobs import batch
from holdings.jobs.parts import refresh_readings_of
from holdings.jobs.refresh_readings import job as job_of
from tests.builders import (
    FakeCache,
    FakeExchange,
    FakeKind,
    FakeMarket,
    FakeRecords,
    FakeRefresh,
    make_account,
    make_settings,
)

MINUTE, HOUR, DAY = 60, 3_600, 86_400
START = 1_800_000_000 // DAY * DAY + 9 * HOUR
READING_SECONDS = 0.12
PAGE, BATCH, RECEIVES, VISIBILITY_SECONDS = 100, 10, 5, 360
# More than any test takes: whoever waits so long would wait for ever.
_GIVE_UP_SECONDS = 30.0

# Who is falling fails from then on.
FALL = START + 2 * HOUR

Manner = Literal["fine", "rejected", "failing", "falling", "hanging"]


@contextmanager
def silence() -> Generator[None]:
    """Log nothing: each thing that fails, as many here do, is a line."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class WorkersClock:
    """One that each thread moves for itself, from where `base` has set it for all."""

    def __init__(self, base: float) -> None:
        self.base = base
        self._own = threading.local()

    def begin(self) -> None:
        self._own.ahead = 0.0

    def sleep(self, seconds: float) -> None:
        self._own.ahead = self.ahead + seconds

    @property
    def ahead(self) -> float:
        return cast("float", getattr(self._own, "ahead", 0.0))

    @property
    def clock(self) -> Clock:
        return Clock(self.read, self.read, self.sleep)

    def read(self) -> float:
        return self.base + self.ahead


@dataclass
class Sent:
    """A message on the queue; `received` is how often a worker has been given it."""

    id: str
    body: str
    received: int = 0

    def record(self) -> dict[str, Any]:
        return {
            "messageId": self.id,
            "receiptHandle": f"handle of {self.id}",
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(self.received)},
            "eventSource": "aws:sqs",
        }


class Queue:
    """SQS in memory, behind what AwsService.call gives.

    An unkind one takes some messages only at the second attempt, delivers some twice and some an
    hour late, after newer ones of the same connection.
    """

    def __init__(self, rng: random.Random, now: Callable[[], float], *, unkind: bool) -> None:
        self._rng, self._now = rng, now
        self._lost, self._twice, self._late = (0.05, 0.03, 0.02) if unkind else (0.0, 0.0, 0.0)
        self.waiting: list[Sent] = []
        self.invisible: list[tuple[float, Sent]] = []
        self.dead: list[Sent] = []
        self.late: list[str] = []
        self.of_other_jobs: list[tuple[str, dict[str, Any]]] = []

    def call(self, operation: str, request: Mapping[str, Any], *, seconds: float = 3.0) -> Any:
        job = str(request["QueueUrl"])
        if operation == "SendMessage":
            self.put(job, request["MessageBody"])
            return {"MessageId": "m"}
        assert operation == "SendMessageBatch"
        taken = [one for one in request["Entries"] if self._rng.random() >= self._lost]
        for one in taken:
            self.put(job, one["MessageBody"])
        return {"Successful": [{"Id": one["Id"]} for one in taken]}

    def put(self, job: str, body: str) -> None:
        if job != "refresh-readings":
            self.of_other_jobs.append((job, json.loads(body)))
            return
        sent, now = Sent(f"{self._rng.getrandbits(64):016x}", body), self._now()
        if self._rng.random() < self._late:
            self.invisible.append((now + HOUR + 5 * MINUTE, sent))
            self.late.append(body)
        else:
            self.waiting.append(sent)
        if self._rng.random() < self._twice:
            after = self._rng.uniform(0, 2 * HOUR)
            self.invisible.append((now + after, Sent(sent.id, body)))

    def show(self) -> None:
        """Have those visible whose time has come."""
        now = self._now()
        self.waiting += [sent for at, sent in self.invisible if at <= now]
        self.invisible = [(at, sent) for at, sent in self.invisible if at > now]

    def receive(self) -> list[Sent]:
        """Give ten in any order; what is asked for twice comes in two batches."""
        self._rng.shuffle(self.waiting)
        found: dict[str, Sent] = {}
        again: list[Sent] = []
        for one in self.waiting[-BATCH:]:
            again.append(one) if one.body in found else found.update({one.body: one})
        self.waiting[-BATCH:] = again
        for one in found.values():
            one.received += 1
        return list(found.values())

    def settle(self, given: Sequence[Sent], failed: set[str]) -> None:
        assert failed <= {one.id for one in given}
        for one in given:
            if one.id in failed and one.received >= RECEIVES:
                self.dead.append(one)
            elif one.id in failed:
                self.invisible.append((self._now() + VISIBILITY_SECONDS, one))


@dataclass
class CrowdRecords(FakeRecords):
    """Records whose table does not answer for `down` viewers."""

    down: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refresh = _CrowdRefresh(self)

    def called(self, name: str) -> None:
        """Count nothing: of a crowd that would be a long list."""
        if self.error:
            raise self.error


class _CrowdRefresh(FakeRefresh):
    def readable(self, viewer: str, deadline: Deadline) -> Readable:
        records = cast("CrowdRecords", self.records)
        if viewer in records.down:
            raise RecordsUnavailable("the table does not answer")
        return super().readable(viewer, deadline)


class CrowdKind(FakeKind):
    """Every key opens an exchange of its own manner; a hanging one hangs until its deadline."""

    def __init__(self, crowd: "Crowd") -> None:
        super().__init__()
        self._crowd = crowd

    def open(self, credential: Callable[[bool], Credential]) -> Any:
        crowd = self._crowd

        class Opened(FakeExchange):
            def accounts(self, deadline: Deadline) -> Sequence[Account]:
                return crowd.answered(credential(False)["name"], deadline)

        return Opened()


@dataclass(frozen=True)
class Member:
    """A connection of the crowd; `number` is in its id, its key and its balance."""

    number: int
    viewer: str
    manner: Manner

    @property
    def id(self) -> str:
        return f"{self.number:032x}"

    @property
    def balance(self) -> str:
        return f"{self.number + 1}.5"


class Try(NamedTuple):
    """A use of a key, by the clock of its own worker (epoch seconds), and for which window."""

    at: float
    window: int


class _Batch:
    """Who hangs is let go only once all others of its batch have ended."""

    def __init__(self, others: int) -> None:
        self._left = others
        self._changed = threading.Condition()
        self.took = 0.0

    def ended(self, seconds: float, *, by_itself: bool) -> None:
        with self._changed:
            self.took = max(self.took, seconds)
            self._left -= by_itself
            self._changed.notify_all()

    def others_end(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._left <= 0, _GIVE_UP_SECONDS)


class Crowd:
    """Every eleventh connection is the second one of its viewer."""

    def __init__(
        self,
        connections: int,
        *,
        rejected: float = 0.0,
        failing: float = 0.0,
        hanging: float = 0.0,
        seed: int = 14,
        lanes: int = 5,
        unkind: bool = True,
    ) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - not for secrets
        self.time = WorkersClock(START)
        shares: dict[Manner, float] = {
            "rejected": rejected,
            "failing": failing / 2,
            "falling": failing / 2,
            "hanging": hanging,
        }
        manners: list[Manner] = []
        for manner, share in shares.items():
            manners.extend(manner for _ in range(round(connections * share)))
        while len(manners) < connections:
            manners.append("fine")
        self.rng.shuffle(manners)
        self.members = {
            f"key {n}": Member(n, f"viewer-{n - (n % 11 == 10)}", manner)
            for n, manner in enumerate(manners)
        }
        self.down_between = (0.0, 0.0)
        # When the job has used each key, and who waited for an exchange that hangs.
        self.tried: dict[str, list[Try]] = defaultdict(list)
        self._worker = threading.local()
        self.waited_for: list[str] = []
        self.outcomes: Counter[str] = Counter()
        self.largest_page = 0
        self._hanging = {one.id for one in self.members.values() if one.manner == "hanging"}
        self._batch: _Batch | None = None
        self._lanes = [float(START)] * lanes

        self.queue = Queue(self.rng, self.time.read, unkind=unkind)
        jobs = ("refresh-readings", "sync-history", "evaluate-alerts", "forget")
        urls = {job: job for job in jobs}
        queues = SqsJobQueues(cast("Any", self.queue), urls)
        self.records, self.cache = CrowdRecords(), FakeCache()
        self._settle()
        settings = make_settings(REFRESH_SECONDS=str(HOUR), SHARED_CONNECTION="false")
        given: dict[str, Any] = {
            "exchange": FakeExchange(),
            "cache": self.cache,
            "records": self.records,
            "kinds": {"coinbase_exchange": CrowdKind(self)},
            "market": FakeMarket(),
            "queues": queues,
        }
        self._settings, self._given = settings, given
        self.made = holdings.services(settings, self.time.clock, Parts(**given))
        self.refresh = refresh_readings_of(settings, self.made, self.time.clock)
        self.job = job_of(cast("Any", self))
        self.planner = Planner(
            routines=[Routine("refresh-readings", "readings", Cycle(HOUR))],
            index=self,
            queues=queues,
            cache=self.cache,
            clock=self.time.clock,
        )

    def _settle(self) -> None:
        self._by_slot: dict[int, list[Member]] = defaultdict(list)
        for name, one in self.members.items():
            connection = Connection(
                id=one.id,
                exchange="coinbase_exchange",
                label=name,
                account=f"account {one.number}",
                key_hint="",
                created_at=START,
            )
            mine = self.records.kept.setdefault(one.viewer, {})
            mine[one.id] = connection, {"name": name, "secret": f"secret {one.number}"}
            self.records.profiles[one.viewer] = Profile(START, alerts=1)
            self._by_slot[slot_of(one.viewer)].append(one)

    # The index of what is due.

    def due(self, slot: str, deadline: Deadline) -> Iterator[Sequence[Due]]:
        listed = self._by_slot[int(slot.partition("#")[2])]
        for start in range(0, len(listed), PAGE):
            page = listed[start : start + PAGE]
            self.largest_page = max(self.largest_page, len(page))
            yield [Due(one.viewer, one.id) for one in page if self.status(one) == "active"]

    def status(self, one: Member) -> str:
        return self.records.kept[one.viewer][one.id][0].status

    def kept_of(self, viewer: str) -> set[str]:
        return set(self.records.kept[viewer])

    def of_viewer(self, viewer: str) -> list[Member]:
        kept = self.records.kept[viewer].values()
        return [self.members[connection.label] for connection, _ in kept]

    # The exchange.

    def answered(self, name: str, deadline: Deadline) -> Sequence[Account]:
        one = self.members[name]
        if window := getattr(self._worker, "window", None):
            self.tried[name].append(Try(self.time.read(), window))
        self.time.sleep(READING_SECONDS)
        if one.manner == "rejected":
            raise ExchangeCredentialsRejected("the exchange rejects the key: replace it")
        now, (down, up) = self.time.read(), self.down_between
        fails = one.manner == "failing" or (one.manner == "falling" and now >= FALL)
        if fails or down <= now < up:
            raise ExchangeUnavailable("the exchange is down", transient=True)
        if one.manner == "hanging":
            assert self._batch
            if not self._batch.others_end():
                self.waited_for.append(name)
            self.time.sleep(deadline.remaining())
            raise ExchangeTimeout("no answer in time")
        return [make_account(f"account-{one.number}", balance=one.balance)]

    # The job, as `holdings.jobs.refresh_readings` has it.

    def run(self, viewer: str, connection: str, window: int, *, seconds: float) -> str:
        assert self._batch
        self.time.begin()
        self._worker.window = window
        outcome = "raised"
        try:
            outcome = self.refresh.run(viewer, connection, window, seconds=seconds)
            return outcome
        finally:
            self.outcomes[outcome] += 1
            self._batch.ended(self.time.ahead, by_itself=connection not in self._hanging)

    def minutes(self, count: int, *, planning: bool = True) -> None:
        for _ in range(count):
            self.time.base += MINUTE
            if planning:
                self._plan()
            self.queue.show()
            self.work_until(self.time.base + MINUTE)

    def _plan(self) -> None:
        """As Lambda does: once more where it fails, and then it is left to the next minute."""
        for _ in range(2):
            try:
                self.planner.run(55)
            except RecordsUnavailable:
                continue
            else:
                return

    def work_until(self, end: float) -> None:
        """Have the workers take what there is, each the next batch once it is free."""
        minute = self.time.base
        while self.queue.waiting and min(self._lanes) < end:
            self._lanes.sort()
            began = max(self._lanes[0], minute)
            self.time.base = began
            self._lanes[0] = began + self.one_batch()
        self.time.base = minute

    def one_batch(self) -> float:
        """Have one batch worked on; return what it took, in seconds."""
        given = self.queue.receive()
        failed, took = self.handle([one.record() for one in given])
        self.queue.settle(given, failed)
        return took

    def handle(self, records: Sequence[Mapping[str, Any]]) -> tuple[set[str], float]:
        """Return which of the messages are to come again, and what they took, in seconds."""
        current = self._batch = _Batch(sum(self._ends_itself(one["body"]) for one in records))
        answer = batch.handle({"Records": list(records)}, None, self.job)
        return {one["itemIdentifier"] for one in answer["batchItemFailures"]}, current.took

    def _ends_itself(self, body: str) -> bool:
        """Whether the message is worked on, and not by waiting for an exchange that hangs."""
        found = batch.parse(body, self.job.fields, 1.0)
        return found is not None and found.connection not in self._hanging

    # What a viewer sees.

    def shown(self, viewer: str) -> Any:
        """Return what GET /holdings answers now, at a worker that knows nothing of before."""
        app = create_app(self._settings, clock=self.time.clock, **self._given)
        context = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": {"sub": viewer}}}}}
        return app.test_client().get("/holdings", environ_overrides=context)
