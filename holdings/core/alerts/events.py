"""What fired: in a sentence, with its figures, and how far its mail has come."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from holdings.core.alerts.evaluate import Figure, Fired
from holdings.core.alerts.rules import KINDS, BrokenAlerts, Kind, moment, packed, unpacked

MailState = Literal["off", "waiting", "sent", "failed", "stopped"]
MAIL_STATES: tuple[MailState, ...] = get_args(MailState)

# So long an event is kept.
KEEP_SECONDS = 400 * 24 * 3600
_VERSION = 1
_MOST_FIGURES = 16

TITLES: Mapping[Kind, str] = {
    "balance_fell": "A balance fell",
    "left_exchange": "An asset is held no more",
    "value_crossed": "The value crossed a line",
    "connection_failed": "A connection fails",
    "reconciliation_broke": "A ledger does not add up",
}


class Event(NamedTuple):
    """`id` sorts by when it fired; `at` is epoch seconds. `detail` is a sentence with its figures.

    `connection` is the label of the connection that it is of.
    """

    id: str
    rule_id: str
    kind: Kind
    at: int
    detail: str
    figures: tuple[Figure, ...]
    connection_id: str | None
    mail: MailState = "off"

    @property
    def title(self) -> str:
        return TITLES[self.kind]


def event_of(fired: Fired, labels: Mapping[str, str], mail: MailState) -> Event:
    """Return the event; `labels` are what the viewer calls the connections, by id."""
    rule = fired.rule
    return Event(
        id=f"{fired.at * 1_000:013d}-{rule.id}",
        rule_id=rule.id,
        kind=rule.kind,
        at=fired.at,
        detail=_sentence(fired, labels),
        figures=fired.figures,
        connection_id=fired.connection_id,
        mail=mail,
    )


def pack_event(event: Event) -> bytes:
    return packed(
        {
            "v": _VERSION,
            "rule": event.rule_id,
            "kind": event.kind,
            "at": event.at,
            "detail": event.detail,
            "figures": [[one.name, one.value, one.unit] for one in event.figures],
            "connection": event.connection_id,
        }
    )


def unpack_event(key: str, kept: bytes, mail: str) -> Event:
    """Raises BrokenAlerts."""
    read = unpacked(kept)
    try:
        if read["v"] != _VERSION or len(read["figures"]) > _MOST_FIGURES:
            raise BrokenAlerts("not an event")
        return Event(
            id=key,
            rule_id=str(read["rule"]),
            kind=KINDS[KINDS.index(read["kind"])],
            at=moment(read["at"]),
            detail=str(read["detail"]),
            figures=tuple(Figure(*map(str, row)) for row in read["figures"]),
            connection_id=None if read["connection"] is None else str(read["connection"]),
            mail=MAIL_STATES[MAIL_STATES.index(mail)],  # type: ignore[arg-type]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenAlerts(str(error)) from None


def _sentence(fired: Fired, labels: Mapping[str, str]) -> str:
    rule, found = fired.rule, {one.name: one for one in fired.figures}
    label = labels.get(fired.connection_id or "")
    where = f" in {label}" if label else ""
    if rule.kind == "balance_fell":
        fell, before, after = (found[name].value for name in ("fell_by", "from", "to"))
        return f"{rule.currency}{where} fell by {fell}, from {before} to {after}."
    if rule.kind == "left_exchange":
        return (
            f"{rule.currency}{where} is held no more: it was sold or withdrawn. There were "
            f"{found['last_held'].value}."
        )
    if rule.kind == "value_crossed":
        value, line = found["value"], found["line"]
        return f"The value{where} is {_money(value)}, {rule.direction} the line of {_money(line)}."
    if rule.kind == "connection_failed":
        return " ".join(_failure(one, where) for one in fired.figures)
    count = found["differences"].value
    return f"The ledger{where} differs from the balances in {count} places."


def _failure(figure: Figure, where: str) -> str:
    if figure.name == "rejected":
        return f"The exchange rejects the key of {figure.value}: replace it."
    which = where.removeprefix(" in ") or "One of your connections"
    if figure.name == "never_read":
        return f"{which} could never be read."
    if figure.value == "0":
        return f"{which} cannot be read."
    return f"{which} has not been read for {figure.value} hours."


def _money(figure: Figure) -> str:
    """Cut to cents: a mail is read by people."""
    whole, point, decimals = figure.value.partition(".")
    return f"{whole}{point}{decimals[:2]} {figure.unit}"
