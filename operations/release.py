"""New code, and back: versions of the function, and where the alias `live` points."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from operations.errors import AwsError, OperationError, explain

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIAS = "live"
# The live version and those that a rollback may want. Each costs room and, with snap start, money.
KEPT_VERSIONS = 5
# Of a share of the requests.
BESIDE_INSTANCES = (
    f"{ALIAS} has provisioned concurrency: Lambda may refuse a share beside it. Where it "
    "takes one, both versions may start cold, and `make up` cannot change the number of "
    "instances before the share is ended. holdings:provisionedConcurrency 0 avoids both, and so "
    "does `make deploy-code MINUTES=0`."
)
# Lambda takes no larger archive in the request itself.
_ARCHIVE_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Release:
    """What the alias points to: `version`, and `canary` with its share of requests, if any."""

    version: str
    canary: str = ""
    share: float = 0.0


class Function:
    """A deployed function."""

    def __init__(self, client: "LambdaClient", name: str) -> None:
        self._client = client
        self._name = name

    def live(self) -> Release:
        alias = self._client.get_alias(FunctionName=self._name, Name=ALIAS)
        for canary, share in _weights(alias).items():
            return Release(alias["FunctionVersion"], canary, share)
        return Release(alias["FunctionVersion"])

    def versions(self) -> Sequence[str]:
        """Return the published versions, oldest first."""
        pages = self._client.get_paginator("list_versions_by_function").paginate(
            FunctionName=self._name
        )
        found = [version.get("Version", "") for page in pages for version in page["Versions"]]
        return sorted((version for version in found if _is_published(version)), key=int)

    def keeps_instances(self) -> bool:
        """Whether the alias has provisioned concurrency; False where that may not be asked."""
        try:
            self._client.get_provisioned_concurrency_config(
                FunctionName=self._name, Qualifier=ALIAS
            )
        except ClientError:
            return False
        return True

    def publish(self, archive: Path) -> str:
        """Upload new code, and nothing but code, as a new version. The alias stays."""
        code = _read_archive(archive)
        uploaded = self._client.update_function_code(FunctionName=self._name, ZipFile=code)
        digest = uploaded["CodeSha256"]
        self._wait("function_updated_v2", "the code", FunctionName=self._name)
        # By its digest: what another operator uploads meanwhile is not published as this.
        published = self._client.publish_version(FunctionName=self._name, CodeSha256=digest)[
            "Version"
        ]
        self._wait(
            "published_version_active",
            f"version {published}",
            FunctionName=self._name,
            Qualifier=published,
        )
        return published

    def _wait(self, state: str, what: str, **which: str) -> None:
        client: Any = self._client  # boto3-stubs knows a waiter by a literal name only
        try:
            client.get_waiter(state).wait(**which)
        except WaiterError as error:
            found = error.last_response
            settings = found.get("Configuration") or found
            reason = settings.get("LastUpdateStatusReason") or settings.get("StateReason") or error
            raise OperationError(
                f"{what} does not start, and what was live still is: {reason}\n"
                "`make logs` shows why; correct the code or its settings, then deploy again."
            ) from None

    def point(self, release: Release) -> None:
        weights = {release.canary: release.share} if release.canary else {}
        self._client.update_alias(
            FunctionName=self._name,
            Name=ALIAS,
            FunctionVersion=release.version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def remove_old_versions(
        self, warn: Callable[[str], None], keep: int = KEPT_VERSIONS
    ) -> Sequence[str]:
        """Delete all but the newest `keep` and what any alias points to; return the deleted.

        What cannot be deleted is warned of: the new code is live all the same.
        """
        removed: list[str] = []
        try:
            in_use = self._versions_of_aliases()
            for version in self.versions()[:-keep]:
                if version not in in_use and self._remove(version):
                    removed.append(version)
        except AwsError as error:
            warn(f"not all old versions were removed. {explain(error)}")
        return removed

    def _remove(self, version: str) -> bool:
        """Without a qualifier this call deletes the function: _is_published saw to that."""
        try:
            self._client.delete_function(FunctionName=self._name, Qualifier=version)
        except self._client.exceptions.ResourceConflictException:
            return False  # an alias has been pointed to it just now
        return True

    def _versions_of_aliases(self) -> set[str]:
        pages = self._client.get_paginator("list_aliases").paginate(FunctionName=self._name)
        aliases = [alias for page in pages for alias in page["Aliases"]]
        return {
            version
            for alias in aliases
            for version in (alias.get("FunctionVersion", ""), *_weights(alias))
        }


def rollback(function: Function, version: str = "") -> Release:
    """Point back to `version`; without one, end a canary, or go to the version before live."""
    live = function.live()
    published = function.versions()
    if not version:
        version = live.version if live.canary else _version_before(live.version, published)
    _check_published(version, published)
    release = Release(version)
    function.point(release)
    return release


def canary(function: Function, version: str, percent: str, warn: Callable[[str], None]) -> Release:
    """Give `version` a share of the requests, in per cent; 0 takes it away again."""
    if not (percent.isascii() and percent.isdigit() and len(percent) <= 2):
        raise OperationError(f"PERCENT={percent} must be a whole number from 0 to 99")
    live = function.live().version
    share = int(percent) / 100
    if version or share:
        _check_published(version, function.versions())
        if version == live:
            raise OperationError(f"version {version} is live already: choose another")
    release = Release(live, version, share) if share else Release(live)
    if share and function.keeps_instances():
        warn(BESIDE_INSTANCES)
    function.point(release)
    return release


def _version_before(live: str, published: Sequence[str]) -> str:
    if not _is_published(live):
        raise OperationError(
            f"live points to {live}, which has none before it: say VERSION=, one of "
            f"{', '.join(published) or 'none'}"
        )
    earlier = [version for version in published if int(version) < int(live)]
    if not earlier:
        raise OperationError(f"there is no version before {live}, which is live")
    return earlier[-1]


def _is_published(version: str) -> bool:
    return version.isascii() and version.isdigit()


def _check_published(version: str, published: Sequence[str]) -> None:
    if version not in published:
        raise OperationError(f"VERSION={version} is none of {', '.join(published)}")


def _weights(alias: Any) -> dict[str, float]:
    """Return the share of each version but the first. `alias` is one of Lambda's answers."""
    routing: Any = alias.get("RoutingConfig") or {}
    weights: dict[str, float] = routing.get("AdditionalVersionWeights") or {}
    return weights


def _read_archive(archive: Path) -> bytes:
    """Raises OperationError for what is no package of this app, before anything is changed."""
    try:
        with zipfile.ZipFile(archive) as package:
            holds_app = not {"app.py", "app.pyc"}.isdisjoint(package.namelist())
        code = archive.read_bytes()
    except FileNotFoundError:
        raise OperationError(f"{archive} is not here: `make package` builds it") from None
    except OSError as error:
        raise OperationError(f"{archive} cannot be read: {error.strerror}") from None
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        holds_app, code = False, b""
    if not holds_app:
        raise OperationError(f"{archive} does not hold the app: `make package` builds it anew")
    if len(code) > _ARCHIVE_BYTES:
        raise OperationError(f"{archive} is larger than the 50 MB that Lambda takes")
    return code
