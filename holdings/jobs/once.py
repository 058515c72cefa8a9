"""Work that is done once for a viewer and a window, however often its message comes.

Powertools keeps what came of it in the cache's table, where a copy that comes meanwhile finds that
somebody is at it, and one that comes later what came of it. Whoever dies at it leaves it to the
next: the work itself bears being done twice.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)

from holdings.core.errors import RecordsUnavailable
from holdings.jobs.batch import Job, Message

# Longer than a queue keeps a message, dead ones among them.
_REMEMBERED_SECONDS = 28 * 24 * 3600


class OfAViewer(Protocol):
    def run(self, viewer: str, window: int, *, seconds: float) -> str: ...


def once_a_window(name: str, table: str, context: Any, work: OfAViewer) -> Job:
    """Return the job that does `work` once for each viewer and window."""

    def run(asked: Message) -> str:
        return work.run(asked.viewer, asked.window, seconds=asked.seconds)

    return Job(name, ("window",), once(name, table, context, run))


def once(
    name: str, table: str, context: Any, run: Callable[[Message], str]
) -> Callable[[Message], str]:
    """Return `run`, done once. Raises RecordsUnavailable where another is at it right now.

    `table` has `pk` (S) and `ttl` (N); `context` is Lambda's, which says until when it may take.
    """
    config = IdempotencyConfig(expires_after_seconds=_REMEMBERED_SECONDS)
    if context is not None:
        config.register_lambda_context(context)

    def done_once(asked: Message) -> str:
        @idempotent_function(
            data_keyword_argument="work",
            persistence_store=_store(table),
            config=config,
            key_prefix=f"job#{name}",
        )
        def work(work: dict[str, Any]) -> str:
            del work  # what it is known by
            return run(asked)

        try:
            return work(work={"viewer": asked.viewer, "window": asked.window})
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            raise RecordsUnavailable("another copy of the message is being worked on") from None
        except IdempotencyPersistenceLayerError:
            raise RecordsUnavailable(f"the table {table} cannot be used for what is done") from None

    return done_once


@cache
def _store(table: str) -> DynamoDBPersistenceLayer:
    from botocore.config import Config

    return DynamoDBPersistenceLayer(
        table_name=table,
        key_attr="pk",
        expiry_attr="ttl",
        boto_config=Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 2}),
    )
