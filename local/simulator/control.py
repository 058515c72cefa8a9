"""The control endpoint under /_simulator: what no exchange has, and tests and people need.

It asks for no credentials. The server listens on loopback only, and a request that a web page
sent is refused, so that no site open in the developer's browser can reach it.
"""

import base64
import json
from datetime import UTC
from typing import Any, cast

from flask import Flask, request
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from local.settings import LocalError
from local.simulator.exchange import Exchange, Extra, Holder, Twist
from local.simulator.faults import Fault, Injection
from local.simulator.market import STATES, STATES_AT_FIRST
from local.simulator.server import Refused, bare_app, json_response

PREFIX = "/_simulator"

_A_CENTURY = 3.2e9


def _whole(least: int, most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


class InjectionSchema(Schema):
    fault = fields.String(required=True, validate=validate.OneOf([str(fault) for fault in Fault]))
    times = _whole(1, 1_000_000, allow_none=True)
    path = fields.String(
        validate=validate.Regexp(r"/|\*\Z", error='Must start with "/", or be "*".')
    )
    after = _whole(0, 1_000_000)
    seconds = fields.Float(allow_none=True, validate=validate.Range(0, 3600))
    status = _whole(200, 999, allow_none=True)
    # A line break would end the header, and the fault would no longer be the one asked for.
    headers = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"[!-~]+\Z")),
        values=fields.String(validate=validate.Regexp(r"[\t -~\xa0-\xff]*\Z")),
        allow_none=True,
    )
    body = fields.String(allow_none=True)
    key = fields.String(allow_none=True)

    @post_load
    def made(self, given: dict[str, Any], **_: object) -> Injection:
        body = given.pop("body", None)
        try:
            decoded = None if body is None else base64.b64decode(body, validate=True)
        except ValueError:
            raise ValidationError("Must be base64.", "body") from None
        return Injection(Fault(given.pop("fault")), body=decoded, **given)


_A_SWITCH: dict[str, Any] = {"truthy": {True}, "falsy": {False}}
_OFFSETS = validate.Range(-_A_CENTURY / 2, _A_CENTURY)


class ClockSchema(Schema):
    offset_seconds = fields.Float(required=True, validate=_OFFSETS)


class PageSizeSchema(Schema):
    """Null is the exchange's own."""

    page_size = _whole(1, 1000, required=True, allow_none=True)


class BooksSchema(Schema):
    """The states of books, in place of what they begin with; null is that again."""

    books = fields.Dict(
        keys=fields.String(validate=validate.OneOf(list(STATES_AT_FIRST))),
        values=fields.String(validate=validate.OneOf(STATES), allow_none=True),
        required=True,
    )


class ExtraSchema(Schema):
    """An entry to add behind a ledger, of `account` if it names no currency.

    `at` is ISO 8601, now if there is none.
    """

    currency = fields.String(load_default=None, validate=validate.Length(1, 20))
    type = fields.String(load_default="transfer", validate=validate.Length(1, 60))
    amount = fields.Decimal(required=True)
    at = fields.AwareDateTime(load_default=None, default_timezone=UTC)
    details = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)


class LedgerSchema(Schema):
    """What is wrong with the ledgers of a key; what is not given is right again.

    `account` is the currency of the one that is wrong; null is all of them.
    """

    account = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 20))
    extra: fields.List[Any] = fields.List(fields.Nested(ExtraSchema), load_default=list)
    withhold = fields.List(fields.String(), load_default=list)
    double = fields.Boolean(load_default=False, **_A_SWITCH)
    reverse_pages = fields.Boolean(load_default=False, **_A_SWITCH)
    break_off_after = _whole(0, 1_000_000, load_default=None, allow_none=True)

    @validates_schema
    def check(self, given: dict[str, Any], **_: object) -> None:
        if not all(one["currency"] or given["account"] for one in given["extra"]):
            raise ValidationError("Each needs a currency where there is no account.", "extra")


class PermissionsSchema(Schema):
    view = fields.Boolean(required=True, **_A_SWITCH)
    trade = fields.Boolean(**_A_SWITCH)
    transfer = fields.Boolean(**_A_SWITCH)


