"""Ten thousand connections, some rejected, failing or hanging: the others are read on time."""

import gc
import json
from collections import Counter
from itertools import pairwise
from typing import cast

import pytest

from holdings.core.clock import iso
from holdings.core.freshness import ready_for
from holdings.core.kept import Attempt, Kept
from holdings.core.record_ports import Readable
from holdings.core.schedule.slots import slot_of
from holdings.core.source import Reading, Source
from holdings.core.sources import reading_place
from tests.crowd import FALL, HOUR, MINUTE, PAGE, START, Crowd, Member, silence

HOURS = 4
OTHERS = ("fine", "failing", "falling", "hanging")
ON_TIME_SECONDS = 2 * MINUTE
AT_FIRST_SECONDS = 10 * MINUTE
POISON = ['{"v":1', '{"v":1,"viewer":"viewer-1","connection":"x","window":0}', "[]", ""]


def alive() -> int:
    """Return how many objects there are that a reading needs."""
    gc.collect()
    kinds = (Source, Kept, Attempt, Reading, Readable)
    return sum(type(one) in kinds for one in cast("list[object]", gc.get_objects()))


@pytest.fixture(scope="module")
def alive_before() -> int:
    """Those of other tests of this process."""
    return alive()


@pytest.fixture(
    scope="module",
    params=[1_000, pytest.param(10_000, marks=pytest.mark.slow)],
    ids=lambda count: f"{count} connections",
)
def crowd(request: pytest.FixtureRequest, alive_before: int) -> Crowd:  # noqa: ARG001 - comes first
    """Four hours of it, in the third of which the table fails for every twentieth viewer."""
    crowd = Crowd(request.param, rejected=0.01, failing=0.05, hanging=0.01)
    viewers = sorted(crowd.records.kept)
    with silence():
        for minute in range(HOURS * 60):
            if minute % 60 == 30:
                for body in POISON:
                    crowd.queue.put("refresh-readings", body)
            crowd.records.down = set(viewers[::20]) if 120 <= minute < 135 else set()
            crowd.minutes(1)
    assert len(crowd.queue.waiting) < request.param / 100
    return crowd


def of(crowd: Crowd, *manners: str) -> dict[str, Member]:
    return {name: one for name, one in crowd.members.items() if one.manner in manners}


def due_at(one: Member, hour: int) -> int:
    return START + hour * HOUR + slot_of(one.viewer) * MINUTE


def test_the_others_are_read_once_a_window_and_on_time(crowd: Crowd) -> None:
    bodies = [json.loads(body) for body in crowd.queue.late if body not in POISON]
    late = {(body["connection"], body["window"]) for body in bodies}
    viewers = set(sorted(crowd.records.kept)[::20])
    for name, one in of(crowd, "fine").items():
        read = {window: at for at, window in crowd.tried[name]}
        assert len(read) == len(crowd.tried[name])
        for hour in range(HOURS):
            due, window = due_at(one, hour), START + hour * HOUR
            # All have just been read for the window before the first, which nobody had planned.
            if due <= START + AT_FIRST_SECONDS or due > START + HOURS * HOUR - ON_TIME_SECONDS:
                continue
            if (one.id, window) in late:
                continue  # The queue itself kept it until a later one was there.
            patience = 30 * MINUTE if one.viewer in viewers else ON_TIME_SECONDS
            assert due <= read[window] <= due + patience


def test_no_key_is_tried_again_after_its_rejection(crowd: Crowd) -> None:
    rejected = of(crowd, "rejected")
    assert Counter(len(crowd.tried[name]) for name in rejected) == {1: len(rejected)}
    assert {crowd.status(one) for one in rejected.values()} == {"rejected"}
    assert {crowd.status(one) for one in of(crowd, *OTHERS).values()} == {"active"}


def test_who_fails_is_asked_less_and_less(crowd: Crowd) -> None:
    for name, one in of(crowd, "failing", "hanging", "falling").items():
        tried = crowd.tried[name]
        if one.manner == "falling":
            assert crowd.records.refresh.last[one.viewer, one.id].failures
            tried = [one for one in tried if one.at >= FALL]
        assert 1 <= len(tried) <= HOURS
        gaps = [after.at - before.at for before, after in pairwise(tried)]
        assert all(gap >= HOUR / 2 for gap in gaps)
        assert all(gap > HOUR for gap in gaps[1:])


