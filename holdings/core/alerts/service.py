"""What a viewer does with alerts: reads and sets rules, sees what fired, stops the mails."""

import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from holdings.core.alerts.evaluate import quiet
from holdings.core.alerts.events import Event
from holdings.core.alerts.jobs import MAIL_FOR_SECONDS, read_alerts, read_event, stop_mail
from holdings.core.alerts.rules import Alerts, BrokenAlerts, MailSettings, Rule, pack
from holdings.core.alerts.states import State, unpack_states
from holdings.core.alerts.token import fits, new_secret, opened
from holdings.core.clock import Clock, Deadline
from holdings.core.errors import InvalidRequest
from holdings.core.profile_service import changed_meanwhile, recorded
from holdings.core.record_ports import Records
from holdings.core.service import DEADLINE_SECONDS


class AlertsView(NamedTuple):
    """Rules with what is known of each, by their ids; `mails` is whether there is a sender."""

    alerts: Alerts
    states: Mapping[str, State]
    mails: bool
    now: int

    def status(self, rule: Rule) -> str:
        state = self.states.get(rule.id, State())
        if quiet(rule, state, self.now) or (state.armed is False and state.fired_at):
            return "fired"
        return "armed" if state.armed else "new"


class AlertsReader(Protocol):
    def read(self, viewer: str) -> AlertsView: ...

    def change(
        self,
        viewer: str,
        seen: int | None,
        rules: Sequence[Rule],
        mail: tuple[bool, bool],
    ) -> AlertsView:
        """Set all rules, and whether mails are sent and have figures.

        A rule without an id gets one. Raises InvalidRequest for an id that nobody gave out, and for
        a connection that the viewer does not have; Conflict.
        """
        ...

    def events(self, viewer: str, before: str, limit: int) -> tuple[Sequence[Event], str | None]:
        """Return what fired before an event, newest first, and where the next page begins."""
        ...

    def unsubscribe(self, token: str) -> None:
        """Stop the mails that have this token in them; of any other nothing comes.

        Raises RecordsUnavailable or Misconfigured: nobody is told that it is done when it is not.
        """
        ...


class AlertsService:
    """Implements AlertsReader of what is kept. Safe to share between threads."""

    def __init__(self, *, records: Records | None, clock: Clock, mails: bool) -> None:
        """Without `records` nothing is kept of anybody; `mails`: whether there is a sender."""
        self._records = records
        self._clock = clock
        self._mails = mails

    def read(self, viewer: str) -> AlertsView:
        deadline = self._deadline()
        alerts = read_alerts(self._records, viewer, deadline) if self._records else Alerts()
        return self._view(viewer, alerts, deadline)

    def change(
        self, viewer: str, seen: int | None, rules: Sequence[Rule], mail: tuple[bool, bool]
    ) -> AlertsView:
        records, deadline = recorded(self._records), self._deadline()
        known = read_alerts(records, viewer, deadline)
        if seen is not None and seen != known.version:
            raise changed_meanwhile()
        self._check(records, viewer, known, rules, deadline)
        enabled, figures = mail
        # Whoever switches it on again means it.
        stopped = None if enabled else known.mail.stopped
        kept = Alerts(
            [rule if rule.id else rule._replace(id=secrets.token_hex(8)) for rule in rules],
            MailSettings(enabled, figures, stopped, known.mail.secret or new_secret()),
            known.version + 1,
        )
        records.alerts.put_rules(viewer, pack(kept), len(rules), known.version, deadline)
        return self._view(viewer, kept, deadline)

    def events(self, viewer: str, before: str, limit: int) -> tuple[Sequence[Event], str | None]:
        if not self._records:
            return (), None
        kept = self._records.alerts.events(viewer, before, limit + 1, self._deadline())
        now = self._clock.now()
        found = [_as_of(event, now) for one in kept[:limit] if (event := read_event(one))]
        return found, kept[limit - 1].key if len(kept) > limit else None

    def unsubscribe(self, token: str) -> None:
        if not (self._records and (found := opened(token))):
            return
        viewer, secret = found
        deadline = self._deadline()
        alerts = read_alerts(self._records, viewer, deadline)
        if fits(secret, alerts.mail.secret):
            now = int(self._clock.now())
            stop_mail(self._records, viewer, "unsubscribed", now, deadline)

    def _view(self, viewer: str, alerts: Alerts, deadline: Deadline) -> AlertsView:
        states: Mapping[str, State] = {}
        if alerts.rules and self._records:
            kept = self._records.alerts.states(viewer, deadline)
            try:
                states = unpack_states(kept[0])[0] if kept else {}
            except BrokenAlerts:
                states = {}  # which the job reports
        return AlertsView(alerts, states, self._mails, int(self._clock.now()))

    def _check(
        self,
        records: Records,
        viewer: str,
        known: Alerts,
        rules: Sequence[Rule],
        deadline: Deadline,
    ) -> None:
        ids, given = {rule.id for rule in known.rules}, [rule.id for rule in rules if rule.id]
        errors: dict[str, list[str]] = {}
        own: set[str] | None = None
        for place, rule in enumerate(rules):
            if rule.id and (rule.id not in ids or given.count(rule.id) > 1):
                errors[f"rules.{place}.id"] = ["Not the id of a rule of yours: leave it out."]
            if rule.connection_id is None:
                continue
            if own is None:
                own = {one.id for one in records.connections(viewer, deadline)}
            if rule.connection_id not in own:
                errors[f"rules.{place}.connection_id"] = ["Not a connection of yours."]
        if errors:
            raise InvalidRequest(f"correct {', '.join(sorted(errors))} in the body", errors)

    def _deadline(self) -> Deadline:
        return Deadline.after(DEADLINE_SECONDS, self._clock)


def _as_of(event: Event, now: float) -> Event:
    """What has waited for too long is not mailed any more."""
    is_late = event.mail == "waiting" and now - event.at >= MAIL_FOR_SECONDS
    return event._replace(mail="failed") if is_late else event
