"""Nothing that a stranger sends makes the handlers crash, or answer that it is our fault."""

from pathlib import Path
from typing import Any

import pytest

from chaos.fuzz import run
from chaos.fuzz.judge import Case, Judge, Wrong
from chaos.fuzz.messages import PLAN, QUEUES
from chaos.fuzz.targets import Targets
from tests.builders import make_v2_event

CASES = 1_500
# Other cases than `make chaos` sends: a run of tests adds to it.
SEED = 1


def test_no_case_is_an_internal_error() -> None:
    fuzzed = run.run(CASES, SEED)
    assert fuzzed.found == []
    assert fuzzed.events.keys() == {"http", PLAN, *QUEUES}
    # Most have to get past the door, or little behind it has been tried.
    assert fuzzed.outcomes["http: 200"] > CASES / 8
    assert fuzzed.outcomes["job: done or dropped"] > CASES / 10


def test_what_went_wrong_once_does_not_again() -> None:
    cases = run.kept()
    with Judge() as judge:
        for case in cases:
            judge.judge(Targets(), case)
    assert judge.outcomes.total() == len(cases)


def test_a_case_is_the_same_each_time() -> None:
    assert [run.case(7, number) for number in range(50)] == [
        run.case(7, number) for number in range(50)
    ]


def broken(answer: Any) -> Targets:
    """Handlers that all answer with `answer`, or raise it."""

    def handler(*_: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    targets = Targets()
    targets.http = handler
    targets.jobs = dict.fromkeys(targets.jobs, handler)
    return targets


def answer(status: int, body: str = "", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return {"statusCode": status, "headers": {"X-Request-Id": "r", **named}, "body": body}


PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("case", "given"),
    [
        (Case("http", make_v2_event()), KeyError("x")),
        (Case("http", make_v2_event()), answer(500, '{"code": "internal_error"}')),
        (Case("http", make_v2_event()), answer(404, "<html>", Content_Type="text/html")),
        (Case("http", make_v2_event()), answer(404, '{"code": "x"}', Content_Type=PROBLEM)),
        (Case("http", make_v2_event()), answer(200, X_Request_Id="")),
        (Case("http", make_v2_event()), answer(200, Location="a\r\nb: c")),
        (Case("forget", {"Records": []}), KeyError("x")),
        (Case("forget", {"Records": []}), ValueError("not what is documented")),
        (Case("forget", {"Records": []}), {"batchItemFailures": [{"itemIdentifier": "x"}]}),
        (Case(PLAN, {}), ValueError("no event of SQS")),
        (Case(PLAN, {}), {"sent": {}}),
    ],
)
def test_a_wrong_answer_is_found_out(case: Case, given: Any) -> None:
    with Judge() as judge, pytest.raises(Wrong):
        judge.judge(broken(given), case)


def test_what_is_found_is_kept_to_be_sent_again(tmp_path: Path) -> None:
    found = run.Found(3, Case("plan", {"job": "x"}), "raised KeyError")
    run.keep([found], tmp_path)
    assert run.kept(tmp_path) == [found.case]
