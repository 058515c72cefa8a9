"""`.local/stack.json`: where everything of the running stack is, for tools and tests."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from local.settings import LocalError, state_dir


def stack_file(environ: Mapping[str, str]) -> Path:
    return state_dir(environ) / "stack.json"


@dataclass(frozen=True, slots=True)
class Stack:
    """Addresses without a trailing slash. `gateway_url` is the app behind the emulated gateway."""

    api_url: str
    gateway_url: str
    web_url: str
    hosted_ui_url: str
    issuer: str
    client_id: str
    scope: str
    username: str
    password: str
    coinbase_url: str
    aws_endpoint_url: str
    region: str
    table: str
    secret: str
    user_pool_id: str
    redirect_uri: str

    @property
    def jwks_url(self) -> str:
        return f"{self.aws_endpoint_url}/{self.user_pool_id}/.well-known/jwks.json"

    def write(self, path: Path) -> None:
        """The password of the test user is in it: nobody else on the machine may read it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Stack":
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            raise LocalError(f"{path} is not here: start the stack with `make run`") from None
        except (ValueError, TypeError):
            raise LocalError(
                f"{path} is not of this version: `make clean`, then `make run`"
            ) from None