class Control:
    """Each action answers with the state that it leaves.

    What is of one key is of the one that `?key=` names, else of the first.
    """

    def __init__(self, exchange: Exchange[Any], key_schema: Schema) -> None:
        self.exchange = exchange
        self._key_schema = key_schema

    def holder(self) -> Holder[Any]:
        name = request.args.get("key")
        found = self.exchange.first if name is None else self.exchange.holder(name)
        if found is None:
            raise Refused(404, "there is no key of this name")
        return found

    def state(self) -> Response:
        """Everything that is set and counted, and nothing that is secret."""
        exchange, holder = self.exchange, self.holder()
        faults = [
            {
                name: getattr(injection, name)
                for name in ("fault", "path", "key", "after", "seconds")
            }
            | {"remaining": remaining}
            for injection, remaining in exchange.faults.active()
        ]
        return json_response(
            {
                "faults": faults,
                "clock_offset_seconds": exchange.clock_offset,
                "page_size": exchange.page_size,
                "view": "view" in holder.may,
                "accounts": len(holder.rows()),
                "requests": exchange.counts(),
            }
        )

    def set_fault(self) -> Response:
        self.exchange.faults.set(_given(InjectionSchema()))
        return self.state()

    def clear_faults(self) -> Response:
        self.exchange.faults.clear()
        return self.state()

    def rotate(self) -> Response:
        """The one answer that shows a key: whoever rotates has to hand the new one on."""
        key, holder = _given(self._key_schema, default=b"{}"), self.holder()
        try:
            self.exchange.rotate(key, holder)
        except LocalError as error:
            raise Refused(500, str(error)) from None
        return json_response(key.credential())

    def set_accounts(self) -> Response:
        self.holder().accounts = _parsed(request.get_data())
        return self.state()

    def set_clock(self) -> Response:
        self.exchange.clock_offset = _given(ClockSchema())["offset_seconds"]
        return self.state()

    def set_page_size(self) -> Response:
        self.exchange.page_size = _given(PageSizeSchema())["page_size"]
        return self.state()

    def set_permissions(self) -> Response:
        holder, given = self.holder(), _given(PermissionsSchema())
        holder.may = (holder.may | given.keys()) - {right for right in given if not given[right]}
        return self.state()

    def set_books(self) -> Response:
        for book, state in _given(BooksSchema())["books"].items():
            self.exchange.market.states[book] = state or STATES_AT_FIRST[book]
        return self.state()

    def set_ledger(self) -> Response:
        given, now = _given(LedgerSchema()), self.exchange.time()
        extra = tuple(
            Extra(
                one["currency"] or given["account"],
                one["type"],
                one["amount"],
                int((one["at"].timestamp() if one["at"] else now) * 1_000_000),
                one["details"],
            )
            for one in given["extra"]
        )
        self.holder().twist = Twist(
            given["account"],
            extra,
            tuple(given["withhold"]),
            given["double"],
            given["reverse_pages"],
            given["break_off_after"],
        )
        return self.state()

    def reset(self) -> Response:
        self.exchange.reset()
        return self.state()


def create_control(exchange: Exchange[Any], key_schema: Schema) -> Flask:
    """`key_schema` makes of a body a key that takes the place of a holder's."""
    app, control = bare_app(), Control(exchange, key_schema)
    routes = [
        ("GET", "/", control.state),
        ("PUT", "/faults", control.set_fault),
        ("DELETE", "/faults", control.clear_faults),
        ("POST", "/credentials", control.rotate),
        ("PUT", "/accounts", control.set_accounts),
        ("POST", "/reset", control.reset),
        ("PUT", "/clock", control.set_clock),
        ("PUT", "/page_size", control.set_page_size),
        ("PUT", "/permissions", control.set_permissions),
        ("PUT", "/books", control.set_books),
        ("PUT", "/ledger", control.set_ledger),
    ]
    for method, path, view in routes:
        app.add_url_rule(path, f"{method} {path}", view, methods=[method])

    def refuse_pages() -> None:
        if "Origin" in request.headers:
            raise Refused(403, "the control endpoint is not for web pages")

    def list_what_there_is(_: HTTPException) -> Response:
        known = ", ".join(f"{method} {PREFIX}{path.rstrip('/')}" for method, path, _ in routes)
        return Refused(404, f"there are {known}").response()

    app.before_request(refuse_pages)
    app.register_error_handler(HTTPException, list_what_there_is)
    return app


def _parsed(body: bytes) -> object:
    try:
        value: object = json.loads(body)
        # What could just be read must be writable too, from deeper in the stack than here.
        deeper = value
        for _ in range(100):
            deeper = [deeper]
        json.dumps(deeper)
    except (ValueError, RecursionError):
        raise Refused(400, "the body must be JSON") from None
    return value


def _given(schema: Schema, *, default: bytes = b"") -> Any:
    """Return what the schema makes of the body. Raises Refused, which says what would be right."""
    try:
        return cast("Any", schema.load(cast("Any", _parsed(request.get_data() or default))))
    except ValidationError as error:
        known = ", ".join(cast("dict[str, object]", schema.fields))
        text = f"the body must be an object of {known}: see errors"
        raise Refused(400, text, errors=cast("object", error.messages)) from None
