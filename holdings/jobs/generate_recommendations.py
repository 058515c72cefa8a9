"""The Lambda function of the queue `generate-recommendations`: says what is worth a look."""

from collections.abc import Mapping
from typing import Any

from holdings.jobs.batch import handle
from holdings.jobs.once import once_a_window


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    from holdings.jobs import parts

    job = once_a_window(
        "generate-recommendations", parts.table(), context, parts.generate_recommendations()
    )
    return handle(event, context, job)
