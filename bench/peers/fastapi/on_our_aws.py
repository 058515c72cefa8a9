"""The hit of the FastAPI peer on our AWS layer: routes, dependencies and models as they are."""

import time
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from mangum import Mangum
from models import Holdings
from our_aws import OurCache


@lru_cache
def get_cache() -> OurCache:
    return OurCache()


def current_user(request: Request) -> str:
    context = request.scope["aws.event"]["requestContext"]
    try:
        return context["authorizer"]["jwt"]["claims"]["sub"]
    except KeyError:
        raise HTTPException(401, "Not signed in") from None


app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:5173"],
    allow_methods=["GET", "POST", "OPTIONS"],
    allow_headers=["Content-Type", "Authorization"],
)


@app.get("/holdings", dependencies=[Depends(current_user)])
def holdings(
    response: Response,
    cache: Annotated[OurCache, Depends(get_cache)],
    refresh: Annotated[bool, Query()] = False,
) -> Holdings:
    entry = cache.get()
    if refresh or not entry or entry.expires_at <= time.time():
        raise HTTPException(503, "measured on hits alone")
    response.headers["X-Cache"] = "HIT"
    return Holdings.model_validate_json(entry.payload)


handler = Mangum(app, lifespan="off")
