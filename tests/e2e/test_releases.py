"""A release on the emulated AWS: archive, versions, alias, alarms and log of the running stack."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from local.archive import PATH as ARCHIVE
from operations.deploy import Deployer
from operations.errors import OperationError
from operations.release import Function, Release, rollback
from operations.shift import LOOK_SECONDS, Plan
from operations.smoke import Fault
from operations.stack import Stack
from tests.builders import make_v2_event
from tests.e2e.conftest import Running

FUNCTION, PLANNER = "holdings-dev-api", "holdings-dev-plan"


def answering(running: Running) -> str:
    """The app's version behind the gateway."""
    url = f"{running.stack.gateway_url}/health"
    return str(requests.get(url, timeout=60).json()["version"])


def changed(path: Path, module: str, old: bytes, new: bytes) -> Path:
    """Write the archive with something else in the source of one module."""
    compiled = f"{Path(module).parent / '__pycache__' / Path(module).stem}."
    with zipfile.ZipFile(ARCHIVE) as archive, zipfile.ZipFile(path, "w") as written:
        for name in archive.namelist():
            if name.startswith(compiled):
                continue  # it would be run instead of the changed source
            data = archive.read(name)
            if name == module:
                assert old in data
                data = data.replace(old, new)
            written.writestr(name, data)
    return path


def other_version(path: Path) -> Path:
    return changed(path, "holdings/settings.py", b'VERSION = "', b'VERSION = "next+')


def outputs(running: Running) -> dict[str, Any]:
    """What Pulumi would tell of the stack, as far as a release asks; one job stands for all."""
    alarms = running.aws("cloudwatch").get_paginator("describe_alarms")
    function = running.aws("lambda").get_function_configuration(FunctionName=FUNCTION)
    prefix = FUNCTION.removesuffix("api")
    return {
        "function": FUNCTION,
        "function_log_group": function["LoggingConfig"]["LogGroup"],
        "alarms": {
            alarm["AlarmName"].removeprefix(prefix): alarm["AlarmName"]
            for page in alarms.paginate(AlarmNamePrefix=prefix)
            for alarm in page["MetricAlarms"]
        },
        "job_functions": {"forget": f"{prefix}forget"},
        "planner": PLANNER,
    }


@dataclass
class Operator:
    """Who deploys to the running stack, and looks at it each time the release waits."""

    running: Running
    said: list[str] = field(default_factory=list[str])
    meanwhile: Callable[[], object] = lambda: None
    shares: list[Release] = field(default_factory=list[Release])

    def __post_init__(self) -> None:
        self.outputs = outputs(self.running)
        self.function = Function(self.running.aws("lambda"), FUNCTION)

    @property
    def deployer(self) -> Deployer:
        def sleep(seconds: float) -> None:
            assert seconds == LOOK_SECONDS
            self.shares.append(self.function.live())
            self.meanwhile()

        stack = Stack("dev", self.outputs)
        return Deployer(stack, self.running.aws, self.said.append, self.said.append, sleep=sleep)

    def deploy(self, archive: Path, minutes: int = 1, url: str = "") -> list[str]:
        def check(version: str) -> Sequence[Fault]:
            asked = url or self.running.stack.gateway_url
            health = requests.get(f"{asked}/health", timeout=60).json()
            return [] if health["version"] == version else [Fault("health", of_code=True)]

        return list(self.deployer.deploy(archive, Plan(10, minutes), check))

    def code_of_jobs(self) -> set[str]:
        client = self.running.aws("lambda")
        names = [*self.outputs["job_functions"].values(), self.outputs["planner"]]
        return {client.get_function_configuration(FunctionName=n)["CodeSha256"] for n in names}


def digest(archive: Path) -> str:
    return base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()


