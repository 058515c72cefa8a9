"""The Lambda function of the queue `compute-features`: figures that describe an account."""

from collections.abc import Mapping
from typing import Any

from holdings.jobs.batch import handle
from holdings.jobs.once import once_a_window


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    job = once_a_window("compute-features", parts.table(), context, parts.compute_features())
    return handle(event, context, job)
