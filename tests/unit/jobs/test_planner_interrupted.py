"""The planner killed anywhere, twice at once, without its cache, by a clock that jumps."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.core.clock import Deadline
from holdings.core.errors import Misconfigured, RecordsUnavailable
from holdings.core.freshness import CachedSnapshot
from holdings.core.schedule.planner import Planner, Routine
from holdings.core.schedule.slots import Cycle, Due, slot_of
from tests.builders import FakeCache, FakeClock, FakePlace, FakeQueues, Killed

HOUR, DAY = 3_600, 86_400
START = 1_800_000_000 // DAY * DAY
VIEWERS = [f"viewer-{number}" for number in range(150)]


@dataclass
class Steps:
    """Counts what the planner does; from the step `dies_at` on it does nothing any more."""

    dies_at: int = -1
    done: int = 0

    def step(self) -> None:
        self.done += 1
        if 0 < self.dies_at <= self.done:
            raise Killed


@dataclass
class Index:
    steps: Steps
    by_slot: dict[int, list[Due]] = field(default_factory=dict[int, list[Due]])

    def __post_init__(self) -> None:
        for one in VIEWERS:
            self.by_slot.setdefault(slot_of(one), []).append(Due(one, "c" * 32))

    def due(self, slot: str, deadline: Deadline) -> Iterator[Sequence[Due]]:
        mine = self.by_slot.get(int(slot.partition("#")[2]), [])
        for start in range(0, max(1, len(mine)), 2):
            self.steps.step()
            yield mine[start : start + 2]


class Queues(FakeQueues):
    """Each message is a step; of those of one call some may be sent when the process ends."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def send_all(self, job: str, work: Sequence[Due], window: int) -> None:
        for one in work:
            self.steps.step()
            super().send_all(job, [one], window)


