"""`make deploy-code` and `make rollback`, from the archive to what everybody and every job runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.errors import OperationError
from operations.job_code import follow
from operations.release import BESIDE_INSTANCES, Function, Release, rollback
from operations.shift import Plan, Watch, shift
from operations.smoke import Fault
from operations.stack import Stack
from operations.trial import try_out


@dataclass(frozen=True, slots=True)
class Deployer:
    """What moves the code of one stack. `client` makes boto3's client of a service."""

    stack: Stack
    client: Callable[[str], Any]
    say: Callable[[str], None]
    warn: Callable[[str], None]
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @property
    def function(self) -> Function:
        return Function(self.client("lambda"), self.stack["function"])

    def deploy(
        self, archive: Path, plan: Plan, smoke: Callable[[str], Sequence[Fault]]
    ) -> Sequence[str]:
        """Publish the archive, let all requests and jobs have it, and return what to say.

        `smoke` is given the app's version that has to answer. Raises OperationError, with what is
        live then, when any step finds the new code wanting.
        """
        stack, function, name = self.stack, self.function, self.stack["function"]
        jobs = self._jobs()  # before anything is changed
        watch = Watch(
            self.client("cloudwatch"),
            self.client("logs"),
            alarms=list(stack.mapping("alarms").values()),
            log_group=stack["function_log_group"],
        )
        before = function.live().version
        version = function.publish(archive)
        told = try_out(self.client("lambda"), name, version)
        if plan.minutes and function.keeps_instances():
            self.warn(BESIDE_INSTANCES)
        shift(
            function,
            version,
            plan,
            watch,
            now=self.now,
            sleep=self.sleep,
            say=self.say,
        )
        faults = self._smoke_or_back(smoke, told, before)
        changed = follow(self.client("lambda"), name, version, jobs, self.warn)
        removed = function.remove_old_versions(self.warn)
        if faults:
            raise OperationError(
                f"version {version} is live, but something beside the code is wrong: "
                f"{', '.join(fault.name for fault in faults)}"
            )
        said = [f"version {version} is live"]
        said += [f"{len(changed)} job functions run its code"] * bool(changed)
        said += [f"removed old version {', '.join(removed)}"] * bool(removed)
        return said

    def _smoke_or_back(
        self, smoke: Callable[[str], Sequence[Fault]], told: str, before: str
    ) -> Sequence[Fault]:
        function = self.function
        try:
            faults = smoke(told)
        except BaseException:
            function.point(Release(before))
            self.say(f"rolled back: version {before} is live")
            raise
        if any(fault.of_code for fault in faults):
            function.point(Release(before))
            raise OperationError(f"rolled back: version {before} is live")
        return faults

    def rollback(self, version: str) -> Release:
        """Point back to `version`, as release.rollback says, with the jobs."""
        jobs = self._jobs()
        release = rollback(self.function, version)
        follow(self.client("lambda"), self.stack["function"], release.version, jobs, self.warn)
        return release

    def _jobs(self) -> Sequence[str]:
        return [*self.stack.mapping("job_functions").values(), self.stack["planner"]]
