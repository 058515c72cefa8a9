"""Where the alias goes on a release, a rollback and a canary."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from operations.errors import OperationError
from operations.release import Function, Release, canary, deploy_code, rollback


class Lambda:
    """boto3's Lambda client over versions in memory."""

    def __init__(self, *versions: str, live: str) -> None:
        self.versions = ["$LATEST", *versions]
        self.alias: dict[str, Any] = {"FunctionVersion": live}
        self.code = b""

    def get_alias(self, **_: str) -> Mapping[str, Any]:
        return self.alias

    def update_alias(
        self,
        *,
        FunctionName: str,  # noqa: N803 - boto3's
        Name: str,  # noqa: N803 - boto3's
        **changes: Any,
    ) -> None:
        assert (FunctionName, Name) == ("holdings", "live")
        self.alias = changes

    def update_function_code(self, *, FunctionName: str, ZipFile: bytes) -> None:  # noqa: N803
        self.code = ZipFile

    def publish_version(self, **_: str) -> Mapping[str, str]:
        self.versions.append(str(len(self.versions)))
        return {"Version": self.versions[-1]}

    def get_waiter(self, _: str) -> "Lambda":
        return self

    def wait(self, **_: str) -> None: ...

    def get_paginator(self, _: str) -> "Lambda":
        return self

    def paginate(self, **_: str) -> object:
        return [{"Versions": [{"Version": version} for version in self.versions]}]


def make(*versions: str, live: str) -> tuple[Function, Lambda]:
    client = Lambda(*versions, live=live)
    return Function(client, "holdings"), client


def test_new_code_becomes_a_version_and_all_requests_have_it(tmp_path: Path) -> None:
    archive = tmp_path / "holdings.zip"
    archive.write_bytes(b"new")
    function, client = make("1", "2", live="2")
    assert deploy_code(function, archive) == function.live() == Release("3")
    assert client.code == b"new"


def test_without_an_archive_the_mend_is_to_build_it(tmp_path: Path) -> None:
    function, client = make("1", live="1")
    with pytest.raises(OperationError, match="make package"):
        deploy_code(function, tmp_path / "none.zip")
    assert client.versions == ["$LATEST", "1"]


def test_a_rollback_goes_to_the_version_before_or_to_the_one_that_is_named() -> None:
    function, _ = make("1", "2", "9", "10", live="10")
    assert rollback(function) == function.live() == Release("9")
    assert rollback(function) == Release("2")
    assert rollback(function, "10") == Release("10")


def test_a_rollback_that_leads_nowhere_says_so() -> None:
    function, _ = make("1", live="1")
    with pytest.raises(OperationError, match="no version before 1"):
        rollback(function)
    with pytest.raises(OperationError, match="VERSION=7 is none of 1"):
        rollback(function, "7")


def test_a_canary_gets_its_share_and_gives_it_back() -> None:
    function, _ = make("1", "2", live="1")
    assert canary(function, "2", "10") == function.live() == Release("1", "2", 0.1)
    assert canary(function, "2", "0") == function.live() == Release("1")


@pytest.mark.parametrize("percent", ["100", "-1", "ten", "", "1.5"])
def test_a_share_is_a_whole_number_below_a_hundred(percent: str) -> None:
    function, _ = make("1", "2", live="1")
    with pytest.raises(OperationError, match="PERCENT="):
        canary(function, "2", percent)


def test_what_is_live_is_no_canary() -> None:
    function, _ = make("1", live="1")
    with pytest.raises(OperationError, match="live already"):
        canary(function, "1", "10")
