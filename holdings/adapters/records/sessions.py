"""Calls to AWS in the name of one viewer, by a session that AWS itself lets at nobody else's.

The role of the process may touch neither the records nor their key. For each viewer it assumes the
viewer role with the session tag `viewer`, and that role's policy compares every key and every
encryption context with the tag: infra_pulumi/records.py has it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, cast

from holdings.adapters.aws import Aws, AwsService, AwsUnavailable
from holdings.adapters.aws_environment import SigningKey
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import Misconfigured, RecordsUnavailable, Unauthenticated
from holdings.core.once import LeastRecent
from holdings.core.single_flight import NotLanded, SingleFlight
from holdings.core.viewer import is_viewer

logger = logging.getLogger(__name__)

Service = Literal["dynamodb", "kms"]

# What a role that was assumed by a role may have at most, and how long before it is not used.
_SESSION_SECONDS = 3_600
_MARGIN_SECONDS = 300
_MOST_SESSIONS = 256
# One call; a request makes several, and has to leave time for the exchange.
_CALL_SECONDS = 2.5

_MOST_NAME = 64

_ENDED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", *_ENDED}
_NOT_SET_UP = {
    "DisabledException",
    "KMSInvalidStateException",
    "NoCredentialsError",
    "NoRegionError",
    "NotFoundException",
    "ResourceNotFoundException",
}
_REMEDIES = {
    "sts": "allow this role sts:AssumeRole and sts:TagSession on it, and let it trust this role",
    "dynamodb": "check that it exists, and what the viewer role may do with it",
    "kms": "check that it exists and is enabled, and what the viewer role may do with it",
}


class ViewerCalls(Protocol):
    def call(
        self,
        viewer: str,
        service: Service,
        operation: str,
        request: Mapping[str, Any],
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        """Return AWS's answer to a call in the name of one viewer.

        Raises RecordsUnavailable, Misconfigured, ConditionFailed or TransactionCanceled, and
        Unauthenticated for a viewer whose id could be more than an id, before anything is called.
        """
        ...


class _Session(NamedTuple):
    """`until` is epoch seconds."""

    dynamodb: AwsService
    kms: AwsService
    until: float


@dataclass(slots=True)
class _Place:
    """A viewer's session, once there is one."""

    flight: SingleFlight[_Session] = field(default_factory=SingleFlight[_Session])
    session: _Session | None = None


class ViewerSessions:
    """Implements ViewerCalls, keeping the sessions of the viewers that called last.

    Safe to share between threads.
    """

    def __init__(self, aws: Aws, role_arn: str, clock: Clock) -> None:
        self._aws = aws
        self._sts = aws.service("sts")
        self._role_arn = role_arn
        self._clock = clock
        self._places = LeastRecent[str, _Place](_MOST_SESSIONS)

    def call(
        self,
        viewer: str,
        service: Service,
        operation: str,
        request: Mapping[str, Any],
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        if not is_viewer(viewer):
            raise Unauthenticated("the token's sub is not the id of a viewer")
        place = self._places.get(viewer, _Place)
        session = self._session(viewer, place, deadline)
        try:
            return self._by(session, service, operation, request, deadline)
        except AwsUnavailable as error:
            if error.code not in _ENDED:
                raise failure(service, operation, error) from None
        # It was ended early, or this clock is wrong: once more with a new one, and no oftener.
        if place.session is session:
            place.session = None
        session = self._session(viewer, place, deadline)
        try:
            return self._by(session, service, operation, request, deadline)
        except AwsUnavailable as error:
            raise failure(service, operation, error) from None

    def _by(
        self,
        session: _Session,
        service: Service,
        operation: str,
        request: Mapping[str, Any],
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        called = session.dynamodb if service == "dynamodb" else session.kms
        seconds = min(deadline.remaining(), _CALL_SECONDS)
        return called.call(operation, request, seconds=seconds)

    def _session(self, viewer: str, place: _Place, deadline: Deadline) -> _Session:
        session = place.session
        if session and self._clock.now() < session.until:
            return session
        try:
            session, _ = place.flight.run(
                lambda: self._assume(viewer, deadline), patience=deadline.remaining()
            )
        except NotLanded:
            raise failure("sts", "AssumeRole", AwsUnavailable("Timeout", "")) from None
        place.session = session
        return session

    def _assume(self, viewer: str, deadline: Deadline) -> _Session:
        now = self._clock.now()
        request = {
            "RoleArn": self._role_arn,
            # What CloudTrail shows.
            "RoleSessionName": f"viewer-{viewer}"[:_MOST_NAME],
            "DurationSeconds": _SESSION_SECONDS,
            "Tags": [{"Key": "viewer", "Value": viewer}],
        }
        seconds = min(deadline.remaining(), _CALL_SECONDS)
        try:
            key = _key(self._sts.call("AssumeRole", request, seconds=seconds))
        except AwsUnavailable as error:
            raise failure("sts", "AssumeRole", error) from None
        return _Session(
            dynamodb=self._aws.service("dynamodb", key),
            kms=self._aws.service("kms", key),
            until=now + _SESSION_SECONDS - _MARGIN_SECONDS,
        )


def _key(answer: Mapping[str, Any]) -> SigningKey:
    """Raises AwsUnavailable where the answer has no key."""
    try:
        given = cast("Mapping[str, str]", answer["Credentials"])
        return SigningKey(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    except (KeyError, TypeError):
        raise AwsUnavailable("InvalidResponse", "a session without a key") from None


def failure(
    service: str, operation: str, error: AwsUnavailable
) -> RecordsUnavailable | Misconfigured:
    """Log that a call did not succeed, for the alarms, and return what to raise for it."""
    logger.warning(
        "%s %s did not succeed: %s",
        service,
        operation,
        error.code,
        extra={"event": "records_failure", "service": service, "code": error.code},
    )
    what = {"sts": "the viewer role", "kms": "the records' key"}.get(service, "the records table")
    if error.code in _DENIED:
        return Misconfigured(
            f"{operation} on {what} is denied ({error.code}): {_REMEDIES[service]}"
        )
    if error.code in _NOT_SET_UP:
        return Misconfigured(f"{what} cannot be used ({error.code}): {_REMEDIES[service]}")
    return RecordsUnavailable(f"{what} does not answer now ({error.code}): try again in a moment")
