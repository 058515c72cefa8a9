"""Alerts, as marshmallow schemas: what may be set, and what is answered."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from holdings.api.schemas import Amount, Pattern, Timestamp
from holdings.core.alerts.events import MAIL_STATES
from holdings.core.alerts.rules import (
    COOLDOWN_HOURS,
    DEFAULT_COOLDOWN_HOURS,
    DIRECTIONS,
    FIELDS,
    KINDS,
    LONGEST_CODE,
    MOST_HOURS,
    MOST_RULES,
    OWN_FIELDS,
    STOP_CODES,
    Rule,
)

_STATUSES = ("new", "armed", "fired")
MOST_EVENTS = 100


class Positive(Amount):
    """An amount above zero."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        amount = super()._deserialize(value, attr, data, **kwargs)
        if amount <= 0:
            raise ValidationError("Must be greater than 0.")
        return amount


def _about(description: str, example: object = None) -> dict[str, Any]:
    return {"description": description, **({} if example is None else {"example": example})}


class RuleSchema(Schema):
    """What has to happen, in one connection or in all together.

    balance_fell has `currency` and one of `amount` and `ratio`: it fell by more than that from the
    highest since. left_exchange has `currency`: it was held, and is held no more. value_crossed has
    `amount` and `direction`, and `currency` or, without, the viewer's. connection_failed has
    `hours`: a key is rejected, or nothing was read for so long. reconciliation_broke has none.
    """

    id = fields.String(validate=validate.Length(1, 64), metadata=_about("Left out for a new rule."))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    enabled = fields.Boolean(load_default=True)
    connection_id = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.Length(1, 64),
        metadata=_about("Null for all connections together."),
    )
    cooldown_hours = fields.Integer(
        strict=True,
        load_default=DEFAULT_COOLDOWN_HOURS,
        validate=validate.Range(COOLDOWN_HOURS[0], COOLDOWN_HOURS[-1]),
        metadata=_about("How long it stays quiet after it fired."),
    )
    currency = fields.String(
        allow_none=True,
        validate=Pattern(
            rf"^[A-Z0-9.$_-]{{1,{LONGEST_CODE}}}$", error="Must be a currency's code, such as BTC."
        ),
        metadata=_about("A currency's code.", "BTC"),
    )
    # What an answer has as null may come back as null.
    amount = Positive(allow_none=True, metadata=_about("Above zero.", "0.5"))
    ratio = Positive(allow_none=True, metadata=_about("Above 0, below 1.", "0.1"))
    direction = fields.String(allow_none=True, validate=validate.OneOf((*DIRECTIONS, None)))
    hours = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, MOST_HOURS))

    @validates_schema
    def _of_its_kind(self, data: Mapping[str, Any], **_: Any) -> None:
        own = FIELDS[data["kind"]]
        errors = {
            name: [f"Not a field of {data['kind']}."]
            for name in OWN_FIELDS
            if data.get(name) is not None and name not in own
        }
        needed = [name for name in own if name not in ("amount", "ratio")]
        if data["kind"] == "value_crossed":
            needed = ["amount", "direction"]
        if data["kind"] == "balance_fell" and (
            (data.get("amount") is None) == (data.get("ratio") is None)
        ):
            errors["amount"] = ["Give one of amount and ratio."]
        if data.get("ratio") is not None and data["ratio"] >= 1:
            errors["ratio"] = ["Must be less than 1."]
        errors |= {
            name: [f"Missing: a {data['kind']} rule has it."]
            for name in needed
            if data.get(name) is None
        }
        if errors:
            raise ValidationError(errors)

    @post_load
    def _rule(self, data: dict[str, Any], **_: Any) -> Rule:
        return Rule(**cast("dict[str, Any]", {"id": "", **data}))


class MailChangeSchema(Schema):
    """Whether mails are sent, and whether they say what happened."""

    enabled = fields.Boolean(required=True)
    figures = fields.Boolean(load_default=False)


class AlertsChangeSchema(Schema):
    """All rules and the mail settings: what is left out is gone."""

    mail = fields.Nested(MailChangeSchema, required=True)
    rules: fields.List[Any] = fields.List(
        fields.Nested(RuleSchema), required=True, validate=validate.Length(max=MOST_RULES)
    )


class RuleStateSchema(Schema):
    """Whether it waits (armed), fired and is not over yet (fired), or was not looked at (new)."""

    status = fields.String(required=True, validate=validate.OneOf(_STATUSES))
    fired_at = Timestamp(required=True, allow_none=True)
    evaluated_at = Timestamp(required=True, allow_none=True)


class KnownRuleSchema(Schema):
    """A rule with what is known of it."""

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    enabled = fields.Boolean(required=True)
    connection_id = fields.String(required=True, allow_none=True)
    cooldown_hours = fields.Integer(required=True)
    currency = fields.String(required=True, allow_none=True)
    amount = Amount(required=True, allow_none=True)
    ratio = Amount(required=True, allow_none=True)
    direction = fields.String(
        required=True, allow_none=True, validate=validate.OneOf((*DIRECTIONS, None))
    )
    hours = fields.Integer(required=True, allow_none=True)
    state = fields.Nested(RuleStateSchema, required=True)


class StoppedSchema(Schema):
    """Why no mail is sent any more, and since when."""

    code = fields.String(required=True, validate=validate.OneOf(STOP_CODES))
    at = Timestamp(required=True)


class MailSchema(Schema):
    """`available` is whether this deployment sends mail at all."""

    enabled = fields.Boolean(required=True)
    figures = fields.Boolean(required=True)
    stopped = fields.Nested(StoppedSchema, required=True, allow_none=True)
    available = fields.Boolean(required=True)


class AlertsSchema(Schema):
    """Rules, mail settings, and a version that grows with every change."""

    mail = fields.Nested(MailSchema, required=True)
    rules: fields.List[Any] = fields.List(fields.Nested(KnownRuleSchema), required=True)
    version = fields.Integer(required=True)


class AlertFigureSchema(Schema):
    """A figure of what fired; its unit is a currency, hours, count or connection."""

    name = fields.String(required=True)
    value = fields.String(required=True)
    unit = fields.String(required=True)


class AlertEventSchema(Schema):
    """What fired, in a sentence and in figures, and how far its mail is."""

    id = fields.String(required=True)
    rule_id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    at = Timestamp(required=True)
    title = fields.String(required=True)
    detail = fields.String(required=True)
    figures: fields.List[Any] = fields.List(fields.Nested(AlertFigureSchema), required=True)
    connection_id = fields.String(required=True, allow_none=True)
    mail = fields.String(required=True, validate=validate.OneOf(MAIL_STATES))


class AlertEventsSchema(Schema):
    """Newest first; `next` is the cursor to what is older, null where nothing is."""

    events: fields.List[Any] = fields.List(fields.Nested(AlertEventSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class AlertEventsQuerySchema(Schema):
    """A page of what fired."""

    cursor = fields.String(
        load_default="",
        validate=Pattern(
            r"^[0-9]{13}-[0-9a-f]{1,64}$",
            error="Not a cursor of this list: leave it out to begin with the newest.",
        ),
        metadata=_about("What `next` of the page before said."),
    )
    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(1, MOST_EVENTS),
        metadata=_about("How many at most."),
    )
