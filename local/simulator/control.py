"""The control endpoint under /_simulator: what Coinbase does not have, and tests and people need.

It asks for no credentials. The server listens on loopback only, and a request that a web page
sent is refused, so that no site open in the developer's browser can reach it.
"""

import base64
import json
from dataclasses import asdict
from typing import Any, cast

from flask import Flask, request
from marshmallow import Schema, ValidationError, fields, post_load, validate
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from local.settings import LocalError
from local.simulator.coinbase_exchange.exchange import Exchange
from local.simulator.coinbase_exchange.signing import Credentials
from local.simulator.faults import Fault, Injection
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

    @post_load
    def made(self, given: dict[str, Any], **_: object) -> Injection:
        body = given.pop("body", None)
        try:
            decoded = None if body is None else base64.b64decode(body, validate=True)
        except ValueError:
            raise ValidationError("Must be base64.", "body") from None
        return Injection(Fault(given.pop("fault")), body=decoded, **given)


class CredentialsSchema(Schema):
    """Whatever is left out is made up."""

    api_key = fields.String()
    api_secret = fields.String()
    passphrase = fields.String()

    @post_load
    def made(self, given: dict[str, Any], **_: object) -> Credentials:
        try:
            return Credentials(**(asdict(Credentials.random()) | given))
        except ValueError as error:
            raise ValidationError(f"{error}.") from None


# What can be set of an exchange: where, its name in the body, its attribute, its kind.
_VIEW = fields.Boolean(required=True, truthy={True}, falsy={False})
_OFFSETS = validate.Range(-_A_CENTURY / 2, _A_CENTURY)
_SETTINGS: dict[str, tuple[str, str, fields.Field[Any]]] = {
    "/clock": ("offset_seconds", "clock_offset", fields.Float(required=True, validate=_OFFSETS)),
    # Null is Coinbase's own.
    "/page_size": ("page_size", "page_size", _whole(1, 1000, required=True, allow_none=True)),
    "/permissions": (
        "view",
        "can_view",
        fields.Boolean(required=True, truthy={True}, falsy={False}),
    ),
}


class Control:
    """Each action answers with the state that it leaves."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    def state(self) -> Response:
        """Everything that is set and counted, and nothing that is secret."""
        exchange = self.exchange
        faults = [
            {name: getattr(injection, name) for name in ("fault", "path", "after", "seconds")}
            | {"remaining": remaining}
            for injection, remaining in exchange.faults.active()
        ]
        return json_response(
            {
                "faults": faults,
                "clock_offset_seconds": exchange.clock_offset,
                "page_size": exchange.page_size,
                "view": exchange.can_view,
                "accounts": len(exchange.rows()),
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
        """The one answer that shows credentials: whoever rotates has to hand the new ones on."""
        credentials: Credentials = _given(CredentialsSchema(), default=b"{}")
        try:
            self.exchange.rotate(credentials)
        except LocalError as error:
            raise Refused(500, str(error)) from None
        return json_response(asdict(credentials))

    def set_accounts(self) -> Response:
        self.exchange.accounts = _parsed(request.get_data())
        return self.state()

    def set_one(self) -> Response:
        name, attribute, field = _SETTINGS[request.path]
        setattr(self.exchange, attribute, _given(Schema.from_dict({name: field})())[name])
        return self.state()

    def reset(self) -> Response:
        self.exchange.reset()
        return self.state()


def create_control(exchange: Exchange) -> Flask:
    app, control = bare_app(), Control(exchange)
    routes = [
        ("GET", "/", control.state),
        ("PUT", "/faults", control.set_fault),
        ("DELETE", "/faults", control.clear_faults),
        ("POST", "/credentials", control.rotate),
        ("PUT", "/accounts", control.set_accounts),
        ("POST", "/reset", control.reset),
        *(("PUT", path, control.set_one) for path in _SETTINGS),
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
