"""New code, and back: versions of the function, and where the alias `live` points."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.errors import OperationError

ALIAS = "live"


@dataclass(frozen=True, slots=True)
class Release:
    """What the alias points to: `version`, and `canary` with its share of requests, if any."""

    version: str
    canary: str = ""
    share: float = 0.0


class Function:
    """A deployed function. `client` is boto3's Lambda client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def live(self) -> Release:
        alias = self._client.get_alias(FunctionName=self._name, Name=ALIAS)
        routing: Any = alias.get("RoutingConfig") or {}
        weights: dict[str, float] = routing.get("AdditionalVersionWeights") or {}
        for version, share in weights.items():
            return Release(alias["FunctionVersion"], version, share)
        return Release(alias["FunctionVersion"])

    def versions(self) -> Sequence[str]:
        """Return the published versions, oldest first."""
        pages = self._client.get_paginator("list_versions_by_function").paginate(
            FunctionName=self._name
        )
        found = [version["Version"] for page in pages for version in page["Versions"]]
        return sorted((version for version in found if version.isdigit()), key=int)

    def publish(self, archive: Path) -> str:
        """Upload new code, and nothing but code, as a new version. The alias stays."""
        try:
            code = archive.read_bytes()
        except FileNotFoundError:
            raise OperationError(f"{archive} is not here: `make package` builds it") from None
        self._client.update_function_code(FunctionName=self._name, ZipFile=code)
        self._client.get_waiter("function_updated_v2").wait(FunctionName=self._name)
        published = self._client.publish_version(FunctionName=self._name)["Version"]
        self._client.get_waiter("published_version_active").wait(
            FunctionName=self._name, Qualifier=published
        )
        return published

    def point(self, release: Release) -> None:
        weights = {release.canary: release.share} if release.canary else {}
        self._client.update_alias(
            FunctionName=self._name,
            Name=ALIAS,
            FunctionVersion=release.version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )


def deploy_code(function: Function, archive: Path) -> Release:
    """Publish the archive and let all requests have it."""
    release = Release(function.publish(archive))
    function.point(release)
    return release


def rollback(function: Function, version: str = "") -> Release:
    """Point back to `version`, or to the newest one before what is live now."""
    live = int(function.live().version)
    published = function.versions()
    if not version:
        earlier = [known for known in published if int(known) < live]
        if not earlier:
            raise OperationError(f"there is no version before {live}, which is live")
        version = earlier[-1]
    _check_published(version, published)
    release = Release(version)
    function.point(release)
    return release


def canary(function: Function, version: str, percent: str) -> Release:
    """Give `version` a share of the requests, in per cent; 0 takes it away again."""
    if not (percent.isascii() and percent.isdigit() and int(percent) < 100):
        raise OperationError(f"PERCENT={percent} must be a whole number from 0 to 99")
    live = function.live().version
    _check_published(version, function.versions())
    if version == live:
        raise OperationError(f"version {version} is live already: choose another")
    release = Release(live, version, int(percent) / 100) if int(percent) else Release(live)
    function.point(release)
    return release


def _check_published(version: str, published: Sequence[str]) -> None:
    if version not in published:
        raise OperationError(f"VERSION={version} is none of {', '.join(published)}")
