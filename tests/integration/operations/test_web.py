"""The page's way into the cloud: which files, how they are stored, and in which order."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError

from operations.errors import OperationError
from operations.web import Deployed, Hosting, cache_control, deploy_web
from tests.integration.operations.conftest import answer_with

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "holdings-dev-web"


class CloudFront:
    """boto3's CloudFront client, as far as an invalidation needs it."""

    def __init__(self) -> None:
        self.invalidated: list[Any] = []

    def create_invalidation(self, **asked: Any) -> None:
        self.invalidated.append(asked)


@pytest.fixture
def s3(aws: Session) -> "S3Client":
    client = aws.client("s3")
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    client.put_object(Bucket=BUCKET, Key="config.json", Body=b"of Pulumi")
    return client


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return build(tmp_path / "dist", "a1")


def build(dist: Path, digest: str) -> Path:
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text(f'<script type="module" src="/assets/{digest}.js"></script>')
    (dist / "assets" / f"{digest}.js").write_text("export {}")
    (dist / "icon.svg").write_text("<svg/>")
    return dist


def deploy(s3: "S3Client", dist: Path, *, prune: bool = False) -> Deployed:
    return deploy_web(s3, CloudFront(), Hosting(BUCKET, "E1"), dist, reference="1", prune=prune)


def stored(s3: "S3Client") -> set[str]:
    return {found.get("Key", "") for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


@pytest.mark.parametrize(
    ("key", "kind", "caching"),
    [
        ("index.html", "text/html; charset=utf-8", "no-cache"),
        ("icon.svg", "image/svg+xml", "no-cache"),
        (
            "assets/a1.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ],
)
def test_each_file_is_stored_with_its_type_and_its_caching(
    s3: "S3Client", dist: Path, key: str, kind: str, caching: str
) -> None:
    assert deploy(s3, dist) == Deployed(files=3, removed=0)
    found = s3.get_object(Bucket=BUCKET, Key=key)
    assert (found["ContentType"], found["CacheControl"]) == (kind, caching)
    assert found["Body"].read() == (dist / key).read_bytes()


def test_the_index_comes_last_so_that_all_it_names_is_there(s3: "S3Client", dist: Path) -> None:
    (dist / "zebra.txt").write_text("comes after index.html in any list")
    put: list[str] = []

    def seen(params: dict[str, Any], **_: Any) -> None:
        put.append(params["Key"])

    s3.meta.events.register("before-parameter-build.s3.PutObject", seen)
    deploy(s3, dist)
    assert put == ["assets/a1.js", "icon.svg", "zebra.txt", "index.html"]


def test_the_page_s_knowledge_of_its_stack_is_left_to_pulumi(s3: "S3Client", dist: Path) -> None:
    (dist / "config.json").write_text("of the laptop")
    deploy(s3, dist, prune=True)
    assert s3.get_object(Bucket=BUCKET, Key="config.json")["Body"].read() == b"of Pulumi"


def test_an_open_page_finds_the_files_of_its_build_until_they_are_pruned(
    s3: "S3Client", dist: Path, tmp_path: Path
) -> None:
    deploy(s3, dist)
    later = build(tmp_path / "later", "b2")
    assert deploy(s3, later).removed == 0
    assert {"assets/a1.js", "assets/b2.js"} <= stored(s3)
    assert deploy(s3, later, prune=True).removed == 1
    assert stored(s3) == {"assets/b2.js", "config.json", "icon.svg", "index.html"}


def test_the_index_of_before_is_invalidated(s3: "S3Client", dist: Path) -> None:
    cloudfront = CloudFront()
    deploy_web(s3, cloudfront, Hosting(BUCKET, "E1"), dist, reference="once")
    assert cloudfront.invalidated == [
        {
            "DistributionId": "E1",
            "InvalidationBatch": {
                "Paths": {"Quantity": 2, "Items": ["/", "/index.html"]},
                "CallerReference": "once",
            },
        }
    ]


def test_the_real_client_takes_the_invalidation(aws: Session, s3: "S3Client", dist: Path) -> None:
    cloudfront = cast("Any", aws).client("cloudfront")
    origin = {
        "Id": "o",
        "DomainName": "b.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "d",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
        }
    )
    identifier = made["Distribution"]["Id"]
    deploy_web(s3, cloudfront, Hosting(BUCKET, identifier), dist, reference="1")
    [found] = cloudfront.list_invalidations(DistributionId=identifier)["InvalidationList"]["Items"]
    assert found["Status"]
    with pytest.raises(ClientError, match="NoSuchDistribution"):
        deploy_web(s3, cloudfront, Hosting(BUCKET, "E0"), dist, reference="2")


def test_what_is_not_built_is_not_deployed(s3: "S3Client", tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="make web"):
        deploy(s3, tmp_path)


def test_a_file_of_unknown_type_stops_it_before_anything_is_uploaded(
    s3: "S3Client", dist: Path
) -> None:
    (dist / "tune.mid").write_bytes(b"MThd")
    with pytest.raises(OperationError, match=r"tune\.mid is of no known type: add \.mid"):
        deploy(s3, dist)
    assert stored(s3) == {"config.json"}


def test_a_bucket_or_distribution_that_is_not_there_is_named_by_aws(
    s3: "S3Client", dist: Path
) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        deploy_web(s3, CloudFront(), Hosting("holdings-none", "E1"), dist, reference="1")


def test_a_link_out_of_the_build_is_not_published(
    s3: "S3Client", dist: Path, tmp_path: Path
) -> None:
    (tmp_path / "private.txt").write_text("canary-xyzzy")
    (dist / "notes.txt").symlink_to(tmp_path / "private.txt")
    with pytest.raises(OperationError, match=r"notes\.txt is a link to .*private\.txt"):
        deploy(s3, dist)
    assert stored(s3) == {"config.json"}


def test_a_file_that_may_not_be_removed_is_not_counted(s3: "S3Client", dist: Path) -> None:
    deploy(s3, build(dist.parent / "earlier", "b2"))
    denied = b"<R><Error><Key>assets/b2.js</Key><Code>AccessDenied</Code></Error></R>"
    answer_with(s3, "s3.DeleteObjects", denied)
    with pytest.raises(OperationError, match=r"is live, but assets/b2\.js .* AccessDenied"):
        deploy(s3, dist, prune=True)


def test_only_names_that_change_with_their_content_are_kept_for_long() -> None:
    assert cache_control("assets/index-B2c3.js").endswith("immutable")
    assert {cache_control(key) for key in ("index.html", "icon.svg", "assets.js")} == {"no-cache"}
