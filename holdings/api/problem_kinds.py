"""The table of errors: code, HTTP status and title. docs/openapi.json has the codes from here."""

from typing import NamedTuple


class Kind(NamedTuple):
    status: int
    title: str


KINDS = {
    "unauthenticated": Kind(401, "Not signed in"),
    "forbidden": Kind(403, "Not allowed"),
    "not_found": Kind(404, "Not found"),
    "method_not_allowed": Kind(405, "Method not allowed"),
    "conflict": Kind(409, "Changed meanwhile, or connected already"),
    "too_many_connections": Kind(422, "No more connections"),
    "invalid_request": Kind(422, "Invalid request"),
    "exchange_credentials_rejected": Kind(502, "Coinbase rejects the API key"),
    "exchange_permission_denied": Kind(502, "The API key may not read accounts"),
    "exchange_invalid_response": Kind(502, "Coinbase's answer cannot be used"),
    "exchange_rate_limited": Kind(503, "Coinbase's rate limit is exhausted"),
    "exchange_unavailable": Kind(503, "Coinbase is not available"),
    "exchange_timeout": Kind(504, "Coinbase did not answer in time"),
    "secret_invalid": Kind(500, "The stored Coinbase key cannot be used"),
    "secret_unavailable": Kind(503, "The stored Coinbase key cannot be read now"),
    "records_unavailable": Kind(503, "What is kept cannot be reached now"),
    "misconfigured": Kind(500, "A setting is missing"),
    "internal_error": Kind(500, "Internal error"),
}