class DynamoLike(FakeCache):
    """As the table has it: what lies more than a minute ahead gives way."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def __call__(self, place: str) -> FakePlace:
        return self.places.setdefault(place, _DynamoLikePlace(self))


class _DynamoLikePlace(FakePlace):
    def get(self, deadline: Deadline) -> CachedSnapshot | None:
        _steps(self).step()
        return super().get(deadline)

    def put(self, entry: CachedSnapshot, keep_until: int, deadline: Deadline) -> CachedSnapshot:
        _steps(self).step()
        if self.entry and self.entry.sequence > entry.sequence + 60_000:
            self.entry = None
        kept = super().put(entry, keep_until, deadline)
        _steps(self).step()
        return kept


def _steps(place: FakePlace) -> Steps:
    assert isinstance(place.cache, DynamoLike)
    return place.cache.steps


class World:
    def __init__(self) -> None:
        self.time = FakeClock(START)
        self.steps = Steps()
        self.index, self.queues, self.cache = (
            Index(self.steps),
            Queues(self.steps),
            DynamoLike(self.steps),
        )
        self.routines = [Routine("refresh-readings", "readings", Cycle(HOUR))]

    def planner(self) -> Planner:
        return Planner(
            routines=self.routines,
            index=self.index,
            queues=self.queues,
            cache=self.cache,
            clock=self.time.clock,
        )

    def wake(self, after: float) -> None:
        self.time.advance(after)
        self.planner().run(50)

    @property
    def asked(self) -> Counter[tuple[str, int | None]]:
        return Counter((viewer, window) for _, viewer, _, window in self.queues.sent)


def wanted(first: int, last: int) -> set[tuple[str, int]]:
    """Whom each window that became due between two moments is of."""
    return {
        (one, window)
        for one in VIEWERS
        for window in range(START - HOUR, last + 1, HOUR)
        if first < window + slot_of(one) * 60 <= last
    }


def test_killed_at_any_step_it_asks_for_everybody_all_the_same() -> None:
    step = 0
    while True:
        step += 1
        world = World()
        world.wake(0)
        world.steps.done, world.steps.dies_at = 0, step
        try:
            # It was away, so that there are many steps.
            world.wake(10 * 60)
        except Killed:
            world.steps.dies_at = -1
            world.wake(60)
        else:
            break
        assert set(world.asked) >= wanted(START, START + 11 * 60)
    assert step > 60


def test_whoever_is_killed_on_the_way_has_not_done_all_of_it_for_nothing() -> None:
    """Killed after each 40 steps it comes to its end, though all of it takes many more."""
    world = World()
    world.wake(0)
    world.time.advance(HOUR)
    runs = 0
    while not set(world.asked) >= wanted(START, START + HOUR):
        world.steps.done, world.steps.dies_at = 0, 40
        runs += 1
        assert runs < 60
        try:
            world.planner().run(50)
        except Killed:
            continue
    assert runs > 5


def test_of_two_at_once_neither_undoes_what_the_other_has_done() -> None:
    for seed in range(30):
        rng = random.Random(seed)  # noqa: S311 - not for secrets
        world = World()
        world.wake(0)
        for _ in range(30):
            world.time.advance(rng.choice([1, 60, 120]))
            other = world.planner()
            at = rng.randrange(1, 40)
            world.steps.done, world.steps.dies_at = 0, -1

            def meanwhile(at: int = at, other: Planner = other, world: World = world) -> None:
                world.steps.done += 1
                if world.steps.done == at:
                    other.run(50)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(world.steps, "step", meanwhile)
                world.planner().run(50)
        assert set(world.asked) >= wanted(START, int(world.time.time))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 59, 60, 61, 600, HOUR - 1]),
            st.sampled_from([0, 0, 0, -1, 30, -30, 90, -90, HOUR, -HOUR, 400 * DAY, -400 * DAY]),
            st.sampled_from(["", "", "", "killed", "cache lost"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 60),
)
def test_however_its_clock_jumps_everybody_is_asked_for_in_each_period(
    wakes: list[tuple[int, int, str]], step: int
) -> None:
    """`wakes` are seconds until it wakes, by how much its clock jumps, and what befalls it."""
    world = World()
    world.wake(0)
    true, jumped = float(START), 0
    asked_at = dict.fromkeys(VIEWERS, true)
    seen = 0
    for seconds, jump, befalls in [*wakes, *[(60, 0, "")] * 3]:
        true += seconds
        jumped += jump
        world.time.time = true + jumped
        if befalls == "cache lost":
            world.cache.places.clear()
        if befalls == "killed":
            world.steps.done, world.steps.dies_at = 0, step
        try:
            world.planner().run(50)
        except Killed:
            # Lambda tries once more.
            world.steps.dies_at = -1
            world.planner().run(50)
        world.steps.dies_at = -1
        for _, viewer, _, _ in world.queues.sent[seen:]:
            asked_at[viewer] = true
        seen = len(world.queues.sent)
        # While it jumps, a window may be twice as far from the one before it, and no further.
        assert min(asked_at.values()) > true - 2 * HOUR - 60


def test_a_cache_that_cannot_be_read_for_once_hides_nothing_that_is_due() -> None:
    world = World()
    world.wake(0)
    world.cache.readable = False
    world.wake(30 * 60)
    world.cache.readable = True
    world.wake(60)
    assert set(world.asked) >= wanted(START, START + 31 * 60)


@pytest.mark.parametrize("error", [RecordsUnavailable("down"), Misconfigured("no such queue")])
def test_a_job_that_cannot_be_planned_keeps_no_other_from_it(error: Exception) -> None:
    world = World()
    world.routines = [
        Routine("refresh-readings", "readings", Cycle(HOUR)),
        Routine("compute-features", "insights", Cycle(HOUR)),
    ]
    send_all = world.queues.send_all

    def refuses(job: str, work: Sequence[Due], window: int) -> None:
        if job == "refresh-readings":
            raise error
        send_all(job, work, window)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.queues, "send_all", refuses)
        with pytest.raises(type(error)):
            world.wake(0)
    assert {job for job, *_ in world.queues.sent} == {"compute-features"}
    assert {viewer for viewer, _ in world.asked} == set(VIEWERS)


def test_a_slot_that_time_runs_out_for_is_planned_anew_and_no_failure() -> None:
    world = World()
    world.wake(0)
    world.time.advance(2 * 60)
    send_all = world.queues.send_all

    def slowly(job: str, work: Sequence[Due], window: int) -> None:
        send_all(job, work, window)
        world.time.advance(30)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.queues, "send_all", slowly)
        # As many slots as have become due, each of one page or two: one has to stay for the next.
        assert not world.planner().run(50).whole
    assert world.planner().run(50).whole
    assert set(world.asked) >= wanted(START, int(world.time.time))
