"""The registry of exchanges, and what of them is loaded when."""

import base64
import subprocess
import sys

import grimp
import pytest

from holdings.adapters import tls
from holdings.adapters.exchanges import EXCHANGES, kinds
from holdings.core.clock import Clock
from holdings.core.errors import InvalidRequest
from holdings.core.ports import ExchangeKind, ProbedExchange
from tests.builders import make_settings, unmeasured_environ
from tests.coinbase_keys import EC_PEM, NAME

EXCHANGE_KEY = {
    "api_key": "key",
    "api_secret": base64.b64encode(bytes(range(64))).decode(),
    "passphrase": "pass phrase!",
}
KEYS = {
    "coinbase_exchange": (EXCHANGE_KEY, "key"),
    "coinbase_advanced": ({"name": NAME, "privateKey": EC_PEM}, NAME),
}


def kind(name: str) -> ExchangeKind:
    return kinds(make_settings(), clock=Clock(), trusted=tls.context)[name]


@pytest.mark.parametrize("name", EXCHANGES)
def test_each_exchange_parses_its_own_key_and_opens_it(name: str) -> None:
    key, key_name = KEYS[name]
    found = kind(name)
    assert found.name == name
    parsed = found.parse({field: f" {text}\n" for field, text in key.items()})
    assert parsed == key
    assert found.key_name(parsed) == key_name
    assert set(key.values()) <= set(found.secrets(parsed))
    opened: ProbedExchange = found.open(lambda _anew: parsed)
    assert callable(opened.probe)
    assert callable(opened.accounts)


@pytest.mark.parametrize("name", EXCHANGES)
def test_each_exchange_refuses_the_other_s_key_and_names_where_it_belongs(name: str) -> None:
    for other, (key, _) in KEYS.items():
        if other != name:
            with pytest.raises(InvalidRequest) as refused:
                kind(name).parse(key)
            said = [message for messages in refused.value.errors.values() for message in messages]
            assert any(other in message for message in said)


def test_an_exchange_key_s_faults_are_said_for_all_its_fields_at_once() -> None:
    with pytest.raises(InvalidRequest) as refused:
        kind("coinbase_exchange").parse({"api_key": "a\nb", "api_secret": "x", "more": 1})
    said = {name: messages[0] for name, messages in refused.value.errors.items()}
    assert said.keys() == {"api_key", "api_secret", "passphrase"}
    assert "line break" in said["api_key"]
    assert "not base64" in said["api_secret"]
    assert "is missing" in said["passphrase"]


@pytest.mark.parametrize("field", ["api_key", "api_secret", "passphrase"])
def test_an_exchange_key_that_no_record_could_keep_is_refused(field: str) -> None:
    with pytest.raises(InvalidRequest, match="see errors") as refused:
        kind("coinbase_exchange").parse(EXCHANGE_KEY | {field: "x" * 513})
    assert refused.value.errors.keys() == {field}


def test_there_is_no_other_exchange() -> None:
    found = kinds(make_settings(), clock=Clock(), trusted=tls.context)
    assert list(found) == list(EXCHANGES)
    assert "demo" not in found
    assert found.get("demo") is None


PROGRAM = """
import sys
from holdings.adapters import tls
from holdings.adapters.exchanges import kinds
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import ExchangeUnavailable
from tests.builders import make_settings

settings = make_settings(CB_BASE_URL="https://127.0.0.1:9")
found = kinds(settings, clock=Clock(sleep=lambda _: None), trusted=tls.context)
names = [name for name in found if name in found]
before = {"requests", "jwt", "cryptography"} & sys.modules.keys()
exchange = found["coinbase_exchange"]
key = exchange.parse({"api_key": "k", "api_secret": "A" * 86 + "==", "passphrase": "p"})
try:
    exchange.open(lambda _: key).accounts(Deadline.after(10, Clock()))
except ExchangeUnavailable as error:
    print(names, sorted(before), sorted({"requests", "jwt", "cryptography"} & sys.modules.keys()))
"""


def test_no_exchange_is_loaded_before_it_is_asked_for_and_exchange_without_cryptography() -> None:
    """A hit asks for none, and a miss at Coinbase Exchange for that one alone."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=unmeasured_environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    before: list[str] = []
    assert done.stdout.strip() == f"{list(EXCHANGES)} {before} {['requests']}"


def test_nothing_but_that_exchange_and_the_authorizer_of_a_laptop_imports_them() -> None:
    graph = grimp.build_graph("holdings", include_external_packages=True)
    importers = {
        importer.removeprefix("holdings.")
        for package in ("cryptography", "jwt")
        for importer in graph.find_modules_that_directly_import(package)
    }
    assert importers == {
        "adapters.coinbase_advanced.credential",
        "adapters.coinbase_advanced.signing",
        "api.authorizer",
    }
