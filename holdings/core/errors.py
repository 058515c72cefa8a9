"""Everything that can go wrong, as one tree.

HoldingsError
├── Unauthenticated                  no verified claims came with the request
├── Forbidden                        the token lacks the scope
├── InvalidRequest                   the query is not what the schema takes
├── UpstreamError                    the figures could not be read
│   ├── CoinbaseError                answered with the last good snapshot where there is one
│   │   ├── CoinbaseCredentialsRejected
│   │   ├── CoinbasePermissionDenied
│   │   ├── CoinbaseInvalidResponse
│   │   ├── CoinbaseRateLimited
│   │   ├── CoinbaseUnavailable
│   │   │   └── CoinbaseTimestampExpired
│   │   └── CoinbaseTimeout
│   ├── SecretInvalid                the operator stored something that is not a key
│   └── SecretUnavailable            Secrets Manager did not answer
├── CacheUnavailable                 costs a warning, never the answer
└── Misconfigured                    a setting or a permission is missing

Each is raised where the fact is known, with a `detail` that says the mend and holds no secret;
`holdings.api.problems` alone turns them into HTTP.
"""

from collections.abc import Mapping
from typing import ClassVar


class HoldingsError(Exception):
    """An error with a stable `code` and a `detail` that may be shown to whoever called.

    `retry_after`: whole seconds after which to try again, where that is known.
    """

    code: ClassVar[str] = "internal_error"
    retry_after: int | None = None

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


class CoinbaseError(UpstreamError):
    """`transient` says that the same request may succeed in a moment."""

    def __init__(self, detail: str, *, transient: bool = False) -> None:
        super().__init__(detail)
        self.transient = transient


class CoinbaseCredentialsRejected(CoinbaseError):
    code = "coinbase_credentials_rejected"


class CoinbasePermissionDenied(CoinbaseError):
    code = "coinbase_permission_denied"


class CoinbaseInvalidResponse(CoinbaseError):
    code = "coinbase_invalid_response"


class CoinbaseRateLimited(CoinbaseError):
    code = "coinbase_rate_limited"

    def __init__(self, detail: str, *, retry_after: int | None = None) -> None:
        super().__init__(detail, transient=True)
        self.retry_after = retry_after


class CoinbaseUnavailable(CoinbaseError):
    code = "coinbase_unavailable"


class CoinbaseTimestampExpired(CoinbaseUnavailable):
    pass


class CoinbaseTimeout(CoinbaseError):
    code = "coinbase_timeout"


class SecretInvalid(UpstreamError):
    code = "secret_invalid"


class SecretUnavailable(UpstreamError):
    pass


class CacheUnavailable(HoldingsError):
    code = "cache_unavailable"


class Misconfigured(HoldingsError):
    code = "misconfigured"
