"""The emulated AWS: its clients, and what their APIs take.

How an API calls an argument, and of which kind it is, botocore's model of that API says.
"""

import json
from collections.abc import Mapping
from functools import cache, cached_property
from threading import Lock
from typing import Any, cast

import boto3.session
import botocore.session
from botocore.config import Config

from local.settings import CREDENTIALS

# "block.argument", or an argument at the top, to what the API calls it in another word.
Names = Mapping[str, str]
_NONE: Names = {}

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=20,
    retries={"total_max_attempts": 2},
    # No resolver has to know <bucket>.localhost.
    s3={"addressing_style": "path"},
)
# A session makes one client at a time.
_ONE_CLIENT = Lock()


class UnknownInput(Exception):
    """The program sets something that this package does not carry out."""

    def __init__(self, what: object) -> None:
        super().__init__(f"local/provision does not know {what}")


@cache
def _session(key: str, secret: str) -> Any:
    """Return the process's one session: what it has read once is most of a client's making."""
    # An AWS_PROFILE of the operator's is no business of ours, nor that it exists.
    nobodys = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.session.Session(key, secret, botocore_session=nobodys)


class Aws:
    """Clients of the emulated AWS, and nothing else's; by default its root user's."""

    def __init__(
        self, endpoint_url: str, region: str, credentials: Mapping[str, str] = CREDENTIALS
    ) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._key = credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"]
        self._clients: dict[str, Any] = {}

    @cached_property
    def account_id(self) -> str:
        return self.client("sts").get_caller_identity()["Account"]

    @property
    def bucket_region(self) -> dict[str, Any]:
        """What create_bucket is told of it: the first region is the one that must not be named."""
        if self.region == "us-east-1":
            return {}
        return {"CreateBucketConfiguration": {"LocationConstraint": self.region}}

    def client(self, service: str) -> Any:
        with _ONE_CLIENT:
            if service not in self._clients:
                self._clients[service] = _session(*self._key).client(
                    service, self.region, endpoint_url=self.endpoint_url, config=_CONFIG
                )
            return self._clients[service]

    def model(self, service: str, operation: str) -> Any:
        """Return botocore's model of an operation."""
        meta = self.client(service).meta
        return meta.service_model.operation_model(meta.method_to_api_mapping[operation])


def member(shape: Any, name: str) -> str | None:
    """Return what a structure calls `name`, in whichever case and number; None if nothing."""
    for alike in (str.lower, _singular):
        for known in shape.members:
            if alike(known) == alike(name):
                return known
    return None


def _singular(name: str) -> str:
    # Of a list that has one block, Pulumi has the block.
    return name.lower().removesuffix("s")


def shaped(value: Any, shape: Any, names: Names = _NONE, path: str = "") -> Any:
    """Return `value` as the API's model has it. Raises UnknownInput for what it has not."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape, names, path)
    if kind == "list":
        return [shaped(item, shape.member, names, path) for item in _list(value, shape.member)]
    if kind == "map" and isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {key: shaped(item, shape.value, names, path) for key, item in items}
    if kind == "string" and isinstance(value, int | float):
        return json.dumps(value)
    if kind in ("double", "float") and isinstance(value, str):
        return float(value)
    return value


def _structure(value: Any, shape: Any, names: Names, path: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    unknown: list[str] = []
    if isinstance(value, list) and "Items" in shape.members:
        # CloudFront has its lists in a block that counts them.
        made["Items"] = shaped(value, shape.members["Items"], names, path)
        value = {}
    if not isinstance(value, Mapping):
        raise UnknownInput([path])
    for name, item in cast("Mapping[str, Any]", value).items():
        where = f"{path}.{name}" if path else name
        known = member(shape, names.get(".".join(where.split(".")[-2:]), name))
        if known is None or known in made:
            unknown.append(where)
        elif item is not None:
            made[known] = shaped(item, shape.members[known], names, where)
    if unknown:
        raise UnknownInput(sorted(unknown))
    if "Quantity" in shape.members:
        made["Quantity"] = len(made.get("Items", ()))
    return made


def _list(value: Any, item: Any) -> list[Any]:
    """Return a list of pairs for an object, such as tags or dimensions, and of one block for it."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    pair = tuple(item.members) if item.type_name == "structure" else ()
    if len(pair) == 2 and pair[0].endswith(("Key", "Name")) and pair[1].endswith("Value"):
        return [{pair[0]: name, pair[1]: text} for name, text in value.items()]
    return [value]
