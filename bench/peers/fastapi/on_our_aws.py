"""The hit of the FastAPI peer on our AWS layer: routes, dependencies and models as they are."""

from functools import lru_cache
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.middleware.cors import CORSMiddleware
from mangum import Mangum
from models import Holdings, current_user
from our_aws import OurCache


@lru_cache
def get_cache() -> OurCache:
    return OurCache()


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
    payload = cache.fresh()
    if refresh or not payload:
        raise HTTPException(503, "measured on hits alone")
    response.headers["X-Cache"] = "HIT"
    return Holdings.model_validate_json(payload)


handler = Mangum(app, lifespan="off")
