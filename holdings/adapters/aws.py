"""Calls to AWS: signed here where that is enough, else by boto3's client, both in bounded time."""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any, TypedDict, cast

from holdings import traces
from holdings.adapters import tls
from holdings.adapters.aws_environment import AwsEnvironment, SigningKey
from holdings.adapters.signed_api import ConditionFailed, SignedApi, SignedSts, TransactionCanceled
from holdings.core.once import once

__all__ = [
    "Aws",
    "AwsService",
    "AwsUnavailable",
    "ConditionFailed",
    "TransactionCanceled",
]

# botocore's own default is to wait 60 s, five times.
_CONNECT_TIMEOUT_SECONDS = 1.0
_READ_TIMEOUT_SECONDS = 1.5
_ATTEMPTS = 2
_OK = 200
MOST_SECONDS = 3.0

# How X-Amz-Target begins, and the version of the protocol.
_JSON_SERVICES = {
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "kms": ("TrentService", "1.1"),
    "secretsmanager": ("secretsmanager", "1.1"),
    "sqs": ("AmazonSQS", "1.0"),
}


class AwsUnavailable(Exception):
    """A call did not succeed. `code` is AWS's own name of the error, or botocore's class."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class AwsService:
    """One of AWS's JSON services. Safe to share between threads."""

    def __init__(
        self, client: Callable[[], Any], signed: SignedApi | None = None, name: str = "aws"
    ) -> None:
        """`client` is made when `signed` does not succeed, or is not there; traces have `name`."""
        self._make_client = client
        self._name = name
        self.signed = signed

    @property
    def client(self) -> Any:
        return self._make_client()

    def call(
        self, operation: str, request: Mapping[str, Any], *, seconds: float = MOST_SECONDS
    ) -> Mapping[str, Any]:
        """Return the answer, an object.

        Raises AwsUnavailable, ConditionFailed or TransactionCanceled.
        `seconds` bound each of the two ways; the second is not taken where the first was slow.
        """
        with traces.aws(self._name, operation, (ConditionFailed, TransactionCanceled)):
            return self._call(operation, request, seconds)

    def _call(
        self, operation: str, request: Mapping[str, Any], seconds: float
    ) -> Mapping[str, Any]:
        if seconds <= 0:
            raise AwsUnavailable("Timeout", "no time is left")
        if self.signed:
            try:
                answer = self.signed.call(operation, request, seconds=seconds)
            except TimeoutError:
                raise AwsUnavailable("Timeout", f"no answer in {seconds:.1f} s") from None
            if answer is not None:
                return answer
        return self._by_client(operation, dict(request), seconds)

    def preload(self) -> None:
        self._make_client()
        if self.signed:
            self.signed.connect()

    def _by_client(
        self, operation: str, request: dict[str, Any], seconds: float
    ) -> Mapping[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import ClientError

        try:
            # Making the client is work of this machine, which `seconds` are not for.
            call = getattr(self.client, xform_name(operation))
            answer = _within(seconds, lambda: call(**request))
        except ClientError as error:
            response = cast("dict[str, Any]", error.response)
            code = str(response.get("Error", {}).get("Code", type(error).__name__))
            if code == "ConditionalCheckFailedException":
                raise ConditionFailed(response.get("Item")) from None
            if code == "TransactionCanceledException":
                raise TransactionCanceled(response.get("CancellationReasons")) from None
            raise AwsUnavailable(code, "") from None
        except AwsUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - botocore's parsers raise what a body makes them
            raise AwsUnavailable(type(error).__name__, str(error)) from None
        if not isinstance(answer, Mapping):
            raise AwsUnavailable("InvalidResponse", "the answer is no object")
        return cast("Mapping[str, Any]", answer)


def _within(seconds: float, call: Callable[[], object]) -> object:
    """Return call(), or stop waiting: a byte a second outlasts all of botocore's time-outs."""
    done: list[object] = []

    def run() -> None:
        try:
            done.append(call())
        except Exception as error:  # noqa: BLE001 - handed over whole to the waiting thread
            done.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), name="aws", daemon=True)
    thread.start()
    thread.join(seconds)
    if not done:
        raise AwsUnavailable("Timeout", f"no answer in {seconds:.1f} s")
    if isinstance(done[0], Exception):
        raise done[0]
    return done[0]


