"""`make deploy-web`: the built page into the stack's bucket, live at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.errors import OperationError
from operations.page_files import CONFIG, INDEX, cache_control, content_type

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where a stack's page is: the bucket with its files, and CloudFront before it."""

    bucket: str
    distribution_id: str

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> "Hosting":
        """Raises OperationError for a stack that was made before the page had a place."""
        try:
            return cls(outputs["web_bucket"], outputs["web_distribution_id"])
        except KeyError as missing:
            raise OperationError(f"the stack has no output {missing} yet: `make up`") from None


@dataclass(frozen=True, slots=True)
class Deployed:
    """How many files this build has, and how many of other builds were removed."""

    files: int
    removed: int


def deploy_web(
    s3: "S3Client",
    cloudfront: Any,
    hosting: Hosting,
    dist: Path,
    *,
    reference: str,
    prune: bool = False,
) -> Deployed:
    """Upload the build, its index last, and let CloudFront forget the one before.

    Files of other builds stay, so that a page that is open finds its own; `prune` removes them.
    `reference` is new for each deployment: CloudFront takes a known one for a repetition.
    """
    built = _built(dist)
    try:
        for key, path in built.items():
            s3.put_object(
                Bucket=hosting.bucket,
                Key=key,
                Body=path.read_bytes(),
                ContentType=content_type(key),
                CacheControl=cache_control(key),
            )
    except s3.exceptions.NoSuchBucket:
        raise OperationError(f"there is no bucket {hosting.bucket}: `make up` makes it") from None
    _forget_index(cloudfront, hosting.distribution_id, reference)
    removed = _remove_others(s3, hosting.bucket, {CONFIG, *built}) if prune else 0
    return Deployed(len(built), removed)


def _built(dist: Path) -> dict[str, Path]:
    """Return the files by their keys. Nothing is uploaded when one of them is of no known type."""
    found = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    found.pop(CONFIG, None)  # Pulumi's, whatever a build brings
    if INDEX not in found:
        raise OperationError(f"{dist} has no page in it: `make web` builds it")
    for key in found:
        content_type(key)
    # Whoever gets the new index finds all that it names.
    return dict(sorted(found.items(), key=lambda item: (item[0] == INDEX, item[0])))


def _forget_index(cloudfront: Any, distribution_id: str, reference: str) -> None:
    """Every other name is new with its content, or asked for each time."""
    paths = ["/", f"/{INDEX}"]
    try:
        cloudfront.create_invalidation(
            DistributionId=distribution_id,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": paths},
                "CallerReference": reference,
            },
        )
    except cloudfront.exceptions.NoSuchDistribution:
        raise OperationError(
            f"there is no distribution {distribution_id}: `make up` makes it"
        ) from None


def _remove_others(s3: "S3Client", bucket: str, kept: set[str]) -> int:
    removed = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found = {stored.get("Key", "") for stored in page.get("Contents", [])}
        others = sorted(found - kept)
        if others:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in others]})
        removed += len(others)
    return removed
