"""`make run`: the whole system on this machine, from an empty folder to a signed-in page."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import requests

from local import accounts
from local.archive import build_archive
from local.children import Child
from local.emulator import Emulator
from local.ports import check_free
from local.provision import provision
from local.provision.resources import Aws
from local.settings import (
    CREDENTIALS,
    EMULATOR_PYTHON,
    REGION,
    ROOT,
    STACK,
    LocalError,
    LocalSettings,
)
from local.simulator import credentials as simulator_credentials
from local.stack import Stack, stack_file

API = "the API"

_READY_SECONDS = 30.0
_POLL_SECONDS = 0.2

# What the app under `flask run` and the function behind the gateway are told alike.
_SHARED = {
    "holdings:cacheTtlSeconds": "CACHE_TTL_SECONDS",
    "holdings:staleTtlSeconds": "STALE_TTL_SECONDS",
    "holdings:secretCacheTtlSeconds": "SECRET_CACHE_TTL_SECONDS",
    "holdings:logLevel": "LOG_LEVEL",
}

# The operator's own AWS account has no part in this.
_NOT_PASSED_ON = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_LAMBDA_FUNCTION_NAME", "DEMO_MODE")


class LocalStack:
    """Starts everything in order; close() stops it in reverse."""

    def __init__(self, settings: LocalSettings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = {k: v for k, v in environ.items() if k not in _NOT_PASSED_ON}
        self._running: dict[str, Callable[[], bool]] = {}
        self._started = ExitStack()

    def start(self, say: Callable[[str], None]) -> Stack:
        """Return where everything is. Raises LocalError; what was started is stopped by close()."""
        settings = self._settings
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_free(settings.api_port, "API_PORT")
        if settings.coinbase_url is None:
            check_free(settings.simulator_port, "SIMULATOR_PORT")
        build_archive(say)
        say("starting the emulated AWS")
        emulator = self._start_emulator()
        say("running the Pulumi program against it")
        stack = self._provision(emulator)
        aws = Aws(emulator.url, REGION)
        accounts.create_user(aws, stack.user_pool_id, stack.password)
        if settings.coinbase_url is None:
            say("starting the Coinbase simulator")
            key = asdict(simulator_credentials.kept(self._simulator_state))
            self._start_simulator()
        else:
            key = settings.coinbase_key
        accounts.put_secret(aws, stack.secret, key)
        stack.write(stack_file(self._environ))
        say("starting the API")
        self._start_api(stack)
        return stack

    def ended(self) -> list[str]:
        """Return the names of what has ended by itself."""
        return [name for name, running in self._running.items() if not running()]

    def close(self) -> None:
        self._started.close()

    @property
    def _user_id(self) -> str:
        return self._environ.get("DEFAULT_USER_ID") or "demo-user"

    @property
    def _simulator_state(self) -> Path:
        return self._settings.state_dir / "simulator.json"

    def _start_emulator(self) -> Emulator:
        settings = self._settings
        emulator = Emulator(
            EMULATOR_PYTHON,
            settings.state_dir,
            settings.emulator_port,
            REGION,
            enforce_iam=True,
        )
        self._started.callback(emulator.stop)
        emulator.start()
        self._running["the emulated AWS"] = emulator.running
        return emulator

    def _provision(self, emulator: Emulator) -> Stack:
        settings = self._settings
        api_url = f"http://127.0.0.1:{settings.api_port}"
        outputs = provision(
            endpoint_url=emulator.url,
            stack=STACK,
            state_dir=settings.state_dir,
            overrides=_addresses(settings) | self._function_settings(),
        )
        return Stack(
            api_url=api_url,
            gateway_url=outputs["api_url"],
            web_url=f"{api_url}/docs",
            hosted_ui_url=emulator.url,
            issuer=outputs["issuer"],
            client_id=outputs["client_id"],
            scope=outputs["api_scope"],
            username=accounts.USERNAME,
            password=self._password(),
            coinbase_url=settings.exchange_url,
            aws_endpoint_url=emulator.url,
            region=REGION,
            table=outputs["table"],
            secret=outputs["secret"],
            user_pool_id=outputs["user_pool_id"],
            redirect_uri=f"{api_url}/docs/oauth2-redirect.html",
        )

    def _function_settings(self) -> dict[str, Any]:
        """Return what the function is told, so that it answers as the API of this run does."""
        settings: dict[str, Any] = {
            "holdings:cbBaseUrl": self._settings.exchange_url,
            "holdings:defaultUserId": self._user_id,
        }
        for key, variable in _SHARED.items():
            if value := self._environ.get(variable, "").strip():
                settings[key] = value
        return settings

    def _password(self) -> str:
        """Return the user's password of the last run, so that a restart changes nothing."""
        if stack_file(self._environ).exists():
            return Stack.read(stack_file(self._environ)).password
        return accounts.new_password()

    def _start_simulator(self) -> None:
        environ = {
            **self._environ,
            "SIMULATOR_PORT": str(self._settings.simulator_port),
            "SIMULATOR_STATE": str(self._simulator_state),
            "SIMULATOR_EXIT_WITH_PARENT": "1",
        }
        log = self._settings.state_dir / "simulator.log"
        child = Child("the Coinbase simulator", ("local.simulator",), environ, log)
        self._start_child(child, f"http://127.0.0.1:{self._settings.simulator_port}/time")

    def _start_api(self, stack: Stack) -> None:
        port = str(self._settings.api_port)
        arguments = ("flask", "--app", "local.api", "run", "--port", port)
        child = Child(
            API,
            (*arguments, "--reload", "--no-debugger"),
            self._api_environ(stack),
        )
        self._start_child(child, f"{stack.api_url}/health")

    def _api_environ(self, stack: Stack) -> dict[str, str]:
        web = self._settings.web_port
        return {
            **{k: v for k, v in self._environ.items() if not k.startswith("CB_")},
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": stack.aws_endpoint_url,
            "AWS_REGION": stack.region,
            "AWS_DEFAULT_REGION": stack.region,
            "DEFAULT_USER_ID": self._user_id,
            "DDB_TABLE": stack.table,
            "CB_BASE_URL": stack.coinbase_url,
            "CB_SECRET_NAME": stack.secret,
            "CORS_ALLOW_ORIGIN": f"http://localhost:{web},http://127.0.0.1:{web}",
            "LOCAL_STATE_DIR": str(self._settings.state_dir),
            "LOCAL_EXIT_WITH_PARENT": "1",
            "FLASK_SKIP_DOTENV": "1",  # what .env says is in the environment already
        }

    def _start_child(self, child: Child, health_url: str) -> None:
        self._started.callback(child.stop)
        child.start()
        self._running[child.name] = child.running
        give_up = time.monotonic() + _READY_SECONDS
        while child.running() and time.monotonic() < give_up:
            if get_json(health_url) is not None:
                return
            time.sleep(_POLL_SECONDS)
        where = f": see {child.log}" if child.log else ""
        raise LocalError(f"{child.name} does not start{where}")


def _addresses(settings: LocalSettings) -> dict[str, Any]:
    """Return the pages of this run, which may be on other ports than the stack file's."""
    hosts = ("localhost", "127.0.0.1")
    pages = [f"http://{host}:{settings.web_port}/" for host in hosts]
    viewers = [f"http://{host}:{settings.api_port}/docs/oauth2-redirect.html" for host in hosts]
    return {"holdings:callbackUrls": pages + viewers, "holdings:logoutUrls": pages}


def get_json(url: str, token: str = "") -> Any | None:
    """Return a document of our own servers, or None while there is none to be had."""
    headers = {"User-Agent": "make-run"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = requests.get(url, headers=headers, timeout=15)
        return answer.json() if answer.ok else None
    except (requests.RequestException, ValueError):
        return None


def environment() -> dict[str, str]:
    """Return the environment, with what `.env` adds to it."""
    from dotenv import dotenv_values

    values = dotenv_values(ROOT / ".env")
    return {name: value for name, value in values.items() if value} | dict(os.environ)
