"""Connections and the profile, as they come in and go out."""

import re
import zoneinfo
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from holdings.api.history_schemas import Day
from holdings.api.schemas import CONNECTION_ID, NoticeSchema, Pattern, Timestamp
from holdings.core.connections import LONGEST_LABEL, STATUSES
from holdings.core.history.progress import STATES

RIGHTS = ("view", "trade", "transfer")
_MOST_PER_PAGE = 100
_LONGEST_FIELD = 8_192
_MOST_FIELDS = 10
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


def _label(value: str) -> None:
    if not value.strip() or len(value.strip()) > LONGEST_LABEL or not value.isprintable():
        raise ValidationError(f"Must be 1 to {LONGEST_LABEL} printable characters.")


def _zone(value: str) -> None:
    known = zoneinfo.available_timezones()
    if len(value) > 64 or not _ZONE.fullmatch(value) or (known and value not in known):
        raise ValidationError("Not a time zone such as Europe/Berlin.")


class CredentialField(fields.Dict):
    """An exchange's own fields, each a text; what they are is the exchange's to say."""

    def __init__(self) -> None:
        super().__init__(
            keys=fields.String(validate=validate.Length(1, 64)),
            values=fields.String(validate=validate.Length(max=_LONGEST_FIELD)),
            required=True,
            validate=validate.Length(max=_MOST_FIELDS),
            metadata={
                "description": "As the exchange names its fields: for coinbase_exchange api_key, "
                "api_secret and passphrase, for coinbase_advanced name and privateKey, as in "
                "Coinbase's key file. No answer ever has it.",
                "writeOnly": True,
            },
        )


def _accept_rights() -> fields.List[str]:
    return fields.List(
        fields.String(validate=validate.OneOf(RIGHTS)),
        load_default=(),
        metadata={"description": "What the key may do beyond view, and is kept all the same."},
    )


class PageQuerySchema(Schema):
    limit = fields.Integer(
        load_default=_MOST_PER_PAGE,
        validate=validate.Range(1, _MOST_PER_PAGE),
        metadata={"description": "How many at most."},
    )
    cursor = fields.String(
        load_default=None,
        validate=Pattern(CONNECTION_ID, error="Not a cursor of this list."),
        metadata={"description": "`next` of the page before."},
    )


class NewConnectionSchema(Schema):
    exchange = fields.String(
        required=True,
        metadata={"description": "Where the account is.", "example": "coinbase_exchange"},
    )
    label = fields.String(
        required=True, validate=_label, metadata={"description": "What to call it."}
    )
    credential = CredentialField()
    accept_rights = _accept_rights()


class CredentialSchema(Schema):
    credential = CredentialField()
    accept_rights = _accept_rights()


class ConnectionChangeSchema(Schema):
    label = fields.String(load_default=None, validate=_label)
    status = fields.String(
        load_default=None,
        validate=validate.OneOf(("active", "paused")),
        metadata={"description": "A paused one is neither read nor counted."},
    )


class ConnectionProgressSchema(Schema):
    """How far a connection's history has been read: GET /history says more."""

    state = fields.String(required=True, validate=validate.OneOf(("none", *STATES)))
    reached_back_to = Day(
        required=True,
        allow_none=True,
        metadata={"description": "Everything since then is known."},
    )
    entries = fields.Integer(
        required=True, metadata={"description": "How many entries of its ledger are kept."}
    )


class ConnectionSchema(Schema):
    """A connection as its owner is shown it, never with its credential."""

    id = fields.String(required=True, metadata={"description": "Its id, for the routes below."})
    exchange = fields.String(required=True, metadata={"example": "coinbase_exchange"})
    label = fields.String(required=True, metadata={"example": "Main"})
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    shared = fields.Boolean(
        required=True,
        metadata={"description": "The deployment's own, which no viewer can change."},
    )
    rights = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "What the key may do; null where the exchange does not say."},
    )
    key_hint = fields.String(
        required=True, metadata={"description": "The last four characters of the key's name."}
    )
    created_at = Timestamp(required=True, allow_none=True)
    last_read_at = Timestamp(required=True, allow_none=True)
    last_error = fields.Nested(NoticeSchema, required=True, allow_none=True)
    version = fields.Integer(
        required=True, metadata={"description": "Grows with every change: If-Match."}
    )
    history = fields.Nested(ConnectionProgressSchema, required=True)


class ConnectionListSchema(Schema):
    connections: fields.List[Any] = fields.List(fields.Nested(ConnectionSchema), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The cursor of the next page, null on the last one."},
    )


class ProfileChangeSchema(Schema):
    currency = fields.String(
        load_default=None,
        validate=Pattern(r"^[A-Z0-9]{2,10}$", error="Not a currency such as EUR."),
    )
    time_zone = fields.String(load_default=None, validate=_zone)
    insights = fields.Boolean(load_default=None, truthy={True}, falsy={False})


class ProfileSchema(Schema):
    """What is kept of a viewer; `email` is the token's and is not kept."""

    email = fields.String(required=True, allow_none=True)
    currency = fields.String(required=True, metadata={"example": "EUR"})
    time_zone = fields.String(required=True, metadata={"example": "Europe/Berlin"})
    insights = fields.Boolean(required=True)
    created_at = Timestamp(required=True)
    version = fields.Integer(required=True)
