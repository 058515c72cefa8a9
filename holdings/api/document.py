"""The API's own description: /openapi.json, and a viewer at /docs where one is installed."""

import json
from pathlib import Path
from typing import Any, NamedTuple, cast

from flask import Blueprint, Flask, Response, request

from holdings.core.errors import HoldingsError
from holdings.settings import Settings, TokenIssuer

# Made by `make openapi` from the schemas and routes, and shipped beside the package.
PATH = Path(__file__).parents[2] / "docs" / "openapi.json"


class SignIn(NamedTuple):
    """Where the viewer's "Authorize" button signs in: the code flow with PKCE."""

    authorize_url: str
    token_url: str
    client_id: str
    scopes: tuple[str, ...]

    @classmethod
    def of(cls, issuer: TokenIssuer | None) -> "SignIn | None":
        if not (issuer and issuer.hosted_ui_url):
            return None
        return cls(
            authorize_url=f"{issuer.hosted_ui_url}/oauth2/authorize",
            token_url=f"{issuer.hosted_ui_url}/oauth2/token",
            client_id=issuer.client_id,
            scopes=tuple(
                scope
                for scope in dict.fromkeys(("openid", issuer.scope, issuer.write_scope))
                if scope
            ),
        )

    def security_scheme(self) -> dict[str, Any]:
        flow = {
            "authorizationUrl": self.authorize_url,
            "tokenUrl": self.token_url,
            "scopes": dict.fromkeys(self.scopes, ""),
        }
        return {"type": "oauth2", "flows": {"authorizationCode": flow}}


def register(app: Flask, settings: Settings) -> None:
    """Serve the document; under `flask run` also the viewer, which is not shipped to Lambda."""
    sign_in = SignIn.of(settings.token_issuer)
    blueprint = Blueprint("document", __name__)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        document = json.dumps(_document(settings, sign_in))
        response = Response(document, content_type="application/json")
        response.cache_control.no_cache = True
        response.add_etag()
        response.make_conditional(request)
        return response

    app.register_blueprint(blueprint, url_prefix=settings.api_prefix or None)
    if not settings.in_lambda:
        _register_viewer(app, settings, sign_in)


def _document(settings: Settings, sign_in: SignIn | None) -> dict[str, Any]:
    try:
        document = cast("dict[str, Any]", json.loads(PATH.read_bytes()))
    except FileNotFoundError:
        raise HoldingsError("docs/openapi.json is not here: run `make openapi`") from None
    document["info"]["title"] = settings.app_name
    document["servers"] = [{"url": settings.api_prefix or "/"}]
    if sign_in:
        # First, as the viewer shows them in this order: it is the easier one for a person.
        document["components"]["securitySchemes"] = {
            "hostedUi": sign_in.security_scheme(),
            **document["components"]["securitySchemes"],
        }
        for path in document["paths"].values():
            for operation in path.values():
                if operation.get("security"):
                    operation["security"].append({"hostedUi": list(sign_in.scopes)})
    return document


def _register_viewer(app: Flask, settings: Settings, sign_in: SignIn | None) -> None:
    try:
        from flask_swagger_ui import (
            get_swaggerui_blueprint,  # pyright: ignore[reportUnknownVariableType] - untyped
        )
    except ImportError:  # only requirements.txt is installed
        return
    viewer = get_swaggerui_blueprint(
        f"{settings.api_prefix}/docs",
        f"{settings.api_prefix}/openapi.json",
        config={"app_name": settings.app_name},
        oauth_config=sign_in
        and {
            "clientId": sign_in.client_id,
            "scopes": " ".join(sign_in.scopes),
            "usePkceWithAuthorizationCodeGrant": True,
        },
    )
    app.register_blueprint(viewer)
