"""`DEMO_MODE=true make run`: the API with sample figures and the page, and nothing else."""

from collections.abc import Callable, Mapping

from local import servers
from local.greeting import demo_greeting
from local.page_config import page_config_file, without_sign_in, write_page_config
from local.ports import check_free
from local.settings import LocalSettings
from local.started import Started
from local.state import prepare


class Demo:
    """Has the methods of LocalStack. Leaves what that one keeps alone."""

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
        write_page_config(page_config_file(settings.state_dir), without_sign_in(settings.api_url))
        say("starting the API with sample figures, and the page")
        self._started.start_all(page, api)
        return demo_greeting(settings)

    def ended(self) -> list[str]:
        return self._started.ended()

    def close(self) -> None:
        self._started.stop()
