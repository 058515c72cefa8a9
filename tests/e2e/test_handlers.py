"""Each type of resource is made once and updated, with nothing dropped."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import jmespath
import pulumi
import pytest
import yaml
from botocore.exceptions import ClientError
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from local.provision import Aws
from local.provision.aws import UnknownInput
from local.provision.program import HANDLERS, SKIPPED, EmulatedProvider, Ids
from local.provision.resource import Resource
from local.settings import LocalError
from tests.e2e.emulated import aws, emulator

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("handler_cases.yaml").read_text()
)
TAGS = {"Project": "holdings"}
# What the project's own program declares: test_provision.py has it.
ELSEWHERE = ("aws:cognito", "aws:dynamodb", "aws:kms", "aws:secretsmanager")


class Cloud:
    """An emulator in which every case was made, changed, and is made again."""

    def __init__(self, cloud: Aws, folder: Path) -> None:
        self.aws = cloud
        self.provider = EmulatedProvider(cloud, Ids(folder / "provisioned.json"), TAGS)
        archive = folder / "app.zip"
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr("app.py", "def handler(event, context): return event")
        self.known: dict[str, Any] = {"$archive": pulumi.FileArchive(str(archive))}

    def register(self, typ: str, name: str, /, **arguments: Any) -> tuple[str, dict[str, Any]]:
        physical_id, outputs = self.provider.new_resource(
            MockResourceArgs(typ, name, arguments, custom=True)
        )
        assert physical_id
        return physical_id, outputs

    def make(self, case: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
        arguments = self._with_ids({**case["arguments"], **more})
        physical_id, outputs = self.register(case["type"], "it", **arguments)
        name = f"${case['type'].rpartition(':')[2]}"
        self.known |= {"$": physical_id, name: physical_id, f"{name}.arn": outputs.get("arn")}
        return physical_id, outputs

    def answers(self, case: dict[str, Any]) -> list[Any]:
        """Return what AWS tells of the case that was made last."""
        client = Resource(case["type"], "it", {}, self.aws).client
        found: list[Any] = []
        for operation, key, path, *_ in case["answers"]:
            answer = getattr(client, operation)(**self._with_ids(key))
            found.append(cast("Any", jmespath).search(path, _parsed(answer)))
        return found

    def _with_ids(self, value: Any) -> Any:
        match value:
            case dict():
                items = cast("dict[str, Any]", value).items()
                return {key: self._with_ids(item) for key, item in items}
            case list():
                return [self._with_ids(item) for item in cast("list[Any]", value)]
            case str():
                return self.known.get(value, value)
            case _:
                return value


def _parsed(answer: Any) -> Any:
    """Return an answer with what its policies, bodies and dashboards say."""
    match answer:
        case dict():
            items = cast("dict[str, Any]", answer).items()
            return {key: _parsed(item) for key, item in items}
        case list():
            return [_parsed(item) for item in cast("list[Any]", answer)]
        case str() if answer.startswith(("{", "[")):
            return json.loads(answer)
        case _ if hasattr(answer, "read"):
            return json.loads(answer.read())
        case _:
            return answer


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("makers")
    with emulator(folder, enforce_iam=True) as running:
        yield Cloud(aws(running), folder)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["type"])
def test_it_is_made_once_and_updated_and_takes_nothing_unknown(
    case: dict[str, Any], cloud: Cloud
) -> None:
    before, after = ([answer[place] for answer in case["answers"]] for place in (3, 4))

    made = cloud.make(case)
    assert cloud.answers(case) == before

    assert cloud.make(case) == made
    assert cloud.answers(case) == before

    assert cloud.make(case, **case["change"])[0] == made[0]
    assert cloud.answers(case) == after

    with pytest.raises(UnknownInput, match=r"does not know \['(newBudget\.)?color'\]"):
        cloud.make(case, color="red")


def test_every_type_has_a_case_or_is_in_the_smallest_program() -> None:
    elsewhere = {typ for typ in HANDLERS if typ.split("/")[0] in ELSEWHERE}

    assert {case["type"] for case in CASES} | elsewhere == HANDLERS.keys()


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
        ("aws:s3/bucketObjectv2:BucketObjectv2", {}, "neither content nor a FileAsset"),
        ("aws:lambda/function:Function", {"code": None}, "code that is no FileArchive of a zip"),
        (
            "aws:lambda/function:Function",
            {"code": pulumi.FileArchive("/no/such.zip")},
            "code that is no FileArchive of a zip",
        ),
        (
            "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
            {"customHeadersConfig": {"colors": []}},
            r"does not know \['customHeadersConfig.colors'\]",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused(
    typ: str, arguments: dict[str, Any], told: str, cloud: Cloud
) -> None:
    with pytest.raises(UnknownInput, match=told):
        cloud.register(typ, "bad", **arguments)


def test_what_an_update_cannot_change_is_refused(cloud: Cloud) -> None:
    secret = "aws:secretsmanager/secret:Secret"
    cloud.register(secret, "kept", name="kept")

    with pytest.raises(UnknownInput, match=r"how to change \['AddReplicaRegions'\]"):
        cloud.register(secret, "kept", name="kept", addReplicaRegions=[{"region": "eu-west-3"}])


def test_what_would_have_to_be_replaced_is_a_plain_sentence(cloud: Cloud) -> None:
    api = "aws:apigatewayv2/api:Api"
    cloud.register(api, "one", protocolType="HTTP")

    with pytest.raises(LocalError, match=r"api of one is kept with another ProtocolType.*clean"):
        cloud.register(api, "one", protocolType="WEBSOCKET")


def test_what_a_block_no_longer_has_goes_away(cloud: Cloud) -> None:
    api, origins = "aws:apigatewayv2/api:Api", ["https://a.example"]
    cors = {"allowOrigins": origins, "maxAge": 5.0}
    api_id, _ = cloud.register(api, "other", protocolType="HTTP", corsConfiguration=cors)

    cloud.register(api, "other", protocolType="HTTP", corsConfiguration={"allowOrigins": origins})

    found = cloud.aws.client("apigatewayv2").get_api(ApiId=api_id)
    assert found["CorsConfiguration"] == {"AllowOrigins": origins}


def test_two_arguments_of_one_meaning_are_refused(cloud: Cloud) -> None:
    both = {"name": "a", "dashboardName": "b", "dashboardBody": "{}"}

    with pytest.raises(UnknownInput, match=r"does not know \['dashboardName'\]"):
        cloud.register("aws:cloudwatch/dashboard:Dashboard", "a", **both)


def test_an_argument_that_a_handler_leaves_is_refused(cloud: Cloud) -> None:
    provider = EmulatedProvider(
        cloud.aws, Ids(Path("unused")), TAGS, handlers={"aws:moon/base:Base": lambda _: ("id", {})}
    )
    arguments: Any = {"color": "red"}

    with pytest.raises(UnknownInput, match=r"does not know \['color'\]"):
        provider.new_resource(MockResourceArgs("aws:moon/base:Base", "b", arguments, custom=True))


def test_a_refusal_is_not_taken_for_absence(cloud: Cloud) -> None:
    resource = Resource("aws:kms/alias:Alias", "it", {}, cloud.aws)

    with pytest.raises(ClientError, match="must start with alias/"):
        resource.found("create_alias", aliasName="nonsense", targetKeyId="k")


def test_the_first_region_takes_buckets_without_a_name(tmp_path: Path) -> None:
    with emulator(tmp_path) as running:
        first = Cloud(Aws(running.url, "us-east-1"), tmp_path)

        assert first.register("aws:s3/bucket:Bucket", "here")[1]["region"] == "us-east-1"


@pytest.mark.parametrize("left_out", SKIPPED)
def test_what_the_emulator_has_no_notion_of_is_left_out_with_the_reason(
    left_out: str, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    typ, _, argument = left_out.partition("#")
    case = next(case for case in CASES if case["type"] == typ)

    with caplog.at_level("INFO", "local.provision"):
        cloud.make(case, **{argument: ["ignored"]})

    assert f"it: no {argument} in the emulator: {SKIPPED[left_out]}" in caplog.messages


def test_a_type_that_the_emulator_has_no_notion_of_is_left_out_with_the_reason(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    provider = EmulatedProvider(
        cloud.aws, Ids(Path("unused")), TAGS, skipped={"aws:moon/base:Base": "there is none"}
    )
    arguments: Any = {"name": "one", "size": 2.0}

    with caplog.at_level("INFO", "local.provision"):
        made = provider.new_resource(
            MockResourceArgs("aws:moon/base:Base", "base", arguments, custom=True)
        )

    assert made == ("base-skipped", arguments)
    assert caplog.messages == ["base: no aws:moon/base:Base in the emulator: there is none"]


def test_what_the_program_makes_in_another_region_is_made_there(cloud: Cloud) -> None:
    cloud.register("pulumi:providers:aws", "us-east-1", region="us-east-1")
    urn = "urn:pulumi:dev::holdings::pulumi:providers:aws::us-east-1"

    made = cloud.provider.new_resource(
        MockResourceArgs(
            "aws:sns/topic:Topic", "there", {}, custom=True, provider=f"{urn}::us-east-1-provider"
        )
    )

    assert made[0] == f"arn:aws:sns:us-east-1:{cloud.aws.account_id}:there"


def test_the_program_may_ask_where_it_runs(cloud: Cloud) -> None:
    def asked(token: str) -> Any:
        return cloud.provider.call(MockCallArgs(f"aws:index/{token}:{token}", {}, ""))[0]

    assert asked("getCallerIdentity")["accountId"] == cloud.aws.account_id
    assert asked("getPartition")["partition"] == "aws"
