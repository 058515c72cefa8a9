"""The jobs `evaluate-alerts`, which finds what fires and mails it, and `mail-feedback`."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, cast

from holdings.core.alerts.evaluate import Facts, evaluate
from holdings.core.alerts.events import KEEP_SECONDS, Event, event_of, pack_event, unpack_event
from holdings.core.alerts.mail_text import mail_of
from holdings.core.alerts.rules import Alerts, BrokenAlerts, Rule, StopCode, Stopped, pack, unpack
from holdings.core.alerts.states import State, pack_states, unpack_states
from holdings.core.alerts.token import token_of
from holdings.core.clock import Clock, Deadline
from holdings.core.connections import Profile
from holdings.core.errors import Conflict, MailRefused, NotFound
from holdings.core.ports import Mailer
from holdings.core.record_ports import KeptEvent, Records
from holdings.core.viewer import is_viewer

logger = logging.getLogger(__name__)

_ATTEMPTS = 4
# What has waited for longer is no news.
MAIL_FOR_SECONDS = 24 * 3600
_MOST_WAITING = 100
# Longer than a run may take: then whoever began to mail is dead.
CLAIM_SECONDS = 120


class Knows(Protocol):
    def facts(
        self, viewer: str, rules: Sequence[Rule], currency: str, deadline: Deadline
    ) -> tuple[Facts, Mapping[str, str]]: ...


class EvaluateAlerts:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        records: Records,
        knows: Knows,
        mailer: Mailer | None,
        clock: Clock,
        app_name: str,
        page_url: str,
        api_url: str,
    ) -> None:
        """Without a `mailer` nothing is mailed; name and addresses are for what mails say."""
        self._records = records
        self._knows = knows
        self._mailer = mailer
        self._clock = clock
        self._app_name = app_name
        self._page_url = page_url
        self._api_url = api_url

    def run(self, viewer: str, window: int, *, seconds: float) -> str:
        """Find what fires now, keep it, and mail what waits. Returns what came of it.

        Raises RecordsUnavailable, Misconfigured, CacheUnavailable or MailUnavailable. What fires is
        kept exactly once; a mail is sent again where nobody could note that it was.
        """
        deadline = Deadline.after(seconds, self._clock)
        alerts = read_alerts(self._records, viewer, deadline)
        if not any(rule.enabled for rule in alerts.rules):
            return "nothing_to_do"
        for _ in range(_ATTEMPTS):
            try:
                outcome = self._evaluate(viewer, alerts, window, deadline)
            except Conflict:
                continue  # another has evaluated meanwhile: on from there
            except NotFound:
                return "removed"
            break
        else:
            raise Conflict("the alerts are being evaluated by others too")
        if self._mailer and alerts.mail.sends:
            self._send(viewer, alerts, self._mailer, deadline)
        return outcome

    def _evaluate(self, viewer: str, alerts: Alerts, window: int, deadline: Deadline) -> str:
        states, known_window, version = self._states(viewer, deadline)
        now = int(self._clock.now())
        # One that is to come is of a clock that was ahead, and would make all others old.
        window, known_window = min(window, now), min(known_window, now)
        if window < known_window:
            return "old"
        profile = self._records.profile(viewer, deadline) or Profile(0)
        facts, labels = self._knows.facts(viewer, alerts.rules, profile.currency, deadline)
        found, fired = evaluate(alerts.rules, states, facts, now)
        mail = "waiting" if self._mailer and alerts.mail.sends else "off"
        if alerts.mail.stopped:
            mail = "stopped"
        events = [event_of(one, labels, mail) for one in fired]
        kept = [KeptEvent(one.id, pack_event(one), one.mail) for one in events]
        document = pack_states(found, max(window, known_window))
        self._records.alerts.put_states(
            viewer, document, version, kept, now + KEEP_SECONDS, deadline
        )
        return "fired" if fired else "quiet"

    def _states(self, viewer: str, deadline: Deadline) -> tuple[dict[str, State], int, int]:
        kept = self._records.alerts.states(viewer, deadline)
        if kept is None:
            return {}, 0, 0
        document, version = kept
        try:
            return *unpack_states(document), version
        except BrokenAlerts:
            _broken("the states of alerts")
            return {}, 0, version

    def _send(self, viewer: str, alerts: Alerts, mailer: Mailer, deadline: Deadline) -> None:
        """Mail what waits and nobody else is mailing: one mail for all of it."""
        now = int(self._clock.now())
        kept = self._records.alerts.events(viewer, "", _MOST_WAITING, deadline)
        waiting = [
            event
            for one in kept
            if one.mail == "waiting"
            and (event := read_event(one))
            and now - event.at < MAIL_FOR_SECONDS
            and self._records.alerts.claim(viewer, one.key, now, now + CLAIM_SECONDS, deadline)
        ]
        if not waiting:
            return
        token = token_of(viewer, alerts.mail.secret)
        mail = mail_of(
            waiting,
            figures=alerts.mail.figures,
            app_name=self._app_name,
            page_url=self._page_url,
            unsubscribe_url=f"{self._api_url}/alerts/unsubscribe?token={token}",
        )
        state = "sent"
        try:
            mailer.send(viewer, mail)
        except MailRefused as error:
            logger.warning(
                "a mail about alerts is refused: %s",
                error.detail,
                extra={"event": "mail_refused", "code": error.code},
            )
            state = "failed"
        for event in waiting:
            self._records.alerts.mark(viewer, event.id, state, deadline)


class MailFeedback:
    """Stops the mail to a viewer whose address does not take it, or who complained."""

    def __init__(self, *, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def run(self, event: object, seconds: float) -> str:
        """Take an event of SES's as EventBridge delivers it; return what came of it.

        Raises RecordsUnavailable or Misconfigured.
        https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
        """
        found = stop_of(event)
        if found is None:
            return "nothing_to_do"
        viewer, code = found
        deadline = Deadline.after(seconds, self._clock)
        stop_mail(self._records, viewer, code, int(self._clock.now()), deadline)
        return code


def stop_of(event: object) -> tuple[str, StopCode] | None:
    """Return whose mail is to stop and why; None where it is not to, or nobody knows whose."""
    kind, detail = _field(event, "detail-type"), _field(event, "detail")
    code: StopCode | None = None
    if kind == "Email Complaint Received":
        why = _field(_field(detail, "complaint"), "complaintFeedbackType")
        # Who says that it is no spam wants it.
        code = None if why == "not-spam" else "complained"
    elif kind == "Email Bounced":
        permanent = _field(_field(detail, "bounce"), "bounceType") == "Permanent"
        code = "bounced" if permanent else None
    viewers = _field(_field(_field(detail, "mail"), "tags"), "viewer")
    listed = cast("list[object]", viewers) if isinstance(viewers, list) else []
    viewer = listed[0] if len(listed) == 1 else None
    if code is None or not (isinstance(viewer, str) and is_viewer(viewer)):
        return None
    return viewer, code


def stop_mail(records: Records, viewer: str, code: StopCode, now: int, deadline: Deadline) -> None:
    """Stop the mail to a viewer who gets any. Raises RecordsUnavailable."""
    for _ in range(_ATTEMPTS):
        alerts = read_alerts(records, viewer, deadline)
        if not alerts.mail.enabled:
            return
        mail = replace(alerts.mail, enabled=False, stopped=Stopped(code, now))
        stopped = alerts._replace(mail=mail)
        try:
            records.alerts.put_rules(
                viewer, pack(stopped), len(alerts.rules), alerts.version, deadline
            )
        except Conflict:
            continue
        return
    raise Conflict("the alerts are being changed by others too")


def read_alerts(records: Records, viewer: str, deadline: Deadline) -> Alerts:
    """Return what the viewer set; what cannot be read counts as nothing, under its version."""
    kept = records.alerts.rules(viewer, deadline)
    if kept is None:
        return Alerts()
    document, version = kept
    try:
        return unpack(document, version)
    except BrokenAlerts:
        _broken("the rules of alerts")
        return Alerts(version=version)


def read_event(kept: KeptEvent) -> Event | None:
    try:
        return unpack_event(kept.key, kept.document, kept.mail)
    except BrokenAlerts:
        _broken("an event of alerts")
        return None


def _broken(what: str) -> None:
    logger.error("%s cannot be read", what, extra={"event": "records_failure", "code": "broken"})


def _field(value: object, name: str) -> object:
    return cast("Mapping[str, object]", value).get(name) if isinstance(value, Mapping) else None
