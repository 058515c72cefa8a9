"""Puts together what is outside: AWS, the exchanges, the market, each made when needed."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from holdings.core.clock import Clock
    from holdings.core.ports import (
        Exchange,
        ExchangeKind,
        JobQueue,
        JobQueues,
        Market,
        SnapshotCache,
    )
    from holdings.core.record_ports import Records
    from holdings.settings import Settings


class Outside(NamedTuple):
    exchange: "Exchange"
    cache: "Callable[[str], SnapshotCache]"
    kinds: "Mapping[str, ExchangeKind]"
    records: "Callable[[], Records | None]"
    market: "Callable[[], Market]"
    queue: "Callable[[], JobQueue | None]"
    queues: "Callable[[], JobQueues | None]"


def real(settings: "Settings", clock: "Clock") -> Outside:
    from holdings.adapters import aws, exchanges, tls
    from holdings.adapters.dynamodb import DynamoDBCache
    from holdings.core.once import loaded_once, once
    from holdings.deferred import DeferredExchange

    trusted = once(tls.context)
    reached = aws.Aws(settings.aws_environment, settings.aws_region, trusted)
    secrets_manager = reached.service("secretsmanager")

    def coinbase() -> "Exchange":
        from holdings import logs
        from holdings.adapters.coinbase_exchange import CoinbaseClient
        from holdings.adapters.secrets_manager import SecretsManagerCredentials

        credentials = SecretsManagerCredentials(
            secrets_manager,
            settings.cb_secret_name,
            keep_for=settings.secret_cache_ttl_seconds,
            clock=clock,
            hide=logs.redactor.hide,
        )
        return CoinbaseClient(
            settings.cb_base_url,
            credentials,
            clock=clock,
            user_agent=f"holdings/{settings.app_version}",
            trusted=trusted,
        )

    def records() -> "Records | None":
        if not (kept := settings.records):
            return None
        from holdings.adapters.records import DynamoDBRecords, ViewerSessions

        return DynamoDBRecords(
            ViewerSessions(reached, kept.viewer_role_arn, clock),
            table=kept.table,
            key_id=kept.key_id,
            environment=kept.environment,
            clock=clock,
        )

    def queues() -> "JobQueues | None":
        if not settings.queue_urls:
            return None
        from holdings.adapters.sqs import SqsJobQueues

        return SqsJobQueues(reached.service("sqs"), settings.queue_urls)

    def queue() -> "JobQueue | None":
        made = made_queues()
        if not (made and "sync-history" in settings.queue_urls):
            return None
        from holdings.adapters.sqs import SyncHistoryQueue

        return SyncHistoryQueue(made)

    def market() -> "Market":
        from holdings.adapters.coinbase_exchange.market import CoinbaseMarket

        return CoinbaseMarket(
            settings.cb_market_url,
            settings.cb_advanced_url,
            clock=clock,
            user_agent=f"holdings/{settings.app_version}",
            trusted=trusted,
        )

    made_queues = loaded_once(queues)
    return Outside(
        DeferredExchange(coinbase),
        DynamoDBCache(reached.service("dynamodb"), settings.ddb_table),
        exchanges.kinds(settings, clock=clock, trusted=trusted),
        loaded_once(records),
        loaded_once(market),
        loaded_once(queue),
        made_queues,
    )
