"""A wrong answer is found out, whichever way it is wrong."""

import json
from typing import Any

import pytest

from bench.expected import WrongAnswer, check
from holdings.adapters.coinbase.replies import parse_accounts
from holdings.api.schemas import SnapshotDocument
from holdings.core.portfolio import build_portfolio
from holdings.core.snapshot import Snapshot
from local.simulator.book import seeded_accounts


def right() -> dict[str, Any]:
    portfolio = build_portfolio(parse_accounts(seeded_accounts()))
    body = SnapshotDocument().encode(Snapshot(as_of=0, expires_at=180, portfolio=portfolio))
    return {"statusCode": 200, "headers": {"X-Cache": "HIT"}, "body": body}


def test_the_document_of_the_app_is_the_right_one() -> None:
    check(right(), "hit")


def test_a_miss_is_not_a_hit() -> None:
    with pytest.raises(WrongAnswer, match="not the right miss"):
        check(right(), "miss")


def test_an_error_is_told_with_its_body() -> None:
    with pytest.raises(WrongAnswer, match="answered 500"):
        check({"statusCode": 500, "headers": {}, "body": '"oops"'}, "hit")


@pytest.mark.parametrize("field", ["holdings", "hidden", "account_count", "stale"])
def test_a_document_that_differs_anywhere_is_wrong(field: str) -> None:
    response = right()
    response["body"] = json.dumps({**json.loads(response["body"]), field: None})
    with pytest.raises(WrongAnswer, match="not the right hit"):
        check(response, "hit")
