"""A release on its way: who has which code after each thing that may come between."""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError
from werkzeug import Request, Response

from local.served import Served
from operations.deploy import Deployer
from operations.errors import OperationError
from operations.release import Function, Release
from operations.shift import LOOK_SECONDS, Plan
from operations.smoke import Fault
from operations.stack import Stack
from tests.integration.operations.conftest import NAME, Make, answer_with, package

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

LOG_GROUP = "/aws/lambda/holdings-dev-api"
ALARMS = ("holdings-dev-api-5xx", "holdings-dev-plan-missing")
JOBS = ("holdings-dev-forget", "holdings-dev-plan")
NEW = package("new")
# CloudWatch takes no old lines.
NOW = time.time()
HEALTHY = json.dumps({"statusCode": 200, "body": '{"status": "ok", "version": "2.0"}'})
# Three looks.
MINUTE = Plan(10, 1)


def digest(code: bytes) -> str:
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


@dataclass
class Cloud:
    """An account with version 1 live, alarms that are quiet, and jobs with code of their own."""

    clients: dict[str, Any]
    deployer: Deployer
    function: Function
    said: list[str] = field(default_factory=list[str])
    # What happens at each look, the last one for all that follow; what was live then.
    meanwhile: list[Callable[[], object]] = field(default_factory=list[Callable[[], object]])
    seen: list[Release] = field(default_factory=list[Release])

    def deploy(self, archive: Path, plan: Plan = MINUTE, faults: Sequence[Fault] = ()) -> list[str]:
        def sleep(seconds: float) -> None:
            assert seconds == LOOK_SECONDS
            self.seen.append(self.function.live())
            if self.meanwhile:
                self.meanwhile.pop(0)()

        def smoke(version: str) -> Sequence[Fault]:
            self.said.append(f"asked for {version}")
            return faults

        return list(replace(self.deployer, sleep=sleep).deploy(archive, plan, smoke))

    def set_alarm(self, name: str, state: str) -> Callable[[], None]:
        return lambda: self.clients["cloudwatch"].set_alarm_state(
            AlarmName=name, StateValue=state, StateReason="a test"
        )

    def log(self, version: str, message: str, after: float = 1) -> None:
        stream = f"2026/11/27/{NAME}[{version}]{after}"
        self.clients["logs"].create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        self.clients["logs"].put_log_events(
            logGroupName=LOG_GROUP,
            logStreamName=stream,
            logEvents=[{"timestamp": int((NOW + after) * 1000), "message": message}],
        )

    def code_of_jobs(self) -> set[str]:
        return {
            self.clients["lambda"].get_function_configuration(FunctionName=job)["CodeSha256"]
            for job in JOBS
        }


@pytest.fixture
def kept() -> Iterator[str]:
    """Where Lambda keeps the code of the new version."""
    with Served(Request.application(lambda _: Response(NEW))) as served:
        yield served.url


