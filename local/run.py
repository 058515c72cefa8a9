"""`make run`: the whole system on this machine, from an empty folder to a signed-in page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from local import accounts, servers
from local.archive import build_archive
from local.emulator import Emulator
from local.overrides import overrides
from local.processes import Started, check_free, get_json
from local.provision import Aws, provision
from local.settings import EMULATOR_PYTHON, REGION, ROOT, STACK, LocalSettings
from local.sign_in import access_token
from local.simulator.kept import (
    SAMPLE_KEYS,
    kept,
    kept_certificate,
    kept_samples,
)
from local.stack import (
    Stack,
    User,
    page_config_file,
    signed_in,
    stack_file,
    without_sign_in,
    write_page_config,
)
from local.state import prepare


class LocalStack:
    """Starts everything in order; close() stops it in reverse."""

    def __init__(self, settings: LocalSettings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self._started = Started()

    def start(self, say: Callable[[str], None]) -> str:
        """Return what to say. Raises LocalError; what was started is stopped by close()."""
        settings = self._settings
        prepare(settings.state_dir)
        check_free(settings.api_port, "API_PORT")
        check_free(settings.web_port, "WEB_PORT")
        check_free(settings.mailbox_port, "MAILBOX_PORT")
        if settings.simulated:
            check_free(settings.simulator_port, "SIMULATOR_PORT")
            check_free(settings.advanced_port, "SIMULATOR_ADVANCED_PORT")
        # What cannot be read is said before anything is started.
        users = self._users()
        key = settings.coinbase_key
        if settings.coinbase_url is None:
            key = asdict(kept(servers.simulator_state(settings)))
        samples = kept_samples(settings.state_dir / SAMPLE_KEYS).credentials()
        samples = [sample for sample in samples if sample["exchange"] in settings.simulated]
        advanced = servers.advanced(settings, kept_certificate(settings.state_dir, self._environ))
        page = servers.page(settings, self._environ)
        build_archive(say)
        say("starting the emulated AWS")
        emulator = self._start_emulator(advanced)
        say("running the Pulumi program against it")
        stack = self._provision(emulator, users, samples)
        aws = Aws(emulator.url, REGION)
        for user in users:
            accounts.create_user(aws, stack.user_pool_id, user)
        if settings.simulated:
            say("starting the Coinbase simulators")
            self._started.start_all(servers.simulator(settings, self._environ))
        accounts.put_secret(aws, stack.secret, key)
        stack.write(stack_file(self._environ))
        write_page_config(page_config_file(settings.state_dir), signed_in(stack))
        say("starting the API and the page")
        self._started.start_all(
            page,
            servers.api(settings, stack, self._environ, advanced=advanced),
            servers.mailbox(settings, stack, self._environ),
        )
        return greeting(stack, self._environ)

    def ended(self) -> list[str]:
        """Return the names of what has ended by itself."""
        return self._started.ended()

    def close(self) -> None:
        self._started.stop()

    def _start_emulator(self, told_functions: Mapping[str, str]) -> Emulator:
        settings = self._settings
        emulator = Emulator(
            EMULATOR_PYTHON,
            settings.state_dir,
            settings.emulator_port,
            REGION,
            enforce_iam=True,
            told_functions=told_functions,
        )
        self._started.start("the emulated AWS", emulator)
        return emulator

    def _provision(
        self, emulator: Emulator, users: tuple[User, ...], samples: list[dict[str, Any]]
    ) -> Stack:
        settings = self._settings
        outputs = provision(
            endpoint_url=emulator.url,
            stack=STACK,
            state_dir=settings.state_dir,
            overrides=overrides(settings, self._environ),
        )
        return described(settings, emulator.url, outputs, users, samples)

    def _users(self) -> tuple[User, ...]:
        """Return the users of the last run, so that a restart changes no password."""
        if stack_file(self._environ).exists():
            return Stack.read(stack_file(self._environ)).users
        return accounts.new_users()


def described(
    settings: LocalSettings,
    emulator_url: str,
    outputs: Mapping[str, Any],
    users: tuple[User, ...],
    samples: list[dict[str, Any]],
) -> Stack:
    """Return where all of it is; `outputs` are the Pulumi program's."""
    return Stack(
        api_url=settings.api_url,
        gateway_url=outputs["direct_api_url"],
        web_url=settings.web_url,
        hosted_ui_url=emulator_url,
        issuer=outputs["issuer"],
        client_id=outputs["client_id"],
        scope=f"{outputs['api_scope']} {outputs['api_write_scope']}".strip(),
        username=users[0].username,
        password=users[0].password,
        coinbase_url=settings.exchange_url,
        aws_endpoint_url=emulator_url,
        region=REGION,
        table=outputs["table"],
        secret=outputs["secret"],
        user_pool_id=outputs["user_pool_id"],
        redirect_uri=f"{settings.web_url}/",
        advanced_url=settings.advanced_url,
        sample_credentials=samples,
        users=users,
        records_table=outputs["records_table"],
        records_key=outputs["records_key"],
        viewer_role=outputs["viewer_role"],
        function_role=outputs["function_role"],
        queues=outputs["queues"]
        | {f"{name}-dead": url for name, url in outputs["dead_queues"].items()},
        mailbox_url=settings.mailbox_url,
    )


