"""Everything that can go wrong, as one tree.

HoldingsError
├── Unauthenticated                  no verified claims came with the request
├── Forbidden                        the token lacks the scope, or the address is closed
├── InvalidRequest                   the query is not what the schema takes
├── UpstreamError                    no reading: the last good figures are served if there are any
│   ├── ExchangeError
│   │   ├── ExchangeCredentialsRejected
│   │   ├── ExchangePermissionDenied
│   │   ├── ExchangeInvalidResponse
│   │   ├── ExchangeRateLimited
│   │   ├── ExchangeUnavailable
│   │   │   └── ExchangeTimestampExpired
│   │   └── ExchangeTimeout
│   ├── SecretInvalid                the operator stored something that is not a key
│   ├── SecretUnavailable            Secrets Manager did not answer
│   ├── RecordsUnavailable           DynamoDB, KMS or STS did not answer for the durable records
│   └── RememberedFailure            any of these, or Misconfigured, a moment ago
├── NotFound                         no such thing, or not this viewer's
├── Conflict                         another change came first, or the account is connected already
├── TooManyConnections               the viewer has as many as there may be
├── Misconfigured                    a setting or a permission is missing
├── MailRefused                      there is no address to write to, or it takes no mail
├── MailUnavailable                  SES or Cognito did not answer
└── CacheUnavailable                 costs a warning, never the answer

Each is raised where the fact is known, with a `detail` that says the remedy and holds no secret;
`holdings.api.problems` alone turns them into HTTP.
"""

from collections.abc import Mapping


class HoldingsError(Exception):
    """An error with a stable `code` and a `detail` that may be shown to whoever called.

    `retry_after`: whole seconds after which to try again, where that is known. `viewers_own`: what
    has to be put right is the viewer's own, and no alarm is to fire.
    """

    code = "internal_error"
    retry_after: int | None = None
    viewers_own = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Unauthenticated(HoldingsError):
    code = "unauthenticated"


class Forbidden(HoldingsError):
    code = "forbidden"


class InvalidRequest(HoldingsError):
    """`errors` maps a field's name to what is wrong with it."""

    code = "invalid_request"

    def __init__(self, detail: str, errors: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.errors = dict(errors or {})


class UpstreamError(HoldingsError):
    pass


class ExchangeError(UpstreamError):
    """`transient` says that the same request may succeed in a moment."""

    def __init__(self, detail: str, *, transient: bool = False) -> None:
        super().__init__(detail)
        self.transient = transient


class ExchangeCredentialsRejected(ExchangeError):
    code = "exchange_credentials_rejected"


class ExchangePermissionDenied(ExchangeError):
    code = "exchange_permission_denied"


class ExchangeInvalidResponse(ExchangeError):
    code = "exchange_invalid_response"


class ExchangeRateLimited(ExchangeError):
    code = "exchange_rate_limited"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail, transient=True)
        self.retry_after = retry_after


class ExchangeUnavailable(ExchangeError):
    code = "exchange_unavailable"


class ExchangeTimestampExpired(ExchangeUnavailable):
    pass


class ExchangeTimeout(ExchangeError):
    code = "exchange_timeout"


class SecretInvalid(UpstreamError):
    code = "secret_invalid"


class SecretUnavailable(UpstreamError):
    code = "secret_unavailable"


class RememberedFailure(UpstreamError):
    """A failure of a moment ago, under its own code."""

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.code = code
        self.retry_after = retry_after


class NotFound(HoldingsError):
    code = "not_found"


class Conflict(HoldingsError):
    code = "conflict"


class TooManyConnections(HoldingsError):
    code = "too_many_connections"


class RecordsUnavailable(UpstreamError):
    code = "records_unavailable"


class MailRefused(HoldingsError):
    code = "mail_refused"


class MailUnavailable(HoldingsError):
    code = "mail_unavailable"


class CacheUnavailable(HoldingsError):
    code = "cache_unavailable"


class Misconfigured(HoldingsError):
    code = "misconfigured"


def _codes(kind: type[HoldingsError]) -> set[str]:
    return {kind.code}.union(*(_codes(derived) for derived in kind.__subclasses__()))


# Why the exchange may be unreadable: what a failure that is remembered can be.
READING_FAILURES = frozenset(_codes(UpstreamError) | {Misconfigured.code})
