"""The whole system on this machine, with a door before everything that the app depends on."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Self

from chaos.aws_faults import AwsFaults
from chaos.book import Book
from chaos.doors import Door, Relay, free_port, table_of
from local import accounts, servers
from local.archive import build_archive
from local.emulator import Emulator
from local.overrides import overrides
from local.processes import Child, Started
from local.provision import Aws, provision
from local.run import described
from local.settings import EMULATOR_PYTHON, REGION, STACK, LocalSettings
from local.sign_in import access_token
from local.simulator.coinbase_advanced import app as advanced_app
from local.simulator.coinbase_exchange import app as exchange_app
from local.simulator.coinbase_exchange.signing import Credentials
from local.simulator.exchange import Exchange, Holder
from local.simulator.kept import kept_certificate
from local.stack import User
from local.state import prepare

# Figures are fresh, failures remembered and keys kept for as long as a run of minutes can wait.
# Jobs run where they are asked for alone: what is read is what viewers ask for.
TTL_SECONDS = 2
COOLDOWN_SECONDS = 1
_TOLD = {
    "CACHE_TTL_SECONDS": str(TTL_SECONDS),
    "REFRESH_COOLDOWN_SECONDS": str(COOLDOWN_SECONDS),
    "SECRET_CACHE_TTL_SECONDS": "1",
    "LOG_LEVEL": "WARNING",
    "REFRESH_MINUTES": "0",
    "SYNC_HISTORY_MINUTES": "0",
    "INSIGHTS_MINUTES": "0",
}
# How the cache's keys of prices, of what is traded and of rates begin.
_OF_THE_MARKET = ("prices", "listing", "rates")
_SERVICES = {
    "dynamodb": "AWS_ENDPOINT_URL_DYNAMODB",
    "kms": "AWS_ENDPOINT_URL_KMS",
    "secrets": "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "sqs": "AWS_ENDPOINT_URL_SQS",
    "sts": "AWS_ENDPOINT_URL_STS",
}


@dataclass
class World:
    """`doors` are those of each dependency; `exchanges` are the simulated ones behind three."""

    state_dir: Path
    seed: int
    viewers: int
    started: Started = field(default_factory=Started, init=False)
    doors: dict[str, Door] = field(default_factory=dict[str, Door], init=False)
    exchanges: dict[str, Exchange[Any]] = field(init=False)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.aws_faults.clear()
        for exchange in self.exchanges.values():
            exchange.faults.clear()
        self.started.stop()
        for door in self.doors.values():
            door.shut()

    def __post_init__(self) -> None:
        prepare(self.state_dir)
        self.aws_faults = AwsFaults(Random(self.seed))  # noqa: S311 - not for secrets
        self.exchanges = {
            "exchange": Exchange[Any]([], now=time.time),
            # Prices are everybody's; of what is no list of accounts its faults ask the first.
            "market": Exchange[Any]([Holder(Credentials.random(), "nobody", [])], now=time.time),
            "advanced": Exchange[Any]([], now=time.time),
        }

    def token(self, user: User) -> str:
        return access_token(self.stack, user)

    def aws(self) -> Aws:
        return Aws(self.stack.aws_endpoint_url, REGION)

    def forget_prices(self) -> None:
        """Lose what the cache has of the market, as it may at any time: it is asked again."""
        table = self.aws().client("dynamodb")
        found = table.scan(TableName=self.stack.table, ProjectionExpression="pk")["Items"]
        for key in found:
            if key["pk"]["S"].startswith(_OF_THE_MARKET):
                table.delete_item(TableName=self.stack.table, Key=key)

    def _start(self) -> None:
        certificate = kept_certificate(self.state_dir)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.chain)
        for name in ("exchange", "market"):
            self.doors[name] = Door(exchange_app.create_app(self.exchanges[name]))
        self.doors["advanced"] = Door(advanced_app.create_app(self.exchanges["advanced"]), tls)
        told = {**_TOLD, "CB_MARKET_URL": self.doors["market"].url}
        self._settings = self._local_settings()
        advanced = servers.advanced(self._settings, certificate)
        self.book = self._book()
        build_archive(print)
        emulator = Emulator(
            EMULATOR_PYTHON,
            self.state_dir,
            self._settings.emulator_port,
            REGION,
            enforce_iam=True,
            told_functions=advanced,
        )
        self.started.start("the emulated AWS", emulator)
        outputs = provision(
            endpoint_url=emulator.url,
            stack=STACK,
            state_dir=self.state_dir,
            overrides=overrides(self._settings, told),
        )
        self.users = tuple(
            replace(accounts.new_users()[0], username=f"viewer{number}@example.com")
            for number in range(self.viewers)
        )
        self.stack = described(self._settings, emulator.url, outputs, self.users, [])
        self._fill_the_cloud()
        self._open_relays(emulator.url)
        for door in self.doors.values():
            door.open()
        self._environ = self._environment(told, advanced)

    def _local_settings(self) -> LocalSettings:
        ports = {"API_PORT": 0, "WEB_PORT": 0, "EMULATOR_PORT": 0, "MAILBOX_PORT": 0}
        chosen = {name: str(free_port()) for name in ports} | {
            "SIMULATOR_PORT": str(self.doors["exchange"].port),
            "SIMULATOR_ADVANCED_PORT": str(self.doors["advanced"].port),
            "LOCAL_STATE_DIR": str(self.state_dir),
        }
        return LocalSettings.from_env(chosen)

    def _book(self) -> Book:
        book = Book(self.exchanges["exchange"], self.exchanges["advanced"])
        self.shared_number, key = book.add("coinbase_exchange")
        self._shared_key: Mapping[str, str] = key["credential"]
        return book

    def _fill_the_cloud(self) -> None:
        aws = self.aws()
        for user in self.users:
            accounts.create_user(aws, self.stack.user_pool_id, user)
        accounts.put_secret(aws, self.stack.secret, self._shared_key)

    def _open_relays(self, upstream: str) -> None:
        dynamodb = table_of(self.stack.records_table)
        for service in _SERVICES:
            target = dynamodb if service == "dynamodb" else _always(service)
            self.doors[service] = Door(Relay(upstream, self.aws_faults, target))

    def _environment(self, told: Mapping[str, str], advanced: Mapping[str, str]) -> dict[str, str]:
        """Return what the API of `make run` is told, with the doors, and a key as Lambda has it."""
        child = servers.api(self._settings, self.stack, told, advanced=advanced)
        given = (
            self.aws()
            .client("sts")
            .assume_role(RoleArn=self.stack.function_role, RoleSessionName="chaos")["Credentials"]
        )
        without = ("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
        return {
            **{name: text for name, text in child.environ.items() if name not in without},
            "CB_MARKET_URL": told["CB_MARKET_URL"],  # which make run keeps to itself
            **{variable: self.doors[name].url for name, variable in _SERVICES.items()},
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def app(self) -> tuple[str, Child]:
        """Return the address of another process of the app, and that process, not started yet."""
        port = free_port()
        settings = replace(self._settings, api_port=port)
        child = servers.api(settings, self.stack, {}, advanced={})
        command = [part for part in child.command if part not in ("--reload", "--no-debugger")]
        return settings.api_url, replace(
            child,
            name=f"the API on port {port}",
            command=tuple(command),
            environ=self._environ,
            log=self.state_dir / "api.log",
        )


def _always(target: str) -> Callable[[bytes], str]:
    def of(_: bytes) -> str:
        return target

    return of
