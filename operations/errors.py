"""What stops an operator, said with the remedy.

botocore fails in some eighty ways, AWS in hundreds, and few of them mean "log in again".
"""

import re
from collections.abc import Iterable

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError


class OperationError(Exception):
    """The message is for the operator: what is missing or wrong, and what to do about it."""


# Whatever a call to AWS may raise: botocore's parser has an error outside its own tree.
AwsError = (BotoCoreError, ClientError, ResponseParserError)

_LOG_IN = (
    "Log in: `aws sso login`, or AWS_PROFILE=... names another profile. "
    "`aws sts get-caller-identity` shows who you are."
)
_PROFILE = (
    "Correct the profile in ~/.aws/config or AWS_PROFILE: `aws configure list-profiles` lists "
    "those that are there."
)
_PACKAGE = "This way to log in needs a package: `.venv/bin/pip install 'botocore[crt]'`."
_ENVIRONMENT = "This environment is incomplete: `rm -r .venv`, then `make setup`."
_CLOCK = "This machine's clock is wrong, which makes every signature invalid: set it."
_RIGHTS = (
    "You are logged in, but may not do this: is it the right account, and the right role? "
    "`aws sts get-caller-identity` shows which; else ask who grants rights there."
)
_NOT_ENABLED = "The account has not enabled this service or region: do so in AWS's console."
_MISSING = (
    "It is not in this account and region: `aws sts get-caller-identity` shows the account. "
    "If that is the right one, it was never made or is gone: `make up` makes it."
)
_VALUE = "A value is not one that AWS takes: check what you gave, and `make outputs`."
_REGION = "Correct aws:region in the stack's file."
_NETWORK = (
    "AWS is not reached: check the network, a VPN, and HTTPS_PROXY. A region that does not exist "
    "looks the same: check aws:region in the stack's file."
)
_PROXY = "Correct HTTPS_PROXY."
_CERTIFICATE = (
    "The certificate is not one that this machine trusts: behind a proxy that opens TLS, "
    "AWS_CA_BUNDLE has to name the proxy's own."
)
_GARBLED = "That is no answer of AWS: is a proxy or AWS_ENDPOINT_URL in between? Else try again."
_WAIT = "AWS is busy or fails by itself: try again in a minute."
_CONFLICT = "Another change of the same thing is under way: when it is done, try again."
_CODE_SPACE = (
    "All functions of this region together have used up Lambda's space for code: delete versions "
    "that nobody needs, or ask AWS for a higher quota."
)
_MAIL = "Cognito did not send the mail: without a sender of the pool's own it sends 50 a day."
_KEY = (
    "The stack's key cannot be used: was it disabled, or is it to be deleted? "
    "`aws kms describe-key` shows it, `aws kms cancel-key-deletion` keeps it."
)

# Which remedy is for which of botocore's classes, and for which codes of AWS's answers, on whose
# names the services do not agree.
KINDS = {
    _LOG_IN: """
        NoCredentialsError PartialCredentialsError CredentialRetrievalError NoAuthTokenError
        TokenRetrievalError SSOError LoginError MetadataRetrievalError
        RefreshWithMFAUnsupportedError
        ExpiredToken ExpiredTokenException InvalidAccessKeyId InvalidClientTokenId InvalidToken
        InvalidSignatureException MissingAuthenticationToken MissingAuthenticationTokenException
        SignatureDoesNotMatch UnauthorizedException UnrecognizedClientException
    """,
    _PROFILE: """
        ProfileNotFound ConfigParseError ConfigNotFound InvalidConfigError UnknownCredentialError
    """,
    _PACKAGE: "MissingDependencyException",
    _ENVIRONMENT: "DataNotFoundError UnknownServiceError",
    _CLOCK: "RequestExpired RequestTimeTooSkewed",
    _RIGHTS: """
        AccessDenied AccessDeniedException AuthorizationError KMSAccessDeniedException
        NotAuthorizedException UnauthorizedOperation
    """,
    _NOT_ENABLED: "OptInRequired SubscriptionRequiredException RegionDisabledException",
    _MISSING: "NoSuchBucket NoSuchDistribution NotFoundException ResourceNotFoundException",
    _VALUE: """
        ParamValidationError InvalidArgument InvalidParameterException
        InvalidParameterValueException ValidationException
    """,
    _REGION: "NoRegionError InvalidRegionError UnknownEndpointError EndpointProviderError",
    _NETWORK: "ConnectionError HTTPClientError",
    _PROXY: "ProxyConnectionError InvalidProxiesConfigError",
    _CERTIFICATE: "SSLError",
    _GARBLED: "ResponseParserError PaginationError IncompleteReadError ChecksumError",
    _WAIT: """
        InternalError InternalErrorException InternalFailure InternalServiceError
        LimitExceededException RequestLimitExceeded RequestTimeout ServiceException
        ServiceUnavailable ServiceUnavailableException SlowDown Throttling ThrottlingException
        TooManyInvalidationsInProgress TooManyRequestsException
    """,
    _CONFLICT: "PreconditionFailedException ResourceConflictException ResourceInUseException",
    _CODE_SPACE: "CodeStorageExceededException",
    _MAIL: "CodeDeliveryFailureException",
    _KEY: """
        DecryptionFailure EncryptionFailure KMSDisabledException KMSInvalidStateException
        KMSNotFoundException
    """,
}
_REMEDIES = {name: remedy for remedy, names in KINDS.items() for name in names.split()}


def explain(error: Exception) -> str:
    """Return what AWS, or botocore in its place, said, and on a line of its own the remedy."""
    answered = isinstance(error, ClientError)
    said = f"AWS answers: {error}" if answered else f"AWS cannot be asked: {error}"
    remedy = _remedy(error)
    return f"{said}\n{remedy}" if remedy else said


def passes(error: Exception) -> bool:
    """Whether the same call may well succeed a moment later: a fault of the network or of AWS."""
    return _remedy(error) in (_NETWORK, _WAIT)


def _remedy(error: Exception) -> str:
    if "Signature" in str(error) and re.search("expired|not yet current", str(error)):
        return _CLOCK
    for name in _names(error):
        if name in _REMEDIES:
            return _REMEDIES[name]
    if isinstance(error, ClientError):
        # An answer without a code of AWS's own has the status in its place.
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return _WAIT if status == 429 or status >= 500 else ""
    return ""


def _names(error: Exception) -> Iterable[str]:
    """The code of an answer, or the class of an error and those that it is a kind of."""
    if isinstance(error, ClientError):
        return [str(error.response.get("Error", {}).get("Code", ""))]
    return [kind.__name__ for kind in type(error).__mro__]
