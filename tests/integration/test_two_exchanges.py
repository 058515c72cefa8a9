"""Both kinds of exchange read by their keys, from the simulators: whole, or a coded error."""

import logging
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

import pytest

from holdings.adapters import tls
from holdings.adapters.exchanges import kinds
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Credential, Probe
from holdings.core.errors import ExchangeError, ExchangeTimeout
from holdings.core.once import once
from holdings.core.ports import ProbedExchange
from local.simulator import AdvancedSimulator, CdpKey, Credentials, Fault, Injection, Simulator
from local.simulator.kept import Certificate, kept_certificate
from tests.builders import FakeClock, make_settings
from tests.integration.test_faults import CODES as EXCHANGE_CODES

# Those of both: Advanced Trade has no passphrase, and says nothing of a clock that is wrong.
CODES = {
    fault: code
    for fault, code in EXCHANGE_CODES.items()
    if fault not in (Fault.INVALID_PASSPHRASE, Fault.TIMESTAMP_EXPIRED)
}


@dataclass
class World:
    """Both exchanges with two keys each, and the clock of whoever reads them."""

    exchange: Simulator
    advanced: AdvancedSimulator
    trusted: Callable[[], ssl.SSLContext]
    time: FakeClock
    asked: list[bool] = field(default_factory=list[bool])

    def simulator(self, name: str) -> Any:
        return {"coinbase_exchange": self.exchange, "coinbase_advanced": self.advanced}[name]

    def key(self, name: str, number: int = 0) -> Credential:
        """The key of a holder, parsed as a connection would have it."""
        holder = self.simulator(name).exchange.holders[number]
        return self.kinds()[name].parse(holder.key.credential())

    def kinds(self, clock: Clock | None = None) -> Any:
        settings = make_settings(CB_BASE_URL=self.exchange.url, CB_ADVANCED_URL=self.advanced.url)
        return kinds(settings, clock=clock or self.time.clock, trusted=self.trusted)

    def open(self, name: str, credential: Credential, *anew: Credential) -> ProbedExchange:
        """The account of a credential; one that is read anew is the next of `anew`, if any."""
        kept = [credential, *anew]

        def read(again: bool) -> Credential:
            self.asked.append(again)
            if again and len(kept) > 1:
                kept.pop(0)
            return kept[0]

        return self.kinds()[name].open(read)

    def opened(self, name: str, number: int = 0) -> ProbedExchange:
        return self.open(name, self.key(name, number))

    def soon(self) -> Deadline:
        return Deadline.after(10, self.time.clock)

    def requests(self, name: str, path: str = "/accounts") -> int:
        return self.simulator(name).exchange.counts().get(f"GET {path}", 0)


@pytest.fixture(autouse=True)
def no_bundle_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return kept_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def world(certificate: Certificate, time: FakeClock) -> Iterator[World]:
    def now() -> float:
        return time.time

    trusted = once(lambda: tls.context(str(certificate.authority)))
    with (
        Simulator(now=now, others=[Credentials.random()]) as exchange,
        AdvancedSimulator(certificate, now=now) as advanced,
    ):
        yield World(exchange, advanced, trusted, time)


EXCHANGES = ("coinbase_exchange", "coinbase_advanced")


@pytest.mark.parametrize("name", EXCHANGES)
@pytest.mark.parametrize("number", [0, 1])
def test_a_probe_names_the_account_and_what_the_exchange_says_of_rights(
    world: World, name: str, number: int
) -> None:
    holder = world.simulator(name).exchange.holders[number]
    rights = ("view",) if name == "coinbase_advanced" else None
    assert world.opened(name, number).probe(world.soon()) == Probe(holder.profile_id, rights)


def test_more_rights_than_reading_are_seen(world: World) -> None:
    world.advanced.exchange.first.may = {"view", "trade", "transfer"}
    probe = world.opened("coinbase_advanced").probe(world.soon())
    assert probe.rights == ("view", "trade", "transfer")


@pytest.mark.parametrize("name", EXCHANGES)
def test_each_key_reads_its_own_accounts_and_nobody_else_s(world: World, name: str) -> None:
    first, second = (world.opened(name, number).accounts(world.soon()) for number in (0, 1))
    assert len(first) > 150
    assert not {account.id for account in first} & {account.id for account in second}


