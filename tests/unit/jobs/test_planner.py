"""The planner against an index and queues in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from holdings.core.clock import Deadline
from holdings.core.errors import InvalidRequest, RecordsUnavailable
from holdings.core.schedule.planner import Planner, Routine
from holdings.core.schedule.slots import Cycle, Due, slot_name, slot_of
from holdings.jobs.plan import handle
from tests.builders import FakeCache, FakeClock, FakeQueues

HOUR = 3_600
START = 1_800_000_000 // HOUR * HOUR


@dataclass
class Index:
    """Viewers with a connection each, in pages of two. The slot `fails_at` cannot be read."""

    viewers: Sequence[str]
    clock: FakeClock
    fails_at: str = ""
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list[str])

    def due(self, slot: str, deadline: Deadline) -> Iterator[Sequence[Due]]:
        self.asked.append(slot)
        self.clock.advance(self.seconds)
        if slot == self.fails_at:
            raise RecordsUnavailable("the index does not answer")
        kind, _, number = slot.partition("#")
        mine = [one for one in self.viewers if slot_of(one) == int(number)]
        work = [Due(one, "c" * 32 if kind == "readings" else "") for one in mine]
        yield from (work[start : start + 2] for start in range(0, len(work), 2))


class World:
    def __init__(self, viewers: int = 200, period: int = HOUR) -> None:
        self.time = FakeClock(START)
        self.viewers = [f"viewer-{number}" for number in range(viewers)]
        self.index, self.queues, self.cache = (
            Index(self.viewers, self.time),
            FakeQueues(),
            FakeCache(),
        )
        self.planner = Planner(
            routines=[Routine("refresh-readings", "readings", Cycle(period))],
            index=self.index,
            queues=self.queues,
            cache=self.cache,
            clock=self.time.clock,
        )

    def hour(self, minutes: int = 60) -> None:
        for _ in range(minutes):
            self.time.advance(60)
            self.planner.run(50)

    @property
    def sent(self) -> list[tuple[str, int | None]]:
        return [(viewer, window) for _, viewer, _, window in self.queues.sent]


def test_every_viewer_is_asked_for_once_an_hour() -> None:
    world = World()
    world.planner.run(50)
    world.queues.sent.clear()
    world.hour(180)
    wanted = sorted((one, START + hour * HOUR) for hour in range(4) for one in world.viewers)
    late = {(one, START) for one in world.viewers if slot_of(one) == 0}
    early = {(one, START + 3 * HOUR) for one in world.viewers if slot_of(one) != 0}
    assert sorted(world.sent) == sorted(set(wanted) - late - early)


def test_a_planner_that_was_away_does_the_last_window_of_each() -> None:
    world = World()
    world.planner.run(50)
    world.queues.sent.clear()
    world.time.advance(5 * HOUR)
    world.planner.run(50)
    assert sorted(one for one, _ in world.sent) == sorted(world.viewers)


def test_what_fails_on_the_way_is_planned_again_and_nothing_before_it() -> None:
    world = World()
    world.planner.run(50)
    world.queues.sent.clear()
    world.index.fails_at = slot_name("readings", 3)
    world.time.advance(300)
    with pytest.raises(RecordsUnavailable):
        world.planner.run(50)
    first = sorted(world.sent)
    assert {slot_of(one) for one, _ in first} == {1, 2}
    world.index.fails_at = ""
    world.planner.run(50)
    assert {slot_of(one) for one, _ in world.sent} == {1, 2, 3, 4, 5}
    assert len(world.sent) == len(set(world.sent))


def test_what_there_is_no_time_for_is_due_the_next_time() -> None:
    world = World()
    world.planner.run(50)
    world.queues.sent.clear()
    world.index.seconds = 20
    world.time.advance(3 * HOUR)
    planned = world.planner.run(50)
    assert not planned.whole
    for _ in range(30):
        world.planner.run(50)
    assert sorted({one for one, _ in world.sent}) == sorted(world.viewers)


def test_a_queue_that_does_not_answer_loses_nothing() -> None:
    world = World()
    world.planner.run(50)
    world.queues.sent.clear()
    world.queues.error = RecordsUnavailable("down")
    world.time.advance(600)
    with pytest.raises(RecordsUnavailable):
        world.planner.run(50)
    world.queues.error = None
    world.planner.run(50)
    due = [one for one in world.viewers if 1 <= slot_of(one) <= 10]
    assert sorted({one for one, _ in world.sent}) == sorted(due)


def test_without_its_place_it_plans_the_last_two_minutes_again() -> None:
    world = World()
    world.hour(10)
    known = len(set(world.sent))
    world.cache.readable = world.cache.writable = False
    world.time.advance(60)
    world.planner.run(50)
    world.planner.run(50)
    assert len(set(world.sent)) > known
    assert {window for _, window in world.sent} <= {START, START - HOUR}


def test_by_hand_everybody_is_asked_for_now_each_viewer_once() -> None:
    world = World()
    planned = world.planner.ask("evaluate-alerts", 50)
    assert planned.sent == {"evaluate-alerts": len(world.viewers)}
    assert sorted(one for one, _ in world.sent) == sorted(world.viewers)
    assert {connection for _, _, connection, _ in world.queues.sent} == {""}
    with pytest.raises(InvalidRequest, match="compute-features"):
        world.planner.ask("forget", 50)


@pytest.mark.parametrize(
    "event", [None, [], "job", {"job": 1}, {"job": "x", "more": 1}, {"jobs": "refresh-readings"}]
)
def test_an_event_that_is_none_of_ours_is_refused(
    event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    world = World()
    with pytest.raises(InvalidRequest):
        handle(event, None, world.planner)
    assert world.sent == []
    ends = caplog.records[-1].__dict__
    assert (ends["event"], ends["outcome"]) == ("job_end", "failed")


def test_its_answer_and_its_log_say_how_much_was_due(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    world = World()
    world.planner.run(50)
    world.time.advance(60)
    answer = handle({}, None, world.planner)
    count = sum(slot_of(one) == 1 for one in world.viewers)
    assert answer == {"sent": {"refresh-readings": count}, "whole": True}
    ends = caplog.records[-1].__dict__
    assert (ends["event"], ends["due"], ends["outcome"]) == ("job_end", count, "done")
