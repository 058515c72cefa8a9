"""Flask + marshmallow behind serverless-wsgi, boto3 and requests.

As the READMEs of serverless-wsgi (handle_request, environ["serverless.event"]) and marshmallow
(Schema.dump, Schema.load of request.args) have it.
"""

import json
import os
import time
from functools import lru_cache

import boto3
import requests
import serverless_wsgi
from flask import Flask, abort, jsonify, request
from flask_cors import CORS
from marshmallow import Schema, ValidationError, fields
from portfolio import (
    AWS,
    build_document,
    fresh,
    health_document,
    plain,
    read_accounts,
    read_secret,
    store,
)

app = Flask(__name__)
CORS(app, origins=[os.environ.get("CORS_ALLOW_ORIGIN", "http://localhost:5173")])
http = requests.Session()


class Amount(fields.Field):
    def _serialize(self, value, attr, obj, **kwargs):
        return plain(value)


TEXT, COUNT = fields.String(), fields.Integer()
HealthSchema = Schema.from_dict(dict.fromkeys(("status", "name", "version", "time"), TEXT))
QuerySchema = Schema.from_dict({"refresh": fields.Boolean(load_default=False)})
HiddenSchema = Schema.from_dict({"zero": COUNT, "dust": COUNT})
HoldingSchema = Schema.from_dict(
    {"account_id": TEXT, "currency": TEXT}
    | dict.fromkeys(("balance", "available", "hold"), Amount())
)
HoldingsSchema = Schema.from_dict(
    {
        "as_of": TEXT,
        "expires_at": TEXT,
        "stale": fields.Boolean(),
        "warnings": fields.List(fields.Dict()),
        "account_count": COUNT,
        "hidden": fields.Nested(HiddenSchema),
        "holdings": fields.List(fields.Nested(HoldingSchema)),
    }
)


@lru_cache
def table():
    return boto3.resource("dynamodb", config=AWS).Table(os.environ["DDB_TABLE"])


@app.get("/health")
def health():
    return jsonify(HealthSchema().dump(health_document()))


@app.get("/holdings")
def holdings():
    authorizer = request.environ["serverless.event"]["requestContext"].get("authorizer", {})
    if not authorizer.get("jwt", {}).get("claims", {}).get("sub"):
        abort(401)
    try:
        query = QuerySchema().load(request.args.to_dict())
    except ValidationError as error:
        return jsonify(error.messages), 422
    now = int(time.time())
    if not query["refresh"] and (payload := fresh(table(), now)):
        return answer(payload, "HIT")
    document = build_document(read_accounts(http, read_secret()), now)
    payload = json.dumps(HoldingsSchema().dump(document))
    store(table(), payload, now)
    return answer(payload, "MISS")


def answer(payload: str, cache: str):
    return app.response_class(payload, mimetype="application/json", headers={"X-Cache": cache})


def handler(event, context):
    return serverless_wsgi.handle_request(app, event, context)
