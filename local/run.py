"""`make run`: the whole system on this machine, from an empty folder to a signed-in page."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from local import accounts, servers
from local.archive import build_archive
from local.emulator import Emulator
from local.greeting import greeting
from local.overrides import overrides
from local.page_config import page_config_file, signed_in, write_page_config
from local.ports import check_free
from local.provision import Aws, provision
from local.settings import EMULATOR_PYTHON, REGION, STACK, LocalSettings
from local.simulator.coinbase_exchange.signing import kept
from local.stack import Stack, stack_file
from local.started import Started
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
        if settings.coinbase_url is None:
            check_free(settings.simulator_port, "SIMULATOR_PORT")
        page = servers.page(settings, self._environ)
        build_archive(say)
        say("starting the emulated AWS")
        emulator = self._start_emulator()
        say("running the Pulumi program against it")
        stack = self._provision(emulator)
        aws = Aws(emulator.url, REGION)
        accounts.create_user(aws, stack.user_pool_id, stack.password)
        if settings.coinbase_url is None:
            say("starting the Coinbase simulator")
            key = asdict(kept(servers.simulator_state(settings)))
            self._started.start_all(servers.simulator(settings, self._environ))
        else:
            key = settings.coinbase_key
        accounts.put_secret(aws, stack.secret, key)
        stack.write(stack_file(self._environ))
        write_page_config(page_config_file(settings.state_dir), signed_in(stack))
        say("starting the API and the page")
        self._started.start_all(page, servers.api(settings, stack, self._environ))
        return greeting(stack, self._environ)

    def ended(self) -> list[str]:
        """Return the names of what has ended by itself."""
        return self._started.ended()

    def close(self) -> None:
        self._started.stop()

    def _start_emulator(self) -> Emulator:
        settings = self._settings
        emulator = Emulator(
            EMULATOR_PYTHON,
            settings.state_dir,
            settings.emulator_port,
            REGION,
            enforce_iam=True,
        )
        self._started.start("the emulated AWS", emulator)
        return emulator

    def _provision(self, emulator: Emulator) -> Stack:
        settings = self._settings
        outputs = provision(
            endpoint_url=emulator.url,
            stack=STACK,
            state_dir=settings.state_dir,
            overrides=overrides(settings, self._environ),
        )
        return Stack(
            api_url=settings.api_url,
            gateway_url=outputs["api_url"],
            web_url=settings.web_url,
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
            redirect_uri=f"{settings.web_url}/",
        )

    def _password(self) -> str:
        """Return the user's password of the last run, so that a restart changes nothing."""
        if stack_file(self._environ).exists():
            return Stack.read(stack_file(self._environ)).password
        return accounts.new_password()
