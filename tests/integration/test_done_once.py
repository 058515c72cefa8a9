"""Work that is done once, on a table of moto's."""

import threading
from typing import Any

import boto3
import pytest

from holdings.core.errors import RecordsUnavailable
from holdings.jobs.batch import Message
from holdings.jobs.once import once
from tests.builders import Killed
from tests.integration.conftest import TABLE


class Context:
    function_name = "holdings-dev-compute-features"
    aws_request_id = "r"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def items() -> Any:
    return boto3.resource("dynamodb").Table(TABLE)


def asked(viewer: str = "ann", window: int = 86_400) -> Message:
    return Message(viewer, "", window, 30)


def test_a_second_copy_finds_what_came_of_the_first(items: Any) -> None:
    done: list[Message] = []

    def run(message: Message) -> str:
        done.append(message)
        return f"did {len(done)}"

    work = once("compute-features", TABLE, Context(), run)
    assert [work(asked()), work(asked()), work(asked(window=0)), work(asked("bob"))] == [
        "did 1",
        "did 1",
        "did 2",
        "did 3",
    ]
    assert once("assign-persona", TABLE, Context(), run)(asked()) == "did 4"
    kept = items.scan()["Items"]
    assert len(kept) == 4
    assert all(item["pk"].startswith("job#") and "ann" not in item["pk"] for item in kept)
    assert all(item["ttl"] > 0 for item in kept)


def test_what_failed_is_done_by_the_next() -> None:
    errors: list[Exception] = [RecordsUnavailable("down"), KeyError("bug")]

    def run(_: Message) -> str:
        if errors:
            raise errors.pop(0)
        return "done"

    work = once("compute-features", TABLE, Context(), run)
    with pytest.raises(RecordsUnavailable):
        work(asked())
    with pytest.raises(KeyError):
        work(asked())
    assert work(asked()) == "done"


def test_a_copy_that_comes_meanwhile_is_to_come_again() -> None:
    began, goes_on = threading.Event(), threading.Event()

    def run(_: Message) -> str:
        began.set()
        assert goes_on.wait(20)
        return "done"

    work = once("compute-features", TABLE, Context(), run)
    first: list[str] = []
    thread = threading.Thread(target=lambda: first.append(work(asked())))
    thread.start()
    assert began.wait(20)
    with pytest.raises(RecordsUnavailable, match="being worked on"):
        work(asked())
    goes_on.set()
    thread.join()
    assert (first, work(asked())) == (["done"], "done")


def test_whoever_died_at_it_is_waited_for_until_their_time_is_over() -> None:
    def dies(_: Message) -> str:
        raise Killed

    class Soon(Context):
        def get_remaining_time_in_millis(self) -> int:
            return 50

    with pytest.raises(Killed):
        once("forget", TABLE, Soon(), dies)(asked())
    threading.Event().wait(0.1)
    assert once("forget", TABLE, Context(), lambda _: "done")(asked()) == "done"


def test_without_the_table_it_is_to_come_again() -> None:
    with pytest.raises(RecordsUnavailable):
        once("forget", "holdings-none", Context(), lambda _: "done")(asked())
