"""What is fuzzed: the handler of the API and those of the jobs, as they are, over fakes."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, cast

import holdings
from chaos.fuzz.messages import PLAN, QUEUES
from chaos.fuzz.values import KNOWN_ID, KNOWN_VIEWER
from holdings import Parts, create_app
from holdings.api.lambda_handler import make_lambda_handler
from holdings.core.alerts.jobs import MailFeedback
from holdings.core.clock import Deadline
from holdings.core.connections import Profile
from holdings.core.history.entries import DEPOSIT, Entry
from holdings.core.schedule.forget import Forget
from holdings.core.schedule.planner import Planner, Routine
from holdings.core.schedule.slots import Cycle, Due
from holdings.jobs import (
    batch,
    evaluate_alerts,
    forget,
    mail_feedback,
    plan,
    refresh_readings,
    sync_history,
)
from holdings.jobs.parts import evaluate_alerts_of, refresh_readings_of
from tests.builders import (
    NOW,
    FakeCache,
    FakeClock,
    FakeExchange,
    FakeKind,
    FakeLedger,
    FakeMarket,
    FakeQueue,
    FakeQueues,
    FakeRecords,
    make_connection,
    make_settings,
)

DAY = 86_400
_HOUR = 3_600
_CONNECTED = NOW - 40 * DAY


class _Index:
    """One viewer, with one connection, is due in one slot."""

    def due(self, slot: str, deadline: Deadline) -> Iterator[Sequence[Due]]:
        del deadline
        yield [Due(KNOWN_VIEWER, KNOWN_ID)] if slot.endswith("#7") else []


class Targets:
    """`http` is what Lambda calls for a request, `jobs` for each queue and for the planner."""

    def __init__(self) -> None:
        clock = FakeClock().clock
        settings = make_settings(
            AWS_LAMBDA_FUNCTION_NAME="holdings", LOG_LEVEL="ERROR", REFRESH_SECONDS=str(_HOUR)
        )
        records, cache = FakeRecords(), FakeCache()
        connection = make_connection(KNOWN_ID, created_at=_CONNECTED)
        records.kept[KNOWN_VIEWER] = {KNOWN_ID: (connection, {"name": "key 0", "secret": "s"})}
        records.profiles[KNOWN_VIEWER] = Profile(created_at=_CONNECTED, insights=True, version=1)
        kind, queues = FakeKind(has_ledger=True), FakeQueues()
        kind.ledger = FakeLedger(kind, {"a1": "BTC", "a2": "USD"}, {"a1": list(_entries())})
        given: dict[str, Any] = {
            "exchange": FakeExchange(),
            "cache": cache,
            "records": records,
            "kinds": {"coinbase_exchange": kind},
            "market": FakeMarket(daily={"BTC-USD": dict.fromkeys(_days(), Decimal(60_000))}),
            "queue": FakeQueue(),
            "queues": queues,
        }
        self.http = make_lambda_handler(create_app(settings, clock=clock, **given))
        made = holdings.services(settings, clock, Parts(**given))
        planner = Planner(
            routines=[Routine("refresh-readings", "readings", Cycle(_HOUR))],
            index=_Index(),
            queues=queues,
            cache=cache,
            clock=clock,
        )
        works: dict[str, batch.Job | batch.Event] = {
            "refresh-readings": refresh_readings.job(refresh_readings_of(settings, made, clock)),
            "sync-history": sync_history.job(made.sync_history()),
            "evaluate-alerts": evaluate_alerts.job(evaluate_alerts_of(settings, made, None, clock)),
            "forget": forget.job(Forget(records=records, cache=cache, clock=clock)),
            "mail-feedback": mail_feedback.job(MailFeedback(records=records, clock=clock)),
            # As once_a_window makes them, without the table that remembers what is done.
            "compute-features": _by_window("compute-features", made.compute_features()),
            "assign-persona": _by_window("assign-persona", made.assign_persona()),
            "generate-recommendations": _by_window(
                "generate-recommendations", made.generate_recommendations()
            ),
        }
        assert works.keys() == set(QUEUES)  # noqa: S101 - a job that nobody fuzzes is a gap
        self.jobs: dict[str, Callable[[Any], Any]] = {
            PLAN: lambda event: plan.handle(event, None, planner),
            **{name: _of_queue(work) for name, work in works.items()},
        }


def _of_queue(work: batch.Job | batch.Event) -> Callable[[Any], Any]:
    return lambda event: batch.handle(event, None, work)


def _by_window(name: str, work: Any) -> batch.Job:
    def run(asked: batch.Message) -> str:
        return cast("str", work.run(asked.viewer, asked.window, seconds=asked.seconds))

    return batch.Job(name, ("window",), run)


def _days() -> range:
    return range((NOW - 60 * DAY) // DAY, NOW // DAY)


def _entries() -> Iterator[Entry]:
    """A deposit each third day, so that the past has something to show."""
    for number in range(1, 12):
        yield Entry(
            id=str(number),
            at=(_CONNECTED + 3 * number * DAY) * 1_000_000,
            kind=DEPOSIT,
            amount="0.5",
            balance=str(Decimal("0.5") * number),
            details={},
        )