@pytest.fixture
def operator(stack: Running) -> Iterator[Operator]:
    """What was live, and what the jobs ran, is so again afterwards."""
    operator = Operator(stack)
    live = operator.function.live()
    yield operator
    operator.function.point(live)
    if operator.code_of_jobs() != {digest(ARCHIVE)}:
        client = stack.aws("lambda")
        for name in [*operator.outputs["job_functions"].values(), operator.outputs["planner"]]:
            client.update_function_code(FunctionName=name, ZipFile=ARCHIVE.read_bytes())


def test_new_code_is_tried_watched_and_then_answers_everybody_and_the_jobs_have_it(
    stack: Running, operator: Operator, tmp_path: Path
) -> None:
    before = answering(stack)
    configuration = stack.aws("lambda").get_function_configuration(FunctionName=FUNCTION)
    archive, live = other_version(tmp_path / "new.zip"), operator.function.live().version

    said = operator.deploy(archive)
    version = operator.function.live().version
    assert said[0] == f"version {version} is live"
    assert operator.shares == [Release(live, version, 0.1)] * 3
    assert answering(stack) == f"next+{before}"
    assert operator.code_of_jobs() == {digest(archive)}

    assert rollback(operator.function).version == live
    assert answering(stack) == before
    moved = stack.aws("lambda").get_function_configuration(FunctionName=FUNCTION)
    unmoved = ("Role", "Environment", "MemorySize", "Timeout", "Handler", "LoggingConfig")
    assert {name: moved[name] for name in unmoved} == {
        name: configuration[name] for name in unmoved
    }


def test_an_alarm_of_the_stack_that_fires_ends_a_release(
    stack: Running, operator: Operator, tmp_path: Path
) -> None:
    cloudwatch, live = stack.aws("cloudwatch"), operator.function.live()
    jobs = operator.code_of_jobs()

    def set_alarm(state: str) -> None:
        name = operator.outputs["alarms"]["api-5xx"]
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")

    operator.meanwhile = lambda: set_alarm("ALARM")
    try:
        with pytest.raises(OperationError, match="alarm holdings-dev-api-5xx fires"):
            operator.deploy(other_version(tmp_path / "new.zip"))
    finally:
        set_alarm("OK")
    assert (operator.function.live(), operator.code_of_jobs()) == (live, jobs)


def test_a_version_whose_answers_are_errors_ends_its_release_by_its_own_log(
    operator: Operator, stack: Running, tmp_path: Path
) -> None:
    """The emulator knows no weights: what the share would ask is asked of the version itself."""
    live = operator.function.live()
    broken = changed(
        tmp_path / "broken.zip",
        "holdings/api/routes.py",
        b"        viewer = caller(",
        b'        raise RuntimeError("broken")\n        viewer = caller(',
    )

    def ask() -> None:
        stack.aws("lambda").invoke(
            FunctionName=FUNCTION,
            Qualifier=operator.function.live().canary,
            Payload=json.dumps(make_v2_event(path="/api/v1/holdings")),
        )

    operator.meanwhile = ask
    with pytest.raises(OperationError, match=r"logs an error: .*internal_error"):
        operator.deploy(broken)
    assert operator.function.live() == live


def test_code_that_does_not_start_is_asked_by_nobody(operator: Operator, tmp_path: Path) -> None:
    live = operator.function.live()
    broken = changed(tmp_path / "broken.zip", "app.py", b"import", b"import nothing\nimport")
    with pytest.raises(OperationError, match=r"does not answer /health, and what was live still"):
        operator.deploy(broken)
    assert (operator.shares, operator.function.live()) == ([], live)


def test_new_code_that_answers_wrongly_at_its_address_is_taken_back(
    operator: Operator, stack: Running, tmp_path: Path
) -> None:
    """Where no share is watched, the checks at the end are what finds it."""
    live = operator.function.live()
    older = stack.stack.api_url
    with pytest.raises(OperationError, match=r"^rolled back: version \d+ is live$"):
        operator.deploy(other_version(tmp_path / "new.zip"), minutes=0, url=older)
    assert operator.function.live() == live