class Demo:
    """The API with sample figures and the page, and nothing else; what LocalStack keeps stays."""

    def __init__(self, settings: LocalSettings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self._started = Started()

    def start(self, say: Callable[[str], None]) -> str:
        """Return what to say. Raises LocalError; what was started is stopped by close()."""
        settings = self._settings
        prepare(settings.state_dir)
        check_free(settings.api_port, "API_PORT")
        check_free(settings.web_port, "WEB_PORT")
        page = servers.page(settings, self._environ)
        api = servers.demo_api(settings, self._environ)
        write_page_config(
            page_config_file(settings.state_dir), without_sign_in(settings.api_prefix)
        )
        say("starting the API with sample figures, and the page")
        self._started.start_all(page, api)
        return demo_greeting(settings)

    def ended(self) -> list[str]:
        return self._started.ended()

    def close(self) -> None:
        self._started.stop()


def greeting(stack: Stack, environ: Mapping[str, str]) -> str:
    shown = get_json(f"{stack.api_url}/holdings", access_token(stack))
    seen = (
        f"{len(shown['holdings'])} holdings of {shown['account_count']} accounts were read"
        if shown
        else "the holdings cannot be read yet: the log above and the curl below say why"
    )
    people = "\n".join(
        f"  user      {user.username}\n  password  {user.password}" for user in stack.users
    )
    chosen = environ.get("LOCAL_STATE_DIR")
    token = f"{f'LOCAL_STATE_DIR={chosen} ' if chosen else ''}make -sC {ROOT} token"
    return f"""
Holdings is running; {seen}.

  page      {stack.web_url}  <- open it and sign in as one of
{people}

  API       {stack.api_url}  ({stack.api_url}/docs shows and tries it)
  gateway   {stack.gateway_url}
  mailbox   {stack.mailbox_url}
  Coinbase  {stack.coinbase_url}
            {stack.advanced_url} (Advanced Trade)
{_keys_to_try(stack)}
  curl -H "Authorization: Bearer $({token})" {stack.api_url}/holdings

Ctrl-C stops it; what it keeps is in .local/ (`make clean` forgets it).
"""


def _keys_to_try(stack: Stack) -> str:
    """Return one key of each simulated exchange, secret included: worth nothing elsewhere."""
    first: dict[str, str] = {}
    for sample in stack.sample_credentials:
        first.setdefault(sample["exchange"], json.dumps(sample["credential"]))
    if not first:
        return ""
    keys = "\n".join(f"    {name:18} {key}" for name, key in first.items())
    return f"""
  keys to connect, more of them in .local/{SAMPLE_KEYS}:
{keys}
"""


def demo_greeting(settings: LocalSettings) -> str:
    return f"""
Holdings is running with sample figures: no AWS, no Coinbase, no sign-in.

  page      {settings.web_url}  <- open it
  API       {settings.api_url}  ({settings.api_url}/docs shows and tries it)

  curl {settings.api_url}/holdings

Ctrl-C stops it. `make run` without DEMO_MODE starts the whole system.
"""
