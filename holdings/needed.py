"""Parts that a deployment may lack, and that some work cannot be done without."""

from typing import TypeVar

from holdings.core.errors import Misconfigured

T = TypeVar("T")


def needed(part: T | None, setting: str) -> T:
    """Raises Misconfigured where a part of the deployment is missing."""
    if part is None:
        raise Misconfigured(f"set {setting}: this job cannot be done without")
    return part
