import json

from holdings import create_app
from holdings.api import document, problems
from local import openapi
from tests.builders import make_settings


def test_the_checked_in_document_is_up_to_date() -> None:
    app = create_app(make_settings(DEMO_MODE="true"))
    assert json.loads(document.PATH.read_text()) == openapi.build(app), "run `make openapi`"


def test_every_route_of_the_app_is_in_the_document() -> None:
    app = create_app(make_settings(DEMO_MODE="true"))
    served = {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith(("document.", "swagger_ui."))
    }
    paths = json.loads(document.PATH.read_text())["paths"]
    assert served == {(method, path) for path, methods in paths.items() for method in methods}


def test_every_code_of_the_api_is_in_the_document() -> None:
    text = document.PATH.read_text()
    assert [code for code in problems.KINDS if f"`{code}`" not in text] == []


def test_the_document_and_its_viewer_are_served() -> None:
    client = create_app(make_settings(DEMO_MODE="true", APP_NAME="Mine")).test_client()
    served = client.get("/openapi.json").json
    assert served
    assert (served["openapi"], served["info"]["title"]) == ("3.1.0", "Mine")
    assert b"swagger-ui" in client.get("/docs").data


def test_the_viewer_is_not_served_in_lambda() -> None:
    app = create_app(make_settings(AWS_LAMBDA_FUNCTION_NAME="holdings"))
    assert app.test_client().get("/docs").status_code == 404


def test_the_viewer_can_sign_in_where_there_is_a_hosted_ui() -> None:
    settings = make_settings(
        DEMO_MODE="true",
        AUTH_ISSUER="https://issuer.example.com/pool",
        AUTH_CLIENT_ID="client-1",
        AUTH_HOSTED_UI_URL="https://h",
    )
    client = create_app(settings).test_client()
    served = client.get("/openapi.json").json
    assert served
    flow = served["components"]["securitySchemes"]["hostedUi"]["flows"]["authorizationCode"]
    assert flow["tokenUrl"] == "https://h/oauth2/token"
    assert {"hostedUi": ["openid"]} in served["paths"]["/holdings"]["get"]["security"]
    assert b"client-1" in client.get("/docs").data
