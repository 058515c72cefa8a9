"""The shared connection and one of a viewer's own at each exchange: one fails, two stay fresh."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from holdings import create_app
from holdings.adapters import tls
from holdings.adapters.exchanges import kinds
from holdings.api.identity import REQUEST_CONTEXT
from holdings.core.once import once
from local.simulator import AdvancedSimulator, Credentials, Injection, Simulator
from local.simulator.kept import Certificate, kept_certificate
from tests.builders import CLAIMS, FakeCache, FakeClock, FakeMarket, FakeRecords, make_settings
from tests.integration.test_two_exchanges import CODES, EXCHANGES, no_bundle_of_the_machine

__all__ = ["no_bundle_of_the_machine"]

SIGNED_IN = {REQUEST_CONTEXT: {"authorizer": {"jwt": {"claims": CLAIMS}}}}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return kept_certificate(tmp_path_factory.mktemp("certificate"))


class House:
    """One viewer, three connections; whose key is whose at the simulators, by its label."""

    def __init__(
        self, time: FakeClock, exchange: Simulator, advanced: AdvancedSimulator, ca: str
    ) -> None:
        self.time = time
        self.simulators: dict[str, Any] = {
            "coinbase_exchange": exchange,
            "coinbase_advanced": advanced,
        }
        settings = make_settings(CB_BASE_URL=exchange.url, CB_ADVANCED_URL=advanced.url)
        trusted = once(lambda: tls.context(ca))
        exchanges = kinds(settings, clock=self.time.clock, trusted=trusted)
        kind = exchanges["coinbase_exchange"]
        shared = kind.parse(exchange.exchange.first.key.credential())
        app = create_app(
            settings,
            clock=self.time.clock,
            exchange=kind.open(lambda _anew: shared),
            cache=FakeCache(),
            market=FakeMarket(),
            records=FakeRecords(),
            kinds=exchanges,
        )
        self.client = app.test_client()
        for name in EXCHANGES:
            body = {"exchange": name, "label": name, "credential": self.holder(name).credential()}
            made = self.client.post("/connections", json=body, environ_overrides=SIGNED_IN)
            assert made.status_code == 201, made.text

    def holder(self, name: str) -> Any:
        return self.simulators[name].exchange.holders[1].key

    def sources(self) -> dict[str, dict[str, Any]]:
        answer = self.client.get("/holdings", environ_overrides=SIGNED_IN)
        assert answer.status_code == 200, answer.text
        assert answer.json
        found = cast("list[dict[str, Any]]", answer.json["sources"])
        return {source["label"]: source for source in found}


@pytest.fixture
def house(certificate: Certificate) -> Iterator[House]:
    time = FakeClock()
    with (
        Simulator(now=lambda: time.time, others=[Credentials.random()]) as exchange,
        AdvancedSimulator(certificate, now=lambda: time.time) as advanced,
    ):
        yield House(time, exchange, advanced, str(certificate.authority))


@pytest.mark.parametrize("known", [True, False], ids=["last good", "nothing"])
@pytest.mark.parametrize("fault", CODES)
@pytest.mark.parametrize("failing", EXCHANGES)
def test_each_fault_is_the_warning_of_its_source_and_of_no_other(
    house: House, failing: str, fault: Any, known: bool
) -> None:
    good = house.sources() if known else None
    board = house.simulators[failing].exchange
    board.faults.set(Injection(fault, key=house.holder(failing).name))
    house.time.advance(200 if known else 0)
    began = house.time.time
    sources = house.sources()
    assert house.time.time - began <= 11  # the deadline and a second, on the clock that waits
    assert sources[failing]["warning"]["code"] == CODES[fault]
    assert sources[failing]["stale"]
    assert bool(sources[failing]["account_count"]) == known
    if good:
        assert sources[failing]["as_of"] == good[failing]["as_of"]
    for label in {"Shared", *EXCHANGES} - {failing}:
        assert (sources[label]["stale"], sources[label]["warning"]) == (False, None)
        assert sources[label]["account_count"]
