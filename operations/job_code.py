"""The jobs run what the API runs: their functions follow the version that is live."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import requests

from operations.errors import AwsError, OperationError, explain

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_TIMEOUT_SECONDS = 60


def follow(
    client: "LambdaClient",
    function: str,
    version: str,
    jobs: Sequence[str],
    warn: Callable[[str], None],
) -> Sequence[str]:
    """Give `jobs` the code of a version of `function`; return those that had another.

    They have no versions of their own: a queue and a schedule invoke what was uploaded last.
    A job that cannot be changed is warned of, and OperationError raised when all were tried.
    """
    found = client.get_function(FunctionName=function, Qualifier=version)
    digest = found["Configuration"].get("CodeSha256", "")
    behind = [
        job
        for job in jobs
        if client.get_function_configuration(FunctionName=job).get("CodeSha256") != digest
    ]
    if not behind:
        return []
    code = _download(found["Code"].get("Location", ""), digest, version)
    failed: list[str] = []
    for job in behind:
        try:
            client.update_function_code(FunctionName=job, ZipFile=code)
            client.get_waiter("function_updated_v2").wait(FunctionName=job)
        except AwsError as error:
            warn(f"{job}: {explain(error)}")
            failed.append(job)
    if failed:
        raise OperationError(
            f"version {version} is live, but {', '.join(failed)} may still run other code: "
            f"`make rollback VERSION={version}` tries them again"
        )
    return behind


def _download(location: str, digest: str, version: str) -> bytes:
    """Return the archive of a version from where Lambda keeps it: a signed, short-lived address."""
    try:
        answer = requests.get(location, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
    except requests.RequestException as error:
        # Not its text: the address in it is a way in.
        raise OperationError(
            f"the code of version {version} cannot be read back for the jobs: "
            f"{type(error).__name__}. `make rollback VERSION={version}` tries again"
        ) from None
    if base64.b64encode(hashlib.sha256(answer.content).digest()).decode() != digest:
        raise OperationError(f"what Lambda gives as the code of version {version} is other code")
    return answer.content
