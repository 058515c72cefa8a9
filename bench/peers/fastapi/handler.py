"""FastAPI + Pydantic behind Mangum, httpx to Coinbase, boto3 resource: what this app replaced.

As fastapi.tiangolo.com has settings and dependencies (lru_cache, Depends), mangum its handler.
The cache keeps the document as a DynamoDB map of Decimals and its `ttl` judges it.
"""

import json
import os
import time
from functools import lru_cache
from typing import Annotated

import boto3
import httpx
from fastapi import Depends, FastAPI, Query, Response
from fastapi.middleware.cors import CORSMiddleware
from mangum import Mangum
from models import Health, Holdings, current_user
from portfolio import AWS, build_document, moment, signed_headers
from pydantic import BaseModel


class Settings(BaseModel):
    app_name: str
    app_version: str
    default_user_id: str
    ddb_table: str
    cb_base_url: str
    cb_secret_name: str
    cache_ttl_seconds: int = 180
    secret_cache_ttl_seconds: int = 300
    cors_allow_origin: str = "http://localhost:5173"


@lru_cache
def get_settings() -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in os.environ.items()})


@lru_cache
def get_table():
    return boto3.resource("dynamodb", config=AWS).Table(get_settings().ddb_table)


class Coinbase:
    """Signed reads, with the key in memory for a while and read again when it is rejected."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secrets = boto3.client("secretsmanager", config=AWS)
        self.http = httpx.Client(base_url=settings.cb_base_url, timeout=10)
        self.kept: tuple[dict, float] | None = None

    def secret(self) -> dict:
        if not self.kept or time.monotonic() > self.kept[1]:
            answer = self.secrets.get_secret_value(SecretId=self.settings.cb_secret_name)
            until = time.monotonic() + self.settings.secret_cache_ttl_seconds
            self.kept = json.loads(answer["SecretString"]), until
        return self.kept[0]

    def accounts(self) -> list[dict]:
        response = self._get("/accounts")
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self.kept = None
            response = self._get("/accounts")
        return response.raise_for_status().json()

    def _get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers=signed_headers(self.secret(), "GET", path))


@lru_cache
def get_coinbase() -> Coinbase:
    return Coinbase(get_settings())


app = FastAPI(title=get_settings().app_name, version=get_settings().app_version)
app.add_middleware(
    CORSMiddleware,
    allow_origins=[get_settings().cors_allow_origin],
    allow_methods=["GET", "POST", "OPTIONS"],
    allow_headers=["Content-Type", "Authorization"],
)


@app.get("/health")
def health(settings: Annotated[Settings, Depends(get_settings)]) -> Health:
    return Health(
        status="ok",
        name=settings.app_name,
        version=settings.app_version,
        time=moment(int(time.time())),
    )


@app.get("/holdings", dependencies=[Depends(current_user)])
def holdings(
    response: Response,
    settings: Annotated[Settings, Depends(get_settings)],
    table: Annotated[object, Depends(get_table)],
    refresh: Annotated[bool, Query()] = False,
) -> Holdings:
    key, now = f"holdings#{settings.default_user_id}", int(time.time())
    if not refresh:
        item = table.get_item(Key={"pk": key}, ConsistentRead=True).get("Item")
        if item and item["ttl"] > now:
            response.headers["X-Cache"] = "HIT"
            return Holdings.model_validate(item["payload"])
    document = build_document(get_coinbase().accounts(), now, settings.cache_ttl_seconds)
    ttl = now + settings.cache_ttl_seconds
    table.put_item(Item={"pk": key, "payload": document, "ttl": ttl})
    response.headers["X-Cache"] = "MISS"
    return Holdings.model_validate(document)


# What is made here is in the snapshot; on demand, what only a miss needs waits for a miss.
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    get_table()
    get_coinbase()

handler = Mangum(app, lifespan="off")
