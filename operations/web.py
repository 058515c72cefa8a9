"""`make deploy-web`: the built page into the stack's bucket, live at once.

How each file is stored says how it is served: its type and its caching.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from operations.errors import OperationError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INDEX = "index.html"
# What Pulumi puts beside the files: the page's knowledge of its stack.
CONFIG = "config.json"

# Written down, as what a machine's own list says varies; with nosniff a wrong type is an error.
# Text compresses on its way, as CloudFront does with these.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def content_type(key: str) -> str:
    """Raises OperationError for a kind of file that the page has not had so far."""
    suffix = PurePosixPath(key).suffix
    try:
        return CONTENT_TYPES[suffix]
    except KeyError:
        raise OperationError(
            f"{key} is of no known type: add {suffix or key} to operations/web.py"
        ) from None


def cache_control(key: str) -> str:
    """A name under assets/ has the file's hash in it; every other file is asked for each time."""
    return "public, max-age=31536000, immutable" if key.startswith("assets/") else "no-cache"


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where a stack's page is: the bucket with its files, and CloudFront before it."""

    bucket: str
    distribution_id: str


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
    """Upload the build, its index last, and invalidate the one before in CloudFront.

    Files of other builds stay, so that a page that is open finds its own; `prune` removes them.
    `reference` is new for each deployment: CloudFront takes a known one for a repetition.
    `cloudfront` is boto3's client, for which no stubs are installed.
    """
    built = _built(dist)
    for key, path in built.items():
        s3.put_object(
            Bucket=hosting.bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=content_type(key),
            CacheControl=cache_control(key),
        )
    # Every other name is new with its content, or asked for each time.
    paths = ["/", f"/{INDEX}"]
    cloudfront.create_invalidation(
        DistributionId=hosting.distribution_id,
        InvalidationBatch={
            "Paths": {"Quantity": len(paths), "Items": paths},
            "CallerReference": reference,
        },
    )
    removed = _remove_others(s3, hosting.bucket, {CONFIG, *built}) if prune else 0
    return Deployed(len(built), removed)


def _built(dist: Path) -> dict[str, Path]:
    """Return the files by their keys. Nothing is uploaded when one of them cannot be."""
    found = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    found.pop(CONFIG, None)  # Pulumi's, whatever a build brings
    if INDEX not in found:
        raise OperationError(f"{dist} has no page in it: `make web` builds it")
    inside = dist.resolve()
    for key, path in found.items():
        content_type(key)
        # The bucket's files are everybody's to read.
        if not path.resolve().is_relative_to(inside):
            raise OperationError(f"{key} is a link to {path.resolve()}, which is not of the page")
    # Whoever gets the new index finds all that it names.
    return dict(sorted(found.items(), key=lambda item: (item[0] == INDEX, item[0])))


def _remove_others(s3: "S3Client", bucket: str, kept: set[str]) -> int:
    removed = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found = {stored.get("Key", "") for stored in page.get("Contents", [])}
        others = sorted(found - kept)
        if not others:
            continue
        answer = s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in others]}
        )
        # Whoever may not delete gets an answer of 200 that says so.
        for failed in answer.get("Errors", []):
            raise OperationError(
                f"the page is live, but {failed.get('Key')} of another build was not removed: "
                f"{failed.get('Code')} {failed.get('Message', '')}"
            )
        removed += len(others)
    return removed