class _Where(TypedDict):
    url: str
    region: str
    key: Callable[[], SigningKey]
    tls: Callable[[], ssl.SSLContext]


class Aws:
    """AWS as this process reaches it: whoever calls a service shares its connections."""

    def __init__(
        self,
        environment: AwsEnvironment | None,
        region: str | None,
        trusted: Callable[[], ssl.SSLContext],
    ) -> None:
        """`trusted` is used unless the environment names a bundle of its own."""
        self._region = region
        self._signed: dict[str, SignedApi] = {}
        if not environment:
            return
        bundle = environment.ca_bundle
        tls_context = once(lambda: tls.context(bundle)) if bundle else trusted
        key = _key(environment)
        for name, url in environment.endpoint_urls.items():
            where: _Where = {
                "url": url,
                "region": environment.region,
                "key": key,
                "tls": tls_context,
            }
            if name == "sts":
                self._signed[name] = SignedSts(**where)
            else:
                target, json_version = _JSON_SERVICES[name]
                self._signed[name] = SignedApi(name, target, json_version=json_version, **where)

    def service(self, name: str, key: SigningKey | None = None) -> AwsService:
        """Return "dynamodb", "kms", "secretsmanager", "sqs" or "sts", by `key` or else by us."""
        signed = self._signed.get(name)
        if signed and key:
            signed = signed.signed_by(key)
        return AwsService(once(lambda: _client(name, self._region, key)), signed, name)

    def close(self) -> None:
        """Close what is idle, for whoever has no more calls."""
        for signed in self._signed.values():
            signed.close()


def _session(region: str | None):
    """Without a region, boto3 looks for one in the profile that is logged in."""
    import boto3.session

    return boto3.session.Session(region_name=region)


def _client(service: str, region: str | None, key: SigningKey | None) -> Any:
    from botocore.config import Config

    config = Config(
        user_agent="holdings",  # botocore's own is put together anew for each call
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    given = (
        {
            "aws_access_key_id": key.access_key,
            "aws_secret_access_key": key.secret_key,
            "aws_session_token": key.token,
        }
        if key
        else {}
    )
    made = cast("Callable[..., Any]", _session(region).client)(service, config=config, **given)
    if service in _JSON_SERVICES:
        made.meta.events.register("before-parse", _refuse_no_object)
    return made


def _refuse_no_object(response_dict: Mapping[str, Any], **_: object) -> None:
    """Raise AwsUnavailable for a success whose body is no JSON object.

    botocore takes it for an empty answer: a web page would say that nothing is kept, or that
    something was written.
    """
    if response_dict["status_code"] != _OK:
        return
    try:
        document: object = json.loads(response_dict["body"])
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise AwsUnavailable("InvalidResponse", "the answer is no object")


def _key(environment: AwsEnvironment) -> Callable[[], SigningKey]:
    """Lambda's variables have a key, but for snapshots and containers: botocore knows where."""
    if given := environment.key:
        return lambda: given
    credentials = once(lambda: _session(environment.region).get_credentials())

    def current() -> SigningKey:
        from botocore.exceptions import BotoCoreError

        try:
            found = credentials()
            key = found and found.get_frozen_credentials()
        except BotoCoreError as error:
            raise OSError(f"AWS credentials: {type(error).__name__}") from None
        if not (key and key.access_key and key.secret_key):
            raise OSError("AWS credentials: none are found")
        return SigningKey(key.access_key, key.secret_key, key.token)

    return current
