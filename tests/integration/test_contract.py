"""Whatever schemathesis makes of docs/openapi.json, the app answers as the document says."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import (
    positive_data_acceptance,  # pyright: ignore[reportUnknownVariableType] - half typed there
)

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from tests.builders import CLAIMS, FakeCache, FakeExchange, FakeMarket, make_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

GOOD_TOKEN = "Bearer good"

_app = create_app(make_settings(), exchange=FakeExchange(), cache=FakeCache(), market=FakeMarket())


def gateway(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The app behind a gateway that knows one good token."""
    if environ.get("HTTP_AUTHORIZATION") == GOOD_TOKEN:
        environ[REQUEST_CONTEXT] = {"authorizer": {"jwt": {"claims": CLAIMS}}}
    return _app(environ, start_response)


schema = schemathesis.openapi.from_wsgi("/openapi.json", gateway)


@schema.hook  # pyright: ignore[reportUntypedFunctionDecorator] - schemathesis has none
def filter_query(_context: object, query: dict[str, Any] | None) -> bool:
    """An unknown name with an empty list is no part of the address, so nobody could refuse it."""
    return not any(value in ([], {}) for value in (query or {}).values())


@schema.parametrize()  # pyright: ignore[reportUntypedFunctionDecorator] - schemathesis has none
@settings(max_examples=20, deadline=None)
def test_the_app_keeps_to_its_document(case: "schemathesis.Case[Any]") -> None:
    # Which exchanges there are and what their keys look like is no part of a JSON schema.
    excluded: list[Any] = [] if case.method == "GET" else [positive_data_acceptance]
    response = case.call_and_validate(
        headers={"Authorization": GOOD_TOKEN}, excluded_checks=excluded
    )
    assert response.status_code < 500