@pytest.fixture
def cloud(aws: Session, make: Make, client: "LambdaClient", archive: Path, kept: str) -> Cloud:
    archive.write_bytes(NEW)
    function = make(1, live="1")
    role = aws.client("iam").get_role(RoleName="r")["Role"]["Arn"]
    for job in JOBS:
        client.create_function(
            FunctionName=job,
            Runtime="python3.13",
            Role=role,
            Handler="x.handler",
            Code={"ZipFile": package("old")},
        )
    clients: dict[str, Any] = {"lambda": client, "logs": aws.client("logs")}
    clients["cloudwatch"] = Session().client("cloudwatch")
    clients["logs"].create_log_group(logGroupName=LOG_GROUP)
    for alarm in ALARMS:
        clients["cloudwatch"].put_metric_alarm(
            AlarmName=alarm,
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
    answer_with(client, "lambda.Invoke", HEALTHY.encode())
    answer_with(client, "lambda.GetFunction", whole(digest(NEW), kept))
    outputs = {
        "region": "eu-west-1",
        "function": NAME,
        "function_log_group": LOG_GROUP,
        "alarms": dict(zip(("api-5xx", "plan-missing"), ALARMS, strict=True)),
        "job_functions": {"forget": JOBS[0]},
        "planner": JOBS[1],
    }
    said: list[str] = []
    deployer = Deployer(
        Stack("dev", outputs), clients.__getitem__, said.append, said.append, now=lambda: NOW
    )
    return Cloud(clients, deployer, function, said)


def whole(sha: str, location: str) -> bytes:
    """Lambda's answer to GetFunction."""
    settings = {"State": "Active", "LastUpdateStatus": "Successful", "CodeSha256": sha}
    return json.dumps({"Configuration": settings, "Code": {"Location": location}}).encode()


def test_new_code_has_its_share_while_it_is_watched_then_everything_and_so_have_the_jobs(
    cloud: Cloud, archive: Path
) -> None:
    assert cloud.deploy(archive) == ["version 2 is live", "2 job functions run its code"]
    assert cloud.seen == [Release("1", "2", 0.1)] * 3
    assert cloud.function.live() == Release("2")
    assert cloud.code_of_jobs() == {digest(NEW)}
    assert cloud.said == [
        "version 2 has 10 % of the requests for 1 minutes; Ctrl-C takes them away again",
        "asked for 2.0",
    ]


def test_without_a_window_all_requests_have_it_at_once(cloud: Cloud, archive: Path) -> None:
    cloud.deploy(archive, Plan(10, 0))
    assert (cloud.seen, cloud.function.live()) == ([], Release("2"))


def rolled_back(cloud: Cloud, archive: Path, because: str) -> None:
    old = cloud.code_of_jobs()
    with pytest.raises(OperationError, match=because) as error:
        cloud.deploy(archive)
    assert str(error.value).endswith("rolled back: version 1 has all requests, version 2 none")
    assert cloud.function.live() == Release("1")
    assert cloud.code_of_jobs() == old


def test_an_alarm_that_fires_takes_the_share_away(cloud: Cloud, archive: Path) -> None:
    cloud.meanwhile = [lambda: None, cloud.set_alarm(ALARMS[0], "ALARM")]
    rolled_back(cloud, archive, f"^alarm {ALARMS[0]} fires\n")
    assert len(cloud.seen) == 2


def test_an_alarm_from_before_is_told_and_held_against_nobody_until_it_fires_anew(
    cloud: Cloud, archive: Path
) -> None:
    cloud.set_alarm(ALARMS[1], "ALARM")()
    cloud.meanwhile = [
        lambda: None,
        cloud.set_alarm(ALARMS[1], "OK"),
        cloud.set_alarm(ALARMS[1], "ALARM"),
    ]
    rolled_back(cloud, archive, f"^alarm {ALARMS[1]} fires\n")
    assert len(cloud.seen) == 3
    assert cloud.said[0] == (f"alarm {ALARMS[1]} fires already: it is not held against version 2")


def test_an_alarm_that_is_gone_sees_nothing_and_stops_it_before_anything_is_live(
    cloud: Cloud, archive: Path
) -> None:
    cloud.clients["cloudwatch"].delete_alarms(AlarmNames=[ALARMS[0]])
    with pytest.raises(OperationError, match=f"alarm {ALARMS[0]} is not there: `make up`"):
        cloud.deploy(archive)
    assert (cloud.seen, cloud.function.live()) == ([], Release("1"))


def test_an_error_in_the_new_versions_log_takes_the_share_away(cloud: Cloud, archive: Path) -> None:
    line = '{"level": "ERROR", "event": "problem", "code": "internal_error"}'
    cloud.meanwhile = [lambda: cloud.log("2", line)]
    rolled_back(cloud, archive, '^version 2 logs an error: {"level": "ERROR"')


def test_other_lines_and_those_of_other_versions_or_from_before_speak_against_nobody(
    cloud: Cloud, archive: Path
) -> None:
    cloud.log("1", '{"level": "ERROR"}')
    cloud.log("2", '{"level": "ERROR"}', after=-60)
    cloud.log("2", '{"level": "WARNING"}', after=2)
    cloud.log("12", '{"level": "ERROR"}', after=3)
    assert cloud.deploy(archive)[0] == "version 2 is live"


@pytest.mark.parametrize(
    ("service", "operation"), [("cloudwatch", "DescribeAlarms"), ("logs", "FilterLogEvents")]
)
def test_what_cannot_be_seen_takes_the_share_away(
    cloud: Cloud, archive: Path, service: str, operation: str
) -> None:
    denied = b'{"__type": "AccessDeniedException", "message": "not authorized"}'
    client = cloud.clients[service]
    cloud.meanwhile = [lambda: answer_with(client, f"{service}.{operation}", denied, 403)]
    rolled_back(cloud, archive, "^AWS ")
    assert len(cloud.seen) == 1


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupt_takes_the_share_away(cloud: Cloud, archive: Path) -> None:
    cloud.meanwhile = [interrupt]
    with pytest.raises(KeyboardInterrupt):
        cloud.deploy(archive)
    assert cloud.function.live() == Release("1")
    assert cloud.said[-1] == "rolled back: version 1 has all requests, version 2 none"


def test_a_share_that_cannot_be_taken_away_is_named_with_the_command_that_does(
    cloud: Cloud, archive: Path
) -> None:
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "UpdateAlias")

    def fire_and_deny() -> None:
        cloud.set_alarm(ALARMS[0], "ALARM")()
        events = cloud.clients["lambda"].meta.events
        events.register("before-parameter-build.lambda.UpdateAlias", refuse)

    cloud.meanwhile = [fire_and_deny]
    with pytest.raises(OperationError, match=r"2 still has its share .*: `make rollback` ends it"):
        cloud.deploy(archive)
    assert cloud.function.live() == Release("1", "2", 0.1)


