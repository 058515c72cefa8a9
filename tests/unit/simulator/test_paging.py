from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator import Simulator
from local.simulator.coinbase_exchange.answers import cursor, page, position
from local.simulator.server import Refused
from tests.unit.simulator.client import Client, Reply


def followed(client: Client, query: str = "?", by: str = "after") -> list[Reply]:
    replies = [client.accounts(query.rstrip("?"))]
    while (more := replies[-1].headers.get(f"CB-{by.upper()}")) is not None:
        replies.append(client.accounts(f"{query}&{by}={more}"))
    return replies


def test_all_accounts_come_on_one_page_unless_asked_otherwise(client: Client) -> None:
    reply = client.accounts()
    assert len(reply.rows) == 204
    assert not {"CB-AFTER", "CB-BEFORE"} & set(reply.headers)


def test_following_cb_after_gives_every_account_once_in_order(client: Client) -> None:
    replies = followed(client, "?limit=50")
    assert [len(reply.rows) for reply in replies] == [50, 50, 50, 50, 4]
    assert [row for reply in replies for row in reply.rows] == client.accounts().rows


def test_following_cb_before_leads_back_to_the_start(client: Client) -> None:
    forth = followed(client, "?limit=60")
    back = [client.accounts(f"?limit=60&before={forth[-1].headers['CB-BEFORE']}")]
    while (more := back[-1].headers.get("CB-BEFORE")) is not None:
        back.append(client.accounts(f"?limit=60&before={more}"))
    assert [reply.rows for reply in reversed(back)] == [reply.rows for reply in forth[:-1]]


def test_a_page_size_makes_pages_for_a_client_that_sends_no_limit(
    client: Client, simulator: Simulator
) -> None:
    simulator.exchange.page_size = 100
    assert [len(reply.rows) for reply in followed(client)] == [100, 100, 4]


def test_a_cursor_past_the_end_gives_an_empty_page() -> None:
    answer = page([1, 2], {"after": cursor(9)}, None)
    assert (answer.data, answer.headers.get("CB-AFTER")) == (b"[]", None)


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "1e2", "", "\u0665"])
def test_a_bad_limit_is_refused(limit: str) -> None:
    with pytest.raises(Refused, match="limit must be a number from 1 to 1000"):
        page([], {"limit": limit}, None)


@pytest.mark.parametrize("bad", ["", "1", "%%%", "AAAA", "\xe9", "cGFnZTot"])
def test_a_bad_cursor_is_refused(client: Client, bad: str) -> None:
    with pytest.raises(Refused, match="invalid cursor"):
        position(bad)
    assert client.accounts("?after=nonsense!").refusal == (400, "invalid cursor")


def test_before_and_after_exclude_each_other(client: Client) -> None:
    reply = client.accounts(f"?after={cursor(1)}&before={cursor(2)}")
    assert reply.refusal == (400, "only one of before and after may be used")


@given(place=st.integers(0, 10**12 - 1))
def test_a_cursor_leads_to_its_place(place: int) -> None:
    assert position(cursor(place)) == place