def test_no_viewer_waits_for_another(crowd: Crowd) -> None:
    """Each that hung was let go only when all others of its batch had come to their ends."""
    assert crowd.outcomes["exchange_timeout"] >= 2 * len(of(crowd, "hanging"))
    assert crowd.waited_for == []


def test_everybody_s_figures_are_their_own(crowd: Crowd) -> None:
    ready = 0
    for one in of(crowd, "fine").values():
        kept = crowd.cache(reading_place(one.id)).entry
        assert kept
        (holding,) = json.loads(kept.payload)["holdings"]
        assert (holding["account_id"], holding["balance"]) == (f"account-{one.number}", one.balance)
        mine = crowd.of_viewer(one.viewer)
        answer = crowd.cache(f"answer#{one.viewer}").entry
        if any(other.manner != "fine" for other in mine):
            # What hides a failure is not ready.
            assert answer is None or not answer.payload
            continue
        assert answer
        shown = json.loads(answer.payload)
        assert {own["balance"] for own in shown["holdings"]} == {other.balance for other in mine}
        assert {own["connection_id"] for own in shown["sources"]} == {other.id for other in mine}
        assert shown["stale"] is False
        readings = {of.id: crowd.cache(reading_place(of.id)).entry for of in mine}
        read_at = {of: entry.as_of for of, entry in readings.items() if entry}
        # No answer is made ready of one whose messages the queue has kept for two windows.
        if max(read_at.values()) - min(read_at.values()) < ready_for(HOUR):
            assert {own["connection_id"]: own["as_of"] for own in shown["sources"]} == {
                of: iso(at) for of, at in read_at.items()
            }
        ready += answer.expires_at > crowd.time.read()
    assert ready >= 0.9 * len(of(crowd, "fine"))


def test_nothing_of_those_without_a_reading_is_kept(crowd: Crowd) -> None:
    for one in of(crowd, "rejected", "failing", "hanging").values():
        assert crowd.cache(reading_place(one.id)).entry is None


def test_each_reading_asks_for_its_alerts(crowd: Crowd) -> None:
    asked = {
        (body["viewer"], body["window"])
        for job, body in crowd.queue.of_other_jobs
        if job == "evaluate-alerts"
    }
    for (viewer, one), last in crowd.records.refresh.last.items():
        assert one in crowd.kept_of(viewer)
        assert (viewer, last.window) in asked


def test_poison_is_dropped_at_once_and_nothing_ends_among_the_dead(crowd: Crowd) -> None:
    assert crowd.queue.dead == []
    assert not [sent for _, sent in crowd.queue.invisible if sent.received and sent.body in POISON]
    assert crowd.outcomes["raised"] > 0
    assert set(crowd.outcomes) == {
        *("done", "done_before", "rejected", "backing_off", "raised"),
        *("exchange_credentials_rejected", "exchange_unavailable", "exchange_timeout"),
    } - ({"rejected"} - set(crowd.outcomes))


def test_memory_is_bounded_however_many_there_are(crowd: Crowd, alive_before: int) -> None:
    assert crowd.largest_page <= PAGE
    assert alive() - alive_before < 500


@pytest.mark.parametrize("manner", ["fine", "rejected", "failing"])
def test_copies_of_a_message_side_by_side_do_what_one_does(manner: str) -> None:
    shares = {of: float(of == manner) for of in ("rejected", "failing")}
    crowd = Crowd(10, rejected=shares["rejected"], failing=shares["failing"], unkind=False)
    one = next(one for one in crowd.members.values() if one.manner == manner)
    name = f"key {one.number}"
    body = {"v": 1, "viewer": one.viewer, "connection": one.id, "window": START}
    record = {"body": json.dumps(body)}
    with silence():
        failed, _ = crowd.handle([{**record, "messageId": f"m{copy}"} for copy in range(10)])
    assert failed == set()
    last = crowd.records.refresh.last[one.viewer, one.id]
    assert (last.window, last.failures) == (START, 0 if manner == "fine" else 1)
    assert crowd.status(one) == ("rejected" if manner == "rejected" else "active")
    assert {body["window"] for _, body in crowd.queue.of_other_jobs} == {START}
    assert (crowd.shown(one.viewer).headers.get("X-Cache") == "HIT") is (manner == "fine")
    tried = len(crowd.tried[name])
    with silence():
        failed, _ = crowd.handle([{**record, "messageId": "late"}])
    assert (failed, len(crowd.tried[name])) == (set(), tried)
