"""Sample alerts: two rules, one of which has fired. They can be looked at, and not changed."""

from collections.abc import Sequence
from decimal import Decimal

from holdings.core.alerts.evaluate import Figure, Fired
from holdings.core.alerts.events import Event, event_of
from holdings.core.alerts.rules import Alerts, MailSettings, Rule
from holdings.core.alerts.service import AlertsView
from holdings.core.alerts.states import State
from holdings.core.clock import Clock
from holdings.core.errors import Forbidden

_HOUR = 3_600
_FELL = Rule("5a3d0c1f9b7e2468", "balance_fell", currency="ETH", amount=Decimal("0.5"))
_BELOW = Rule("0f1e2d3c4b5a6978", "value_crossed", amount=Decimal(50_000), direction="below")


class DemoAlerts:
    """Implements `holdings.core.alerts.service.AlertsReader`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(self, viewer: str) -> AlertsView:
        now = int(self._clock.now())
        states = {
            _FELL.id: State(armed=True, fired_at=now - 30 * _HOUR, evaluated_at=now - 600),
            _BELOW.id: State(armed=True, evaluated_at=now - 600),
        }
        return AlertsView(Alerts((_FELL, _BELOW), MailSettings(), 1), states, mails=False, now=now)

    def change(
        self, viewer: str, seen: int | None, rules: Sequence[Rule], mail: tuple[bool, bool]
    ) -> AlertsView:
        raise Forbidden("these are sample alerts: run without DEMO_MODE to set your own")

    def events(self, viewer: str, before: str, limit: int) -> tuple[Sequence[Event], str | None]:
        at = int(self._clock.now()) - 30 * _HOUR
        figures = (
            Figure("fell_by", "1.25", "ETH"),
            Figure("from", "9.75", "ETH"),
            Figure("to", "8.5", "ETH"),
        )
        event = event_of(Fired(_FELL, at, figures, None), {}, "off")
        return (() if before and event.id >= before else (event,)), None

    def unsubscribe(self, token: str) -> None:
        pass
