"""What jobs work with: made of the environment once for all of a process's messages.

Each raises Misconfigured, naming every setting that is missing or wrong.
"""

from functools import cache

import holdings
from holdings.core.alerts.jobs import EvaluateAlerts, MailFeedback
from holdings.core.clock import Clock
from holdings.core.history.sync import HistorySync
from holdings.core.insights.jobs import AssignPersona, ComputeFeatures, GenerateRecommendations
from holdings.core.ports import Mailer
from holdings.core.schedule.forget import Forget
from holdings.core.schedule.planner import Planner
from holdings.core.schedule.refresh import RefreshReadings
from holdings.needed import needed
from holdings.settings import Settings


def sync_history() -> HistorySync:
    return _made()[1].sync_history()


def refresh_readings() -> RefreshReadings:
    settings, made = _made()
    return refresh_readings_of(settings, made, Clock())


def refresh_readings_of(
    settings: Settings, made: holdings.Services, clock: Clock
) -> RefreshReadings:
    from holdings.core.schedule.slots import Cycle

    return RefreshReadings(
        sources=made.sources(),
        holdings=made.holdings,
        records=needed(made.records(), "RECORDS_TABLE"),
        queues=needed(made.queues(), "SYNC_HISTORY_QUEUE_URL"),
        cache=made.cache,
        cycle=Cycle(settings.refresh_seconds),
        history=Cycle(settings.sync_history_seconds),
        clock=clock,
    )


def forget() -> Forget:
    _, made = _made()
    records = needed(made.records(), "RECORDS_TABLE")
    return Forget(records=records, cache=made.cache, clock=Clock())


def compute_features() -> ComputeFeatures:
    return _made()[1].compute_features()


def assign_persona() -> AssignPersona:
    return _made()[1].assign_persona()


def generate_recommendations() -> GenerateRecommendations:
    return _made()[1].generate_recommendations()


def evaluate_alerts() -> EvaluateAlerts:
    settings, made = _made()
    mailer = None
    if settings.mail.user_pool_id:
        from holdings.adapters.mail import SesMailer

        mailer = SesMailer(
            sender=settings.mail.sender,
            configuration_set=settings.mail.configuration_set,
            user_pool_id=settings.mail.user_pool_id,
        )
    return evaluate_alerts_of(settings, made, mailer, Clock())


def evaluate_alerts_of(
    settings: Settings, made: holdings.Services, mailer: Mailer | None, clock: Clock
) -> EvaluateAlerts:
    from holdings.core.alerts.facts import FactsOf
    from holdings.core.freshness import ready_for

    records = needed(made.records(), "RECORDS_TABLE")
    return EvaluateAlerts(
        records=records,
        knows=FactsOf(
            sources=made.sources(),
            records=records,
            prices=made.prices,
            history=made.history,
            clock=clock,
            fresh_for=max(settings.cache_ttl_seconds, ready_for(settings.refresh_seconds)),
        ),
        mailer=mailer,
        clock=clock,
        app_name=settings.app_name,
        page_url=settings.mail.web_url,
        api_url=f"{settings.mail.api_url}{settings.api_prefix}",
    )


def mail_feedback() -> MailFeedback:
    records = needed(_made()[1].records(), "RECORDS_TABLE")
    return MailFeedback(records=records, clock=Clock())


def table() -> str:
    """Return the cache's table, which remembers what came of messages."""
    return _settings().ddb_table


@cache
def planner() -> Planner:
    """It acts for no viewer and has no exchange's key."""
    from holdings.adapters import aws, tls
    from holdings.adapters.dynamodb import DynamoDBCache
    from holdings.adapters.records.due import DynamoDBDueIndex
    from holdings.adapters.sqs import SqsJobQueues
    from holdings.core.once import once
    from holdings.core.schedule.planner import Planner, Routine
    from holdings.core.schedule.slots import INSIGHTS, READINGS, Cycle, insights_cycle

    settings = _settings()
    reached = aws.Aws(settings.aws_environment, settings.aws_region, once(tls.context))
    dynamodb = reached.service("dynamodb")
    insights = insights_cycle(settings.insights_seconds, settings.insights_hour)
    return Planner(
        routines=(
            Routine("refresh-readings", READINGS, Cycle(settings.refresh_seconds)),
            Routine("compute-features", INSIGHTS, insights),
        ),
        index=DynamoDBDueIndex(dynamodb, needed(settings.records, "RECORDS_TABLE").table),
        queues=SqsJobQueues(reached.service("sqs"), settings.queue_urls),
        cache=DynamoDBCache(dynamodb, settings.ddb_table),
        clock=Clock(),
    )


@cache
def _made() -> tuple[Settings, holdings.Services]:
    settings = _settings()
    return settings, holdings.services(settings, Clock())


@cache
def _settings() -> Settings:
    from holdings import logs

    settings = Settings.from_env()
    logs.configure(settings.log_level, settings.environment)
    return settings
