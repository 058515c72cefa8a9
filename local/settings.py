"""What can be set on the laptop, beside the app's own settings; all have defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from holdings.settings import BOOLEANS

ROOT = Path(__file__).parents[1]

REGION = "eu-west-1"
# The emulated AWS takes any; the operator's own are never passed on to it.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
EMULATOR_PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
STACK = "dev"
# A page may be opened by either name, which to a browser are two origins.
HOSTS = ("127.0.0.1", "localhost")

# A real exchange instead of the simulator: its address and key, in `.env` or the environment.
REAL_KEY_VARIABLES = {
    "api_key": "CB_API_KEY",
    "api_secret": "CB_API_SECRET",
    "passphrase": "CB_PASSPHRASE",
}


class LocalError(Exception):
    """Something on this machine is in the way; the message says what to do."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Ports on 127.0.0.1 and, if asked for, real exchanges."""

    api_port: int
    web_port: int
    emulator_port: int
    simulator_port: int
    advanced_port: int
    mailbox_port: int
    state_dir: Path
    coinbase_url: str | None
    coinbase_key: Mapping[str, str]
    real_advanced_url: str | None
    user_id: str
    demo: bool
    web_built: bool
    api_prefix: str

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}{self.api_prefix}"

    @property
    def web_url(self) -> str:
        return self.page_origins[0]

    @property
    def mailbox_url(self) -> str:
        return f"http://127.0.0.1:{self.mailbox_port}"

    @property
    def page_origins(self) -> tuple[str, ...]:
        return tuple(f"http://{host}:{self.web_port}" for host in HOSTS)

    @property
    def exchange_url(self) -> str:
        return self.coinbase_url or f"http://127.0.0.1:{self.simulator_port}"

    @property
    def advanced_url(self) -> str:
        return self.real_advanced_url or f"https://127.0.0.1:{self.advanced_port}"

    @property
    def simulated(self) -> tuple[str, ...]:
        """The exchanges that are not real."""
        real = {"coinbase_exchange": self.coinbase_url, "coinbase_advanced": self.real_advanced_url}
        return tuple(name for name, url in real.items() if url is None)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "LocalSettings":
        """Raises LocalError naming the variable to change."""
        demo = _boolean(environ, "DEMO_MODE")
        url = "" if demo else environ.get("CB_BASE_URL", "").strip()
        key = {field: environ.get(name, "").strip() for field, name in REAL_KEY_VARIABLES.items()}
        missing = [name for field, name in REAL_KEY_VARIABLES.items() if not key[field]]
        if url and missing:
            raise LocalError(
                f"CB_BASE_URL asks for {url}: set {', '.join(missing)} too, in .env, "
                "or unset CB_BASE_URL to use the simulator"
            )
        return cls(
            api_port=_port(environ, "API_PORT", 8000),
            web_port=_port(environ, "WEB_PORT", 5173),
            emulator_port=_port(environ, "EMULATOR_PORT", 4566),
            simulator_port=_port(environ, "SIMULATOR_PORT", 8765),
            advanced_port=_port(environ, "SIMULATOR_ADVANCED_PORT", 8766),
            mailbox_port=_port(environ, "MAILBOX_PORT", 8025),
            state_dir=state_dir(environ),
            coinbase_url=url or None,
            coinbase_key=key if url else {},
            real_advanced_url=environ.get("CB_ADVANCED_URL", "").strip().rstrip("/") or None,
            user_id=environ.get("DEFAULT_USER_ID", "").strip() or "demo-user",
            demo=demo,
            web_built=_boolean(environ, "WEB_BUILT"),
            api_prefix=environ.get("API_PREFIX", "").strip().rstrip("/") or "/api/v1",
        )


def environment(file: Path = ROOT / ".env") -> dict[str, str]:
    """Return the environment, with what `.env` adds to it. Raises LocalError."""
    from dotenv import dotenv_values

    try:
        values = dotenv_values(file)
    except (OSError, UnicodeDecodeError) as error:
        raise LocalError(f"{file} cannot be read: {error}") from None
    return {name: value for name, value in values.items() if value} | dict(os.environ)


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of everything that a run keeps."""
    return Path(environ.get("LOCAL_STATE_DIR") or ROOT / ".local").absolute()


def _boolean(environ: Mapping[str, str], name: str) -> bool:
    value = BOOLEANS.get(environ.get(name, "").strip().lower() or "false")
    if value is None:
        raise LocalError(f"{name} must be true or false")
    return value


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise LocalError(f"{name} must be a port number such as {default}")
    return int(text)
