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
from botocore.config import Config
from flask import Flask, abort, jsonify, request
from flask_cors import CORS
from marshmallow import Schema, ValidationError, fields
from portfolio import build_document, moment, plain, signed_headers

app = Flask(__name__)
CORS(app, origins=[os.environ.get("CORS_ALLOW_ORIGIN", "http://localhost:5173")])
http = requests.Session()

AWS = Config(connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "max_attempts": 2})
CACHE_TTL = int(os.environ.get("CACHE_TTL_SECONDS", "180"))
SECRET_TTL = int(os.environ.get("SECRET_CACHE_TTL_SECONDS", "300"))
KEY = f"holdings#{os.environ['DEFAULT_USER_ID']}"


class Amount(fields.Field):
    def _serialize(self, value, attr, obj, **kwargs):
        return plain(value)


class HealthSchema(Schema):
    status = fields.String()
    name = fields.String()
    version = fields.String()
    time = fields.String()


class QuerySchema(Schema):
    refresh = fields.Boolean(load_default=False)


class HiddenSchema(Schema):
    zero = fields.Integer()
    dust = fields.Integer()


class HoldingSchema(Schema):
    account_id = fields.String()
    currency = fields.String()
    balance = Amount()
    available = Amount()
    hold = Amount()


class HoldingsSchema(Schema):
    as_of = fields.String()
    expires_at = fields.String()
    stale = fields.Boolean()
    warnings = fields.List(fields.Dict())
    account_count = fields.Integer()
    hidden = fields.Nested(HiddenSchema)
    holdings = fields.List(fields.Nested(HoldingSchema))


@lru_cache
def table():
    return boto3.resource("dynamodb", config=AWS).Table(os.environ["DDB_TABLE"])


class Secret:
    """The Coinbase key, kept in memory for a while."""

    kept: tuple[dict, float] | None = None

    @classmethod
    def get(cls) -> dict:
        if not cls.kept or time.monotonic() > cls.kept[1]:
            client = boto3.client("secretsmanager", config=AWS)
            found = client.get_secret_value(SecretId=os.environ["CB_SECRET_NAME"])
            cls.kept = json.loads(found["SecretString"]), time.monotonic() + SECRET_TTL
        return cls.kept[0]


@app.get("/health")
def health():
    document = {
        "status": "ok",
        "name": os.environ["APP_NAME"],
        "version": os.environ["APP_VERSION"],
        "time": moment(int(time.time())),
    }
    return jsonify(HealthSchema().dump(document))


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
    if not query["refresh"]:
        item = table().get_item(Key={"pk": KEY}, ConsistentRead=True).get("Item")
        if item and item["expires_at"] > now:
            return answer(item["payload"], "HIT")
    document = HoldingsSchema().dump(build_document(accounts(), now, CACHE_TTL))
    payload, expires_at = json.dumps(document), now + CACHE_TTL
    table().put_item(
        Item={"pk": KEY, "payload": payload, "expires_at": expires_at, "ttl": expires_at + 86400}
    )
    return answer(payload, "MISS")


def answer(payload: str, cache: str):
    return app.response_class(payload, mimetype="application/json", headers={"X-Cache": cache})


def accounts() -> list[dict]:
    headers = signed_headers(Secret.get(), "GET", "/accounts")
    response = http.get(os.environ["CB_BASE_URL"] + "/accounts", headers=headers, timeout=10)
    response.raise_for_status()
    return response.json()


def handler(event, context):
    return serverless_wsgi.handle_request(app, event, context)
