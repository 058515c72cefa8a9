"""Both gateways' events ask the same, and a wrong answer is found out, whichever way it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.invocation import WrongAnswer, check, environment, http_api, rest_api
from holdings.adapters.coinbase_exchange.replies import parse_page
from holdings.core.portfolio import build_portfolio
from holdings.core.prices import Prices
from holdings.core.snapshot import SourceView, compose, parse_part
from holdings.core.valuation import Valuation
from local.simulator.book import seeded_accounts
from tests.builders import make_connection, make_reply


def right() -> dict[str, Any]:
    portfolio = build_portfolio(parse_page(make_reply(body=seeded_accounts()))[0])
    part = parse_part(portfolio.part("shared"))
    source = SourceView(make_connection("shared", label="Shared"), "", part, 0, 180)
    valued = Valuation(Prices(quotes={}), "USD").document
    body = compose([source], [], valued, as_of=0, expires_at=180)
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


def test_both_events_ask_for_the_same_path_as_the_same_person() -> None:
    http, rest = http_api("/holdings"), rest_api("/holdings")
    assert http["rawPath"] == rest["path"] == "/holdings"
    assert http["headers"] == rest["headers"]
    assert rest["multiValueHeaders"]["accept"] == [http["headers"]["accept"]]
    claims = rest["requestContext"]["authorizer"]["claims"]
    assert http["requestContext"]["authorizer"]["jwt"]["claims"] == claims
    assert claims["sub"]
    assert "{" not in json.dumps([http, rest]).replace('{"', "").replace("{}", "")


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_childs_environment_is_of_text_and_has_what_it_is_told(
    snapshot: bool, tmp_path: Path
) -> None:
    given = environment(
        tmp_path, "/task", table="t", url="https://u", bundle=tmp_path / "ca", snapshot=snapshot
    )
    assert {type(value) for value in given.values()} == {str}
    assert (given["DDB_TABLE"], given["AWS_ENDPOINT_URL"]) == ("t", "https://u")
    assert (given["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start") == snapshot