def test_all_pages_of_advanced_trade_are_read_and_each_balance_is_the_sum(world: World) -> None:
    world.advanced.exchange.page_size = 40
    accounts = world.opened("coinbase_advanced").accounts(world.soon())
    rows = cast("list[dict[str, Any]]", world.advanced.exchange.rows())
    assert [account.id for account in accounts] == [row["uuid"] for row in rows]
    assert world.requests("coinbase_advanced") == -(-len(rows) // 40)
    held = {account.id: account for account in accounts if account.balance}
    assert [
        (row["currency"], str(held[row["uuid"]].balance))
        for row in sorted(rows, key=lambda row: (row["currency"], row["type"]))
        if row["uuid"] in held
    ] == [
        ("BTC", "0.133456789012"),
        ("BTC", "0.25"),
        ("DOGE", "4200"),
        ("ETH", "2.0000000000000001"),
        ("USD", "543.17"),
        ("USDC", "100"),
        ("XLM", "9E-16"),
    ]
    on_hold = {account.currency: account.hold for account in accounts if account.hold}
    assert on_hold == {"BTC": Decimal("0.01"), "DOGE": Decimal(4200), "USD": Decimal(20)}


@pytest.mark.parametrize("fault", CODES)
@pytest.mark.parametrize("name", EXCHANGES)
def test_a_fault_is_its_code_in_the_exchange_s_name_and_only_for_the_key_it_is_for(
    world: World, name: str, fault: Fault
) -> None:
    struck = world.simulator(name).exchange.first.key.name
    world.simulator(name).exchange.faults.set(Injection(fault, key=struck))
    with pytest.raises(ExchangeError) as raised:
        world.opened(name).accounts(world.soon())
    assert raised.value.code == CODES[fault]
    if fault is not Fault.FORBIDDEN:
        title = {"coinbase_exchange": "Exchange", "coinbase_advanced": "Advanced Trade"}[name]
        assert f"Coinbase {title}" in raised.value.detail
    world.simulator(name).exchange.rate_limits.refill()
    assert world.opened(name, 1).accounts(world.soon())


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_probe_fails_as_a_reading_does(world: World, name: str) -> None:
    path = {"coinbase_exchange": "/accounts", "coinbase_advanced": "/key_permissions"}[name]
    for fault, code in CODES.items():
        if fault in (Fault.MISSING_BALANCE, Fault.NAN_BALANCE, Fault.REPEAT_PAGE):
            continue  # of accounts, where a probe may not look
        if fault is Fault.ENDLESS_PAGES:
            continue
        world.simulator(name).exchange.faults.set(Injection(fault, path=path))
        with pytest.raises(ExchangeError) as raised:
            world.opened(name).probe(world.soon())
        assert raised.value.code == code, fault
        world.simulator(name).exchange.faults.clear()


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_valid_signature_that_is_refused_once_is_tried_once_more(world: World, name: str) -> None:
    world.simulator(name).exchange.faults.set(Injection(Fault.INVALID_SIGNATURE, times=1, after=1))
    world.simulator(name).exchange.page_size = 100
    assert world.opened(name).accounts(world.soon())
    assert world.asked == [False, True]


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_rejected_key_is_read_anew_once_and_never_in_a_loop(world: World, name: str) -> None:
    old = world.key(name)
    exchange = world.simulator(name).exchange
    exchange.rotate(CdpKey.random() if name == "coinbase_advanced" else Credentials.random())
    with pytest.raises(ExchangeError) as raised:
        world.open(name, old).accounts(world.soon())
    assert raised.value.code == "exchange_credentials_rejected"
    assert world.asked == [False, True]
    assert world.requests(name) == 2
    assert world.open(name, old, world.key(name)).accounts(world.soon())


@pytest.mark.parametrize("offset", [-3_600, -70, 70, 3_600])
@pytest.mark.parametrize("name", EXCHANGES)
def test_a_wrong_clock_is_corrected_once_and_kept(world: World, name: str, offset: float) -> None:
    world.simulator(name).exchange.clock_offset = offset
    opened = world.opened(name)
    assert opened.accounts(world.soon())
    times = world.requests(name, "/time")
    # A token from 70 s ago still counts.
    assert times == (0 if (name, offset) == ("coinbase_advanced", 70) else 1)
    assert opened.accounts(world.soon())
    assert world.requests(name, "/time") == times
    assert world.asked == [False] * len(world.asked)


@pytest.mark.parametrize("name", EXCHANGES)
def test_what_one_key_has_found_of_the_clock_the_others_know(world: World, name: str) -> None:
    world.simulator(name).exchange.clock_offset = 3_600
    kind = world.kinds()[name]
    for number in (0, 1, 0):
        key = world.key(name, number)
        assert kind.open({False: key, True: key}.__getitem__).accounts(world.soon())
    assert world.requests(name, "/time") == 1
    assert world.requests(name) == 4


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_silent_exchange_is_left_at_the_deadline(world: World, name: str) -> None:
    world.simulator(name).exchange.faults.set(Injection(Fault.HANG))
    key = world.key(name)

    def read(_anew: bool) -> Credential:
        return key

    opened = world.kinds(Clock())[name].open(read)
    with pytest.raises(ExchangeTimeout):
        opened.accounts(Deadline.after(0.5, Clock()))


@pytest.mark.parametrize("fault", [*CODES, None])
@pytest.mark.parametrize("name", EXCHANGES)
def test_no_line_of_a_log_holds_a_key(
    world: World, name: str, fault: Fault | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    if fault:
        world.simulator(name).exchange.faults.set(Injection(fault))
    key = world.key(name)
    try:
        world.open(name, key).accounts(world.soon())
    except ExchangeError as error:
        caplog.handler.handle(logging.makeLogRecord({"msg": error.detail}))
    secrets = [text for text in world.kinds()[name].secrets(key) if text != key.get("name")]
    assert [text for text in (*secrets, "eyJ") if text in caplog.text] == []


def test_a_server_that_is_not_trusted_is_not_told_anything(world: World) -> None:
    distrusting = replace(world, trusted=tls.context)
    with pytest.raises(ExchangeError) as raised:
        distrusting.opened("coinbase_advanced").accounts(world.soon())
    assert raised.value.code == "exchange_unavailable"
    assert world.requests("coinbase_advanced") == 0


def test_the_operator_s_own_bundle_is_trusted(
    world: World, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.trusted))
    assert replace(world, trusted=tls.context).opened("coinbase_advanced").accounts(world.soon())
