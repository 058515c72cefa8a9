"""Rules that a viewer sets, the mail settings beside them, and both as they are kept."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_args

from holdings.core.money import format_amount, parse_amount

Kind = Literal[
    "balance_fell", "left_exchange", "value_crossed", "connection_failed", "reconciliation_broke"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Direction = Literal["below", "above"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
StopCode = Literal["bounced", "complained", "unsubscribed"]
STOP_CODES: tuple[StopCode, ...] = get_args(StopCode)

MOST_RULES = 20
MOST_HOURS = 720
COOLDOWN_HOURS = range(1, 169)
DEFAULT_COOLDOWN_HOURS = 6
LONGEST_CODE = 32

_LATEST = 253_402_300_800  # the year 10000
_VERSION = 1
_MOST_BYTES = 256 * 1024


class BrokenAlerts(ValueError):
    """Something is kept that no version of this program has written."""


class Rule(NamedTuple):
    """What has to happen, in one connection or, without `connection_id`, in all together.

    `balance_fell`: `currency` fell by more than `amount`, or `ratio` of what there was.
    `left_exchange`: `currency` was held, and is held no more. `value_crossed`: what everything is
    worth, in `currency`, is `direction` `amount`. `connection_failed`: a key is rejected, or
    nothing could be read for so many `hours`. `reconciliation_broke`: a ledger does not add up.
    """

    id: str
    kind: Kind
    enabled: bool = True
    connection_id: str | None = None
    cooldown_hours: int = DEFAULT_COOLDOWN_HOURS
    currency: str | None = None
    amount: Decimal | None = None
    ratio: Decimal | None = None
    direction: Direction | None = None
    hours: int | None = None


# Which of a rule's own fields each kind has; of `balance_fell` one of amount and ratio.
FIELDS: Mapping[Kind, tuple[str, ...]] = {
    "balance_fell": ("currency", "amount", "ratio"),
    "left_exchange": ("currency",),
    "value_crossed": ("currency", "amount", "direction"),
    "connection_failed": ("hours",),
    "reconciliation_broke": (),
}
OWN_FIELDS = ("currency", "amount", "ratio", "direction", "hours")


class Stopped(NamedTuple):
    """Why no mail is sent any more, since when (epoch seconds)."""

    code: StopCode
    at: int


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`figures`: whether a mail says what happened, or only that something has.

    `secret` is what a link in a mail proves itself by.
    """

    enabled: bool = False
    figures: bool = False
    stopped: Stopped | None = None
    secret: str = field(default="", repr=False)

    @property
    def sends(self) -> bool:
        return self.enabled and not self.stopped


class Alerts(NamedTuple):
    """`version` grows with every change, 0 where there are none yet."""

    rules: Sequence[Rule] = ()
    mail: MailSettings = MailSettings()
    version: int = 0


def pack(alerts: Alerts) -> bytes:
    stopped = alerts.mail.stopped
    return packed(
        {
            "v": _VERSION,
            "rules": [_rule_document(rule) for rule in alerts.rules],
            "mail": {
                "enabled": alerts.mail.enabled,
                "figures": alerts.mail.figures,
                "stopped": stopped and [stopped.code, stopped.at],
                "secret": alerts.mail.secret,
            },
        }
    )


def unpack(kept: bytes, version: int) -> Alerts:
    """Raises BrokenAlerts."""
    read = unpacked(kept)
    try:
        if read["v"] != _VERSION:
            raise BrokenAlerts("another version")
        mail, stopped = read["mail"], read["mail"]["stopped"]
        rules = [_to_rule(one) for one in read["rules"]]
        if len(rules) > MOST_RULES:
            raise BrokenAlerts("too many rules")
        return Alerts(
            rules,
            MailSettings(
                mail["enabled"] is True,
                mail["figures"] is True,
                Stopped(STOP_CODES[STOP_CODES.index(stopped[0])], moment(stopped[1]))
                if stopped
                else None,
                str(mail["secret"]),
            ),
            version,
        )
    except (KeyError, TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise BrokenAlerts(str(error)) from None


def packed(document: Any) -> bytes:
    return zlib.compress(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())


def unpacked(kept: bytes) -> Any:
    """Raises BrokenAlerts."""
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(kept, _MOST_BYTES)
        if unpacking.unconsumed_tail:
            raise BrokenAlerts("too long")
        return json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise BrokenAlerts(str(error)) from None


def moment(value: object) -> int:
    """Read epoch seconds that have a date. Raises BrokenAlerts."""
    if type(value) is not int or not 0 <= value < _LATEST:
        raise BrokenAlerts("not a moment")
    return value


def _rule_document(rule: Rule) -> dict[str, Any]:
    own: dict[str, Any] = {name: getattr(rule, name) for name in OWN_FIELDS}
    own = {
        name: format_amount(value) if isinstance(value, Decimal) else value
        for name, value in own.items()
        if value is not None
    }
    return {
        "id": rule.id,
        "kind": rule.kind,
        "enabled": rule.enabled,
        "connection_id": rule.connection_id,
        "cooldown_hours": rule.cooldown_hours,
        **own,
    }


def _to_rule(read: Mapping[str, Any]) -> Rule:
    kind = KINDS[KINDS.index(read["kind"])]
    direction = read.get("direction")
    connection = read["connection_id"]
    return Rule(
        id=_text(read["id"], 64),
        kind=kind,
        enabled=read["enabled"] is True,
        connection_id=None if connection is None else _text(connection, 64),
        cooldown_hours=_within(read["cooldown_hours"], COOLDOWN_HOURS),
        currency=_text(read["currency"], LONGEST_CODE) if "currency" in read else None,
        amount=parse_amount(read["amount"]) if "amount" in read else None,
        ratio=parse_amount(read["ratio"]) if "ratio" in read else None,
        direction=DIRECTIONS[DIRECTIONS.index(direction)] if direction else None,
        hours=_within(read["hours"], range(MOST_HOURS + 1)) if "hours" in read else None,
    )


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise BrokenAlerts("not a text")
    return value


def _within(value: object, allowed: range) -> int:
    if not (type(value) is int and value in allowed):
        raise BrokenAlerts("not a number")
    return value
