"""Which versions there are and where the alias goes, on a release, a rollback and a canary."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError

from operations.errors import OperationError
from operations.release import KEPT_VERSIONS, Function, Release, canary, rollback
from tests.integration.operations.conftest import NAME, Make, answer_with, package

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def silent(warned: str) -> None:
    raise AssertionError(warned)


def test_new_code_becomes_a_version_and_what_is_live_stays(
    make: Make, client: "LambdaClient", archive: Path
) -> None:
    function = make(2, live="1")
    canary(function, "2", "10", silent)
    before = client.get_function_configuration(FunctionName=NAME, Qualifier="2")["CodeSha256"]
    assert function.publish(archive) == "3"
    assert function.live() == Release("1", "2", 0.1)
    after = client.get_function_configuration(FunctionName=NAME, Qualifier="3")["CodeSha256"]
    assert after != before


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and no more", package("x")[:-30]])
def test_what_is_no_package_is_not_uploaded(
    make: Make, client: "LambdaClient", tmp_path: Path, content: bytes | None
) -> None:
    function = make(1, live="1")
    archive = tmp_path / "a.zip"
    if content is not None:
        archive.write_bytes(content)
    code = client.get_function(FunctionName=NAME)["Configuration"].get("CodeSha256")
    with pytest.raises(OperationError, match="make package"):
        function.publish(archive)
    with pytest.raises(OperationError, match="cannot be read: Is a directory"):
        function.publish(tmp_path)
    assert client.get_function(FunctionName=NAME)["Configuration"].get("CodeSha256") == code
    assert function.versions() == ["1"]


def test_an_archive_that_lambda_would_refuse_for_its_size_is_not_sent(
    make: Make, tmp_path: Path
) -> None:
    function = make(1, live="1")
    archive = tmp_path / "a.zip"
    archive.write_bytes(bytes(51 * 1024 * 1024) + package("behind what is not read"))
    with pytest.raises(OperationError, match="50 MB"):
        function.publish(archive)


@pytest.mark.parametrize(
    ("asked", "answer", "what"),
    [
        (
            "GetFunction",
            {"Configuration": {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no app"}},
            "the code",
        ),
        ("GetFunctionConfiguration", {"State": "Failed", "StateReason": "no app"}, "version 2"),
        ("GetFunctionConfiguration", {"State": "Failed"}, "version 2"),
    ],
)
def test_code_that_does_not_start_leaves_live_what_is_live(
    make: Make,
    client: "LambdaClient",
    archive: Path,
    asked: str,
    answer: dict[str, object],
    what: str,
) -> None:
    function = make(1, live="1")
    answer_with(client, f"lambda.{asked}", json.dumps(answer).encode())
    with pytest.raises(OperationError, match=f"{what} does not start, .*: .*(no app|Waiter)"):
        function.publish(archive)
    assert function.live() == Release("1")


def test_old_versions_go_but_those_of_an_alias_or_a_canary_and_some_to_go_back_to(
    make: Make, client: "LambdaClient"
) -> None:
    function = make(12, live="12")
    client.create_alias(
        FunctionName=NAME,
        Name="other",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {"4": 0.5}},
    )
    client.create_alias(FunctionName=NAME, Name="another", FunctionVersion="9")
    assert function.remove_old_versions(silent) == ["1", "3", "5", "6", "7"]
    assert function.versions() == ["2", "4", "8", "9", "10", "11", "12"]
    assert function.live() == Release("12")


def test_few_versions_are_all_kept(make: Make) -> None:
    function = make(KEPT_VERSIONS, live="1")
    assert function.remove_old_versions(silent) == []
    assert len(function.versions()) == KEPT_VERSIONS


def test_a_version_that_got_an_alias_just_now_stays(make: Make, client: "LambdaClient") -> None:
    function = make(7, live="7")

    def refuse(params: dict[str, str], **_: object) -> None:
        if params["Qualifier"] == "1":
            raise client.exceptions.ResourceConflictException(
                {"Error": {"Code": "ResourceConflictException", "Message": "in use"}}, "Delete"
            )

    client.meta.events.register("before-parameter-build.lambda.DeleteFunction", refuse)
    assert function.remove_old_versions(silent) == ["2"]


def test_versions_that_may_not_be_deleted_are_warned_of(make: Make, client: "LambdaClient") -> None:
    function = make(7, live="7")
    denied = b'{"__type": "AccessDeniedException", "message": "not authorized"}'
    answer_with(client, "lambda.DeleteFunction", denied, status=403)
    warnings: list[str] = []
    assert function.remove_old_versions(warnings.append) == []
    [warning] = warnings
    assert warning.startswith("not all old versions were removed. AWS answers: ")
    assert function.live() == Release("7")


def test_a_rollback_goes_to_the_version_before_or_to_the_one_that_is_named(make: Make) -> None:
    function = make(10, live="10")
    assert rollback(function) == function.live() == Release("9")
    assert rollback(function) == Release("8")
    assert rollback(function, "10") == function.live() == Release("10")


def test_a_rollback_first_ends_a_canary(make: Make) -> None:
    function = make(3, live="2")
    canary(function, "3", "10", silent)
    assert rollback(function) == function.live() == Release("2")
    assert rollback(function) == Release("1")


@pytest.mark.parametrize("version", ["7", "$LATEST", "live", "1 ", "01", "\u0661", "-1", "1;2"])
def test_a_version_is_one_of_those_published(make: Make, version: str) -> None:
    function = make(2, live="1")
    with pytest.raises(OperationError, match=r"VERSION=.* is none of 1, 2"):
        rollback(function, version)
    with pytest.raises(OperationError, match=r"VERSION=.* is none of 1, 2"):
        canary(function, version, "10", silent)
    assert function.live() == Release("1")


def test_a_rollback_that_leads_nowhere_says_so(make: Make) -> None:
    with pytest.raises(OperationError, match="no version before 1"):
        rollback(make(1, live="1"))


def test_from_code_that_is_no_version_a_rollback_needs_a_version(make: Make) -> None:
    function = make(2, live="$LATEST")
    with pytest.raises(OperationError, match=r"live points to \$LATEST.*VERSION=, one of 1, 2"):
        rollback(function)
    assert rollback(function, "2") == Release("2")


def test_a_canary_gets_its_share_and_gives_it_back(make: Make) -> None:
    function = make(3, live="1")
    assert canary(function, "2", "10", silent) == function.live() == Release("1", "2", 0.1)
    assert canary(function, "3", "5", silent) == function.live() == Release("1", "3", 0.05)
    assert canary(function, "3", "0", silent) == function.live() == Release("1")
    canary(function, "2", "99", silent)
    assert canary(function, "", "0", silent) == function.live() == Release("1")


@pytest.mark.parametrize("percent", ["100", "-1", "ten", "", "1.5", " 5", "\u0665", "9" * 5000])
def test_a_share_is_a_whole_number_below_a_hundred(make: Make, percent: str) -> None:
    function = make(2, live="1")
    with pytest.raises(OperationError, match="PERCENT="):
        canary(function, "2", percent, silent)
    assert function.live() == Release("1")


def test_what_is_live_is_no_canary(make: Make) -> None:
    with pytest.raises(OperationError, match="live already"):
        canary(make(1, live="1"), "1", "10", silent)


@pytest.mark.parametrize(("status", "warned"), [(200, True), (404, False), (403, False)])
def test_a_canary_beside_instances_that_are_kept_ready_is_warned_of(
    make: Make, client: "LambdaClient", status: int, warned: bool
) -> None:
    function = make(2, live="1")
    answer_with(
        client, "lambda.GetProvisionedConcurrencyConfig", b'{"Status": "READY"}', status=status
    )
    warnings: list[str] = []
    assert canary(function, "2", "10", warnings.append) == function.live()
    assert [text[:36] for text in warnings] == ["live has provisioned concurrency: La"] * warned
    canary(function, "2", "0", silent)


def test_a_function_that_is_not_there_is_not_taken_for_a_login(aws: Session) -> None:
    function = Function(aws.client("lambda"), "none")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        rollback(function)
