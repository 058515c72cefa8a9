from __future__ import annotations

import pytest

from local.simulator.coinbase_exchange.app import ACCOUNTS, PRIVATE, PUBLIC
from local.simulator.exchange import Limit, RateLimits
from local.simulator.server import Refused
from tests.unit.simulator.client import Client, Clock

LIMITS = [PUBLIC, PRIVATE, ACCOUNTS]


def taken(limits: RateLimits, limit: Limit, attempts: int = 100, caller: str = "me") -> int:
    """How many of so many attempts at once are let through."""
    passed = 0
    for _ in range(attempts):
        try:
            limits.take(limit, caller)
        except Refused:
            continue
        passed += 1
    return passed


@pytest.mark.parametrize(("limit", "burst"), [(PUBLIC, 15), (PRIVATE, 30), (ACCOUNTS, 50)])
def test_a_burst_is_let_through_and_no_more(limit: Limit, burst: int) -> None:
    assert taken(RateLimits(Clock()), limit) == burst


@pytest.mark.parametrize(("limit", "rate"), [(PUBLIC, 10), (PRIVATE, 15), (ACCOUNTS, 25)])
def test_the_bucket_fills_by_the_documented_rate(limit: Limit, rate: int) -> None:
    clock = Clock()
    limits = RateLimits(clock)
    taken(limits, limit)
    clock.now += 1
    assert taken(limits, limit) == rate


@pytest.mark.parametrize("limit", LIMITS)
def test_the_bucket_never_holds_more_than_the_burst(limit: Limit) -> None:
    clock = Clock()
    limits = RateLimits(clock)
    taken(limits, limit, attempts=1)
    clock.now += 3600
    assert taken(limits, limit) == limit.burst


def test_a_rejected_request_costs_no_token() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    taken(limits, PUBLIC, attempts=1000)
    clock.now += 0.125
    assert taken(limits, PUBLIC) == 1


def test_a_clock_set_back_takes_nothing_away() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    taken(limits, PUBLIC, attempts=1)
    clock.now -= 3600
    assert taken(limits, PUBLIC) == 14


def test_callers_do_not_share_a_bucket() -> None:
    limits = RateLimits(Clock())
    assert taken(limits, PUBLIC, caller="a") == taken(limits, PUBLIC, caller="b") == 15


def test_accounts_are_limited_apart_from_other_private_endpoints(client: Client) -> None:
    replies = [client.accounts("?limit=1") for _ in range(51)]
    assert [reply.status for reply in replies] == [200] * 50 + [429]
    assert replies[-1].refusal == (429, "Private rate limit exceeded")
    assert "Retry-After" not in replies[-1].headers
    assert client.signed("GET", "/fees").status == 200


def test_public_endpoints_are_limited_by_address(client: Client, clock: Clock) -> None:
    replies = [client.send("GET", "/time") for _ in range(16)]
    assert [reply.status for reply in replies] == [200] * 15 + [429]
    assert replies[-1].refusal == (429, "Public rate limit exceeded")
    clock.now += 0.125
    assert client.send("GET", "/time").status == 200


def test_a_refused_signature_costs_no_token(client: Client) -> None:
    for _ in range(60):
        assert client.signed("GET", "/accounts", sign="AAAA").status == 401
    assert client.accounts("?limit=1").status == 200
