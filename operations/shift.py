"""A release in two steps: a share of the requests while it is watched, then all of them.

docs/decisions/0033-a-watched-share.md says why by the alias itself, and what is watched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.errors import AwsError, OperationError, explain
from operations.release import Function, Release
from operations.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

LOOK_SECONDS = 20
_DAY_OF_MINUTES = 24 * 60
# What CloudWatch is asked for by name in one call.
_MOST_NAMES = 100
# A term that each line of the app, and of Lambda's runtime, has at that level.
_ERROR = '"ERROR"'
_SHOWN_LETTERS = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a share, in per cent from 1 to 99, is watched for how long; 0 minutes is not."""

    percent: int
    minutes: int

    @classmethod
    def of(cls, stack: Stack, percent: str = "", minutes: str = "") -> "Plan":
        """Return what is asked for, else what the stack says. Raises OperationError."""
        said = stack.mapping("release")
        plan = cls(
            _whole("PERCENT", percent or said["percent"], 99),
            _whole("MINUTES", minutes or said["minutes"], _DAY_OF_MINUTES),
        )
        if not plan.percent:
            raise OperationError(
                "PERCENT=0 of the requests show nothing: MINUTES=0 skips the share"
            )
        return plan


def _whole(name: str, given: object, most: int) -> int:
    text = str(given)
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= most):
        raise OperationError(f"{name}={text} must be a whole number from 0 to {most}")
    return int(text)


class Watch:
    """What speaks against a new version: an alarm of the stack that fires, an error in its log.

    `cloudwatch` is boto3's client, for which no stubs are installed.
    """

    def __init__(
        self,
        cloudwatch: Any,
        logs: "CloudWatchLogsClient",
        *,
        alarms: Sequence[str],
        log_group: str,
    ) -> None:
        self._cloudwatch, self._logs = cloudwatch, logs
        self._alarms, self._log_group = alarms, log_group
        self._known: set[str] = set()

    def begin(self) -> Sequence[str]:
        """Return the alarms that fire already: they are not held against a version.

        Raises OperationError where one of the stack's is gone, as nothing would be seen by it.
        """
        self._known = self._firing()
        return sorted(self._known)

    def objection(self, version: str, since: float) -> str:
        """Return what speaks against `version`, live since that moment (seconds since 1970)."""
        firing = self._firing()
        # One that is over and fires anew counts.
        self._known &= firing
        if new := sorted(firing - self._known):
            return f"alarm {', '.join(new)} fires"
        if line := self._error_of(version, since):
            return f"version {version} logs an error: {line}"
        return ""

    def _firing(self) -> set[str]:
        states: dict[str, str] = {}
        for start in range(0, len(self._alarms), _MOST_NAMES):
            names = self._alarms[start : start + _MOST_NAMES]
            answer = self._cloudwatch.describe_alarms(AlarmNames=names, MaxRecords=_MOST_NAMES)
            states |= {
                alarm.get("AlarmName", ""): alarm.get("StateValue", "")
                for alarm in answer["MetricAlarms"]
            }
        if gone := sorted(set(self._alarms) - states.keys()):
            raise OperationError(f"alarm {', '.join(gone)} is not there: `make up` makes it")
        return {name for name, state in states.items() if state == "ALARM"}

    def _error_of(self, version: str, since: float) -> str:
        """Return the first line at that level in the streams that Lambda names after a version.

        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
        """
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._log_group, startTime=int(since * 1000), filterPattern=_ERROR
        )
        for page in pages:
            for event in page.get("events", []):
                if f"[{version}]" in event.get("logStreamName", ""):
                    return event.get("message", "").strip()[:_SHOWN_LETTERS]
        return ""


def shift(
    function: Function,
    version: str,
    plan: Plan,
    watch: Watch,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
) -> Release:
    """Let all requests have `version`, after a share of them for as long as `plan` says.

    What was live is so again, and OperationError says why, if anything speaks against it, if
    that cannot be seen, or on an interrupt, which is passed on.
    """
    before = function.live()
    release = Release(version)
    if plan.minutes and version != before.version:
        _watch_share(function, before.version, version, plan, watch, now=now, sleep=sleep, say=say)
    function.point(release)
    return release


def _watch_share(
    function: Function,
    live: str,
    version: str,
    plan: Plan,
    watch: Watch,
    *,
    now: Callable[[], float],
    sleep: Callable[[float], None],
    say: Callable[[str], None],
) -> None:
    if firing := watch.begin():
        say(f"alarm {', '.join(firing)} fires already: it is not held against version {version}")
    share = Release(live, version, plan.percent / 100)
    since = now()
    function.point(share)
    say(
        f"version {version} has {plan.percent} % of the requests for {plan.minutes} minutes; "
        "Ctrl-C takes them away again"
    )
    try:
        _look(function, share, plan, watch, since=since, sleep=sleep)
    except _Moved:
        raise
    except OperationError as error:
        raise OperationError(f"{error}\n{_take_back(function, live, version)}") from None
    except AwsError as error:
        raise OperationError(f"{explain(error)}\n{_take_back(function, live, version)}") from None
    except BaseException:
        say(_take_back(function, live, version))
        raise


def _look(
    function: Function,
    share: Release,
    plan: Plan,
    watch: Watch,
    *,
    since: float,
    sleep: Callable[[float], None],
) -> None:
    """Return when nothing has spoken against a version for as long as was planned."""
    for _ in range(0, plan.minutes * 60, LOOK_SECONDS):
        sleep(LOOK_SECONDS)
        if (found := function.live()) != share:
            raise _Moved(
                f"somebody else has moved live meanwhile, and it stays so: {found.version}"
            )
        if objection := watch.objection(share.canary, since):
            raise OperationError(objection)


class _Moved(OperationError):
    """What is live is another's decision by now."""


def _take_back(function: Function, live: str, version: str) -> str:
    try:
        function.point(Release(live))
    except AwsError as error:
        raise OperationError(
            f"version {version} still has its share of the requests: `make rollback` ends it. "
            f"{explain(error)}"
        ) from None
    return f"rolled back: version {live} has all requests, version {version} none"