def test_what_somebody_else_has_made_live_meanwhile_stays(cloud: Cloud, archive: Path) -> None:
    cloud.meanwhile = [lambda: cloud.function.point(Release("1", "2", 0.5))]
    with pytest.raises(OperationError, match="somebody else has moved live"):
        cloud.deploy(archive)
    assert cloud.function.live() == Release("1", "2", 0.5)


@pytest.mark.parametrize(
    "answer",
    [
        '{"errorMessage": "No module named app", "errorType": "Runtime.ImportModuleError"}',
        '{"statusCode": 500, "body": "{\\"status\\": \\"ok\\", \\"version\\": \\"2\\"}"}',
        '{"statusCode": 200, "body": "<html>"}',
        '{"statusCode": 200, "body": "{}"}',
        "null",
        "",
    ],
)
def test_a_version_that_does_not_answer_is_never_live(
    cloud: Cloud, archive: Path, answer: str
) -> None:
    answer_with(cloud.clients["lambda"], "lambda.Invoke", answer.encode())
    with pytest.raises(OperationError, match=r"^version 2 does not answer /health, and what was"):
        cloud.deploy(archive)
    assert (cloud.seen, cloud.function.live()) == ([], Release("1"))


def test_a_smoke_that_other_code_may_put_right_brings_the_old_code_back(
    cloud: Cloud, archive: Path
) -> None:
    old = cloud.code_of_jobs()
    with pytest.raises(OperationError, match=r"^rolled back: version 1 is live$"):
        cloud.deploy(archive, Plan(10, 0), [Fault("health", of_code=True)])
    assert (cloud.function.live(), cloud.code_of_jobs()) == (Release("1"), old)


def test_a_fault_of_the_page_is_told_and_the_code_stays(cloud: Cloud, archive: Path) -> None:
    fault = Fault("the page's headers", of_code=False)
    with pytest.raises(OperationError, match=r"version 2 is live, but .*: the page's headers$"):
        cloud.deploy(archive, Plan(10, 0), [fault])
    assert (cloud.function.live(), cloud.code_of_jobs()) == (Release("2"), {digest(NEW)})


def test_code_that_cannot_be_read_back_is_told_without_the_way_in(cloud: Cloud) -> None:
    answer_with(
        cloud.clients["lambda"],
        "lambda.GetFunction",
        whole(digest(NEW), "http://127.0.0.1:1/signed?token=x"),
    )
    with pytest.raises(OperationError, match="code of version 1 cannot be read back") as error:
        cloud.deployer.rollback("1")
    assert "token" not in str(error.value)


def test_code_that_is_not_the_versions_goes_to_no_job(cloud: Cloud, kept: str) -> None:
    old = cloud.code_of_jobs()
    answer_with(cloud.clients["lambda"], "lambda.GetFunction", whole(digest(b"other"), kept))
    with pytest.raises(OperationError, match="the code of version 1 is other code"):
        cloud.deployer.rollback("1")
    assert cloud.code_of_jobs() == old


def test_jobs_follow_a_rollback_and_one_that_cannot_is_named(cloud: Cloud) -> None:
    client = cloud.clients["lambda"]
    assert cloud.deployer.rollback("1") == Release("1")
    assert cloud.code_of_jobs() == {digest(NEW)}
    client.delete_function(FunctionName=JOBS[0])
    client.create_function(
        FunctionName=JOBS[0],
        Runtime="python3.13",
        Role="arn:aws:iam::123456789012:role/r",
        Handler="x.handler",
        Code={"ZipFile": package("old")},
    )
    denied = b'{"__type": "AccessDeniedException", "message": "not authorized"}'
    answer_with(client, "lambda.UpdateFunctionCode", denied, 403)
    with pytest.raises(OperationError, match=f"version 1 is live, but {JOBS[0]} may still run"):
        cloud.deployer.rollback("1")


@pytest.mark.parametrize(
    ("percent", "minutes", "plan"),
    [("", "", Plan(10, 15)), ("5", "", Plan(5, 15)), ("", "0", Plan(10, 0))],
)
def test_what_is_typed_comes_before_what_the_stack_says(
    percent: str, minutes: str, plan: Plan
) -> None:
    stack = Stack("prod", {"release": {"percent": 10, "minutes": 15}})
    assert Plan.of(stack, percent, minutes) == plan


@pytest.mark.parametrize("typed", ["0", "100", "-1", "ten", "1.5", " 5", "\u0665", "9" * 5000])
def test_a_share_is_a_whole_number_from_one_to_99(typed: str) -> None:
    stack = Stack("prod", {"release": {"percent": 10, "minutes": 15}})
    with pytest.raises(OperationError, match="PERCENT="):
        Plan.of(stack, typed)


@pytest.mark.parametrize("typed", ["1441", "-1", "a"])
def test_a_window_is_a_day_at_most(typed: str) -> None:
    stack = Stack("prod", {"release": {"percent": 10, "minutes": 15}})
    with pytest.raises(OperationError, match="MINUTES="):
        Plan.of(stack, "", typed)
