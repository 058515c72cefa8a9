"""Where everything of the running stack is: for tools `.local/stack.json`, for the page its own."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, validate
from marshmallow import fields as rule

from local.settings import LocalError, state_dir
from local.state import prepare, read_object, write_private


def stack_file(environ: Mapping[str, str]) -> Path:
    return state_dir(environ) / "stack.json"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stack:
    """Addresses without a trailing slash. `gateway_url` is the app behind the emulated gateway.

    Both it and `api_url` have the API's prefix, under which the API is beside the page as well.

    `scope` is what a page asks for: to read and, after a space, to change. `users` are two, the
    first of whom `username` and `password` are as well.
    """

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
    users: tuple[User, ...]
    records_table: str
    records_key: str
    viewer_role: str
    function_role: str
    advanced_url: str
    # As POST /connections takes them: [{exchange, credential}], of different accounts.
    sample_credentials: list[dict[str, Any]]
    # By the name of the job, and with "-dead" where its failed messages end.
    queues: dict[str, str]
    mailbox_url: str

    @property
    def jwks_url(self) -> str:
        return f"{self.aws_endpoint_url}/{self.user_pool_id}/.well-known/jwks.json"

    def write(self, path: Path) -> None:
        """Raises LocalError. A password and keys are in it: it is for this user alone."""
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Stack":
        """Raises LocalError with what to do about a file that is missing or broken."""
        remedy = "delete it, then `make run`"
        found = read_object(path, missing="start the stack with `make run`", broken=remedy)
        try:
            loaded = cast("dict[str, Any]", _STACK().load(found))
        except ValidationError:
            raise LocalError(f"{path} is broken or of another version: {remedy}") from None
        users = tuple(User(**user) for user in loaded.pop("users"))
        return cls(users=users, **loaded)


_USER = Schema.from_dict({each.name: rule.String(required=True) for each in fields(User)})
_SAMPLE = Schema.from_dict(
    {
        "exchange": rule.String(required=True),
        "credential": rule.Dict(keys=rule.String(), values=rule.String(), required=True),
    }
)
_STACK = Schema.from_dict(
    {
        **{each.name: rule.String(required=True) for each in fields(Stack)},
        "users": rule.List(rule.Nested(_USER), required=True, validate=validate.Length(equal=2)),
        "sample_credentials": rule.List(rule.Nested(_SAMPLE), required=True),
        "queues": rule.Dict(keys=rule.String(), values=rule.String(), required=True),
    }
)


PageConfig = Mapping[str, str]
"""What the page must know of its stack: its `config.json`, which in the cloud Pulumi writes."""


def signed_in(stack: Stack) -> PageConfig:
    """Return the keys of infra_pulumi/web.py, with this machine's addresses."""
    return {
        "api_url": urlsplit(stack.api_url).path,
        "hosted_ui_url": stack.hosted_ui_url,
        "issuer": stack.issuer,
        "client_id": stack.client_id,
        "scope": stack.scope,
    }


def without_sign_in(api_prefix: str) -> PageConfig:
    """Return what tells the page that there is nobody to sign in: sample figures."""
    return {"api_url": api_prefix}


def page_config_file(state_dir: Path) -> Path:
    return state_dir / "web" / "config.json"


def write_page_config(path: Path, config: PageConfig) -> None:
    """Raises LocalError."""
    prepare(path.parent)
    write_private(path, json.dumps(dict(config), indent=2) + "\n")
