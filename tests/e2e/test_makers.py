"""Each function that makes a type of resource makes it once, updates it, and drops nothing."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from local.provision.inputs import UnknownInput
from local.provision.makers import MAKERS
from local.provision.program import EmulatedProvider
from local.provision.resources import Aws, Made, found
from local.provision.skipped import SKIPPED
from tests.e2e import maker_cases, maker_cases_api, maker_cases_watch, maker_cases_web
from tests.e2e.emulated import aws, emulator
from tests.e2e.maker_cases import Case

CASES = [
    *maker_cases.CASES,
    *maker_cases_api.CASES,
    *maker_cases_web.CASES,
    *maker_cases_watch.CASES,
]
TAGS = {"Project": "holdings"}
# What the project's own program declares: test_provision.py has it.
ELSEWHERE = ("aws:cognito", "aws:dynamodb", "aws:kms", "aws:secretsmanager")
CACHE_POLICY = "aws:cloudfront/getCachePolicy:getCachePolicy"


class Cloud:
    """An emulator in which every case was made, changed, and is made again."""

    def __init__(self, cloud: Aws, folder: Path) -> None:
        self.aws = cloud
        self.provider = EmulatedProvider(cloud, Made(folder / "provisioned.json"), TAGS)
        archive = folder / "app.zip"
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr("app.py", "def handler(event, context): return event")
        self.ids: dict[str, Any] = {"archive": pulumi.FileArchive(str(archive))}

    def ask(self, token: str, **asked: Any) -> dict[str, Any]:
        return self.provider.call(MockCallArgs(token, asked, ""))[0]

    def register(self, typ: str, name: str, /, **arguments: Any) -> tuple[str, dict[str, Any]]:
        physical_id, outputs = self.provider.new_resource(
            MockResourceArgs(typ, name, arguments, custom=True)
        )
        assert physical_id
        return physical_id, outputs

    def make(self, case: Case, **more: Any) -> tuple[str, dict[str, Any]]:
        physical_id, outputs = self.register(case.type, "it", **{**case.inputs(self.ids), **more})
        name = case.type.rpartition(":")[2]
        self.ids[name] = physical_id
        if name == "Role":
            self.ids["role_arn"] = outputs["arn"]
        return physical_id, outputs

    def told(self, case: Case, physical_id: str) -> Any:
        return case.now(self.aws, physical_id, self.ids)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("makers")
    with emulator(folder, enforce_iam=True) as running:
        yield Cloud(aws(running), folder)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type)
def test_it_is_made_once_and_updated_and_takes_nothing_unknown(case: Case, cloud: Cloud) -> None:
    made = cloud.make(case)
    assert cloud.told(case, made[0]) == case.values[0]

    assert cloud.make(case) == made
    assert cloud.told(case, made[0]) == case.values[0]

    assert cloud.make(case, **case.change)[0] == made[0]
    assert cloud.told(case, made[0]) == case.values[1]

    with pytest.raises((UnknownInput, ParamValidationError), match="olor"):
        cloud.make(case, color="red")


def test_every_maker_has_a_case_or_is_in_the_smallest_program() -> None:
    elsewhere = {typ for typ in MAKERS if typ.split("/")[0] in ELSEWHERE}

    assert {case.type for case in CASES} | elsewhere == MAKERS.keys()


def test_an_object_may_come_from_a_file(cloud: Cloud, tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<!doctype html>")
    bucket, _ = cloud.register("aws:s3/bucket:Bucket", "pages")

    key, _ = cloud.register(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "page",
        bucket=bucket,
        key="index.html",
        source=pulumi.FileAsset(str(page)),
    )

    found = cloud.aws.client("s3").get_object(Bucket=bucket, Key=key)
    assert found["Body"].read() == b"<!doctype html>"


@pytest.mark.parametrize(
    ("typ", "arguments", "told"),
    [
        ("aws:s3/bucketObjectv2:BucketObjectv2", {}, "takes content or a FileAsset"),
        ("aws:lambda/function:Function", {"code": None}, "takes code as a FileArchive of a zip"),
        (
            "aws:lambda/function:Function",
            {"code": pulumi.FileArchive("/no/such.zip")},
            "takes code as a FileArchive of a zip",
        ),
        (
            "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
            {"customHeadersConfig": {"colors": []}},
            r"does not know customHeadersConfig: \['colors'\]",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused(
    typ: str, arguments: dict[str, Any], told: str, cloud: Cloud
) -> None:
    with pytest.raises(UnknownInput, match=told):
        cloud.register(typ, "bad", **arguments)


def test_a_refusal_is_not_taken_for_absence(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="must start with alias/"):
        found(cloud.aws.kms.create_alias, AliasName="nonsense", TargetKeyId="k")


def test_the_first_region_takes_buckets_without_a_name(tmp_path: Path) -> None:
    with emulator(tmp_path) as running:
        first = Cloud(Aws(running.url, "us-east-1"), tmp_path)

        assert first.register("aws:s3/bucket:Bucket", "here")[1]["region"] == "us-east-1"


@pytest.mark.parametrize("left_out", SKIPPED)
def test_what_the_emulator_has_no_notion_of_is_left_out_with_the_reason(
    left_out: str, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    typ, _, argument = left_out.partition("#")
    case = next(case for case in CASES if case.type == typ)

    with caplog.at_level("INFO", "local.provision"):
        cloud.make(case, **{argument: ["ignored"]})

    assert f"it: no {argument} in the emulator: {SKIPPED[left_out]}" in caplog.messages


def test_a_type_that_the_emulator_has_no_notion_of_is_left_out_with_the_reason(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    provider = EmulatedProvider(
        cloud.aws, Made(Path("unused")), TAGS, skipped={"aws:moon/base:Base": "there is none"}
    )
    arguments: Any = {"name": "one", "size": 2.0}

    with caplog.at_level("INFO", "local.provision"):
        made = provider.new_resource(
            MockResourceArgs("aws:moon/base:Base", "base", arguments, custom=True)
        )

    assert made == ("base-skipped", arguments)
    assert caplog.messages == ["base: no aws:moon/base:Base in the emulator: there is none"]


def test_questions_about_place_and_managed_policies_are_answered(cloud: Cloud) -> None:
    optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    region = cloud.ask("aws:index/getRegion:getRegion")
    by_name = cloud.ask(CACHE_POLICY, name="Managed-CachingOptimized")

    assert region["name"] == cloud.aws.region
    assert by_name == {"id": optimized, "name": "Managed-CachingOptimized"}
    assert cloud.ask(CACHE_POLICY, id=optimized) == by_name
    with pytest.raises(UnknownInput, match="no managed cache policy"):
        cloud.ask(CACHE_POLICY, name="Managed-None")
