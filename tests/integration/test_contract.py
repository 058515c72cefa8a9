"""Whatever schemathesis makes of docs/openapi.json, the app answers as the document says."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,  # pyright: ignore[reportUnknownVariableType] - half typed there
    positive_data_acceptance,  # pyright: ignore[reportUnknownVariableType] - half typed there
)

from holdings import create_app
from holdings.api.identity import REQUEST_CONTEXT
from tests.builders import CLAIMS, FakeCache, FakeExchange, FakeMarket, make_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DOCUMENT = Path(__file__).parents[2] / "docs/openapi.json"
METHODS = {"get", "put", "post", "patch", "delete"}
GOOD_TOKEN = "Bearer good"
# What no JSON schema can say of these: which prices there are, which cursors were given, and that
# a range ends after it begins, and in the past.
ONLY_THE_APP_KNOWS = {"currency", "cursor", "from", "to", "date"}

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


def _may_be_refused(response: Any) -> bool:
    return (
        response.status_code == 422
        and response.json().get("errors", {}).keys() <= ONLY_THE_APP_KNOWS
    )


def _test_of(path: str, method: str) -> Callable[..., None]:
    only = schema.include(path=path, method=method)

    @only.parametrize()  # pyright: ignore[reportUntypedFunctionDecorator] - schemathesis has none
    @settings(max_examples=20, deadline=None)
    def keeps_to_the_document(case: "schemathesis.Case[Any]") -> None:
        response = case.call(headers={"Authorization": GOOD_TOKEN})
        # Which exchanges there are and what their keys look like is no part of a schema either.
        as_written = case.method == "GET" and not _may_be_refused(response)
        case.validate_response(
            response,
            headers={"Authorization": GOOD_TOKEN},
            excluded_checks=[
                *([] if as_written else [positive_data_acceptance]),
                # It does not count a 413, which the document has, as a refusal.
                *([negative_data_rejection] if response.status_code == 413 else []),
            ],
        )
        assert response.status_code < 500

    return keeps_to_the_document


# Each under a name of its own: pytest-xdist runs one alone of the tests that share an id.
for _path, _methods in json.loads(DOCUMENT.read_text())["paths"].items():
    for _method in sorted(_methods.keys() & METHODS):
        _words = re.sub(r"\W+", "_", _path).strip("_")
        globals()[f"test_{_method}_{_words}"] = _test_of(_path, _method.upper())
