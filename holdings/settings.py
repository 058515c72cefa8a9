"""Every setting of the app: name, default, meaning. The only reader of the environment."""

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from holdings.adapters.aws_environment import AwsEnvironment
from holdings.core.errors import Misconfigured

VERSION = "0.1.0"
LONGEST_LABEL = 60

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a header name or a method, RFC 9110
_SCOPE = re.compile(r"[!#-\[\]-~]+")  # RFC 6749, appendix A.4
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|\*")
_ROLE = re.compile(r"arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAMESPACE = re.compile(r"(?!AWS/)[A-Za-z0-9_./#:-]{1,255}")  # as CloudWatch has it
# Lambda's own word on why it starts an instance, and those where nobody waits for it yet.
_INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"
_AHEAD = ("snap-start", "provisioned-concurrency")
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


# What is done without a request. Each has a queue, whose address is JOB_QUEUE_URL.
JOBS = (
    "refresh-readings",
    "sync-history",
    "compute-features",
    "assign-persona",
    "generate-recommendations",
    "evaluate-alerts",
    "forget",
)


def tracing() -> tuple[str, str]:
    """Return what Lambda says of this invocation's trace, and where to send it; "" elsewhere."""
    return os.environ.get("_X_AMZN_TRACE_ID", ""), os.environ.get("AWS_XRAY_DAEMON_ADDRESS", "")


def queue_setting(job: str) -> str:
    """Return "SYNC_HISTORY_QUEUE_URL" of "sync-history"."""
    return f"{job.upper().replace('-', '_')}_QUEUE_URL"


class TokenIssuer(NamedTuple):
    """Whose access tokens `flask run` takes, where no gateway has verified them.

    `scope` is what reading takes and `write_scope` what changing takes, each of which demands none
    where it is empty. With `hosted_ui_url` the viewer at /docs can sign in.
    """

    issuer: str
    client_id: str
    scope: str
    jwks_url: str
    hosted_ui_url: str
    write_scope: str = ""


class RecordsSettings(NamedTuple):
    """Where viewers' connections are kept. `environment` is a part of what their keys are bound to.

    `key_id` is the id or ARN of the KMS key.
    """

    table: str
    viewer_role_arn: str
    key_id: str
    environment: str


class MailSettings(NamedTuple):
    """Who mails about alerts are from, "" for none, and what links in them lead to."""

    sender: str = ""
    configuration_set: str = ""
    user_pool_id: str = ""
    web_url: str = ""
    api_url: str = ""


class Settings(NamedTuple):
    """Durations are whole seconds. Its repr shows no secret: `cb_secret_name` only says where."""

    app_name: str
    app_version: str
    default_user_id: str
    ddb_table: str
    cb_base_url: str
    cb_advanced_url: str
    cb_market_url: str
    cb_secret_name: str
    cache_ttl_seconds: int
    stale_ttl_seconds: int
    refresh_cooldown_seconds: int
    secret_cache_ttl_seconds: int
    cors_allow_origin: tuple[str, ...]
    cors_allow_headers: tuple[str, ...]
    cors_allow_methods: tuple[str, ...]
    api_prefix: str
    log_level: str
    demo_mode: bool
    aws_region: str | None
    in_lambda: bool
    aws_environment: AwsEnvironment | None
    preload: bool
    shared_connection: bool
    shared_label: str
    token_issuer: TokenIssuer | None = None
    records: RecordsSettings | None = None
    queue_urls: Mapping[str, str] = MappingProxyType({})
    refresh_seconds: int = 0
    insights_seconds: int = 0
    insights_hour: int = 3
    sync_history_seconds: int = 86_400
    mail: MailSettings = MailSettings()
    # Of the key that CloudFront shows with each request; "" where anybody may ask directly.
    origin_key_sha256: str = ""
    environment: str = "local"
    metrics_namespace: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Parse the whole environment; Misconfigured names everything that is wrong at once."""
        env = _Environment(environ)
        demo_mode = env.boolean("DEMO_MODE", default=False)
        in_lambda = bool(environ.get("AWS_LAMBDA_FUNCTION_NAME"))
        if demo_mode and in_lambda:
            env.problems.append("DEMO_MODE is for laptops: unset it on the Lambda function")
        shared = env.boolean("SHARED_CONNECTION", default=True)
        settings = cls(
            app_name=env.label("APP_NAME", default="Holdings"),
            app_version=env.text("APP_VERSION", default=VERSION),
            default_user_id=env.required("DEFAULT_USER_ID", unless=demo_mode),
            ddb_table=env.required("DDB_TABLE", unless=demo_mode),
            cb_base_url=env.base_url("CB_BASE_URL", unless=demo_mode),
            cb_advanced_url=env.origin("CB_ADVANCED_URL", default="https://api.coinbase.com"),
            cb_market_url=env.origin("CB_MARKET_URL", default=env.text("CB_BASE_URL").rstrip("/")),
            cb_secret_name=env.required("CB_SECRET_NAME", unless=demo_mode or not shared),
            cache_ttl_seconds=env.seconds("CACHE_TTL_SECONDS", default=180),
            stale_ttl_seconds=env.seconds("STALE_TTL_SECONDS", default=86_400),
            refresh_cooldown_seconds=env.seconds("REFRESH_COOLDOWN_SECONDS", default=10),
            secret_cache_ttl_seconds=env.seconds("SECRET_CACHE_TTL_SECONDS", default=300),
            cors_allow_origin=env.listed(
                "CORS_ALLOW_ORIGIN", "http://localhost:5173", _ORIGIN, "https://app.example.com"
            ),
            cors_allow_headers=env.listed(
                "CORS_ALLOW_HEADERS", "Content-Type,Authorization", _TOKEN, "Authorization"
            ),
            cors_allow_methods=env.listed("CORS_ALLOW_METHODS", "GET,POST,OPTIONS", _TOKEN, "GET"),
            api_prefix=env.prefix("API_PREFIX"),
            origin_key_sha256=env.digest("ORIGIN_KEY_SHA256"),
            log_level=env.choice("LOG_LEVEL", _LOG_LEVELS, default="INFO"),
            demo_mode=demo_mode,
            # boto3 itself reads the second alone, Lambda sets both, people set either.
            aws_region=env.text("AWS_REGION") or env.text("AWS_DEFAULT_REGION") or None,
            in_lambda=in_lambda,
            aws_environment=AwsEnvironment.from_env(environ),
            preload=env.boolean("PRELOAD", default=environ.get(_INITIALIZATION) in _AHEAD),
            shared_connection=shared,
            shared_label=env.label("SHARED_LABEL", default="Shared"),
            token_issuer=_token_issuer(env, in_lambda=in_lambda),
            records=_records(env),
            queue_urls={job: url for job in JOBS if (url := env.address(queue_setting(job)))},
            refresh_seconds=env.seconds("REFRESH_SECONDS", default=0),
            mail=_mail(env),
            insights_seconds=env.seconds("INSIGHTS_SECONDS", default=0),
            insights_hour=env.hour("INSIGHTS_HOUR", default=3),
            sync_history_seconds=env.seconds("SYNC_HISTORY_SECONDS", default=86_400),
            environment=env.matching(
                "ENVIRONMENT", _ENVIRONMENT, "1 to 64 of letters, digits, - and _, such as dev"
            )
            or "local",
            # Elsewhere CloudWatch reads no lines.
            metrics_namespace=env.matching(
                "METRICS_NAMESPACE", _NAMESPACE, "a namespace of CloudWatch, such as holdings/dev"
            )
            if in_lambda
            else "",
        )
        env.raise_problems()
        return settings


def _token_issuer(env: "_Environment", *, in_lambda: bool) -> TokenIssuer | None:
    names = ("AUTH_ISSUER", "AUTH_CLIENT_ID", "AUTH_SCOPE", "AUTH_JWKS_URL", "AUTH_HOSTED_UI_URL")
    given = [name for name in names if env.text(name)]
    if not given:
        return None
    if in_lambda:
        env.problems.append(
            f"{', '.join(given)}: for flask run alone, since API Gateway verifies the tokens "
            "of the Lambda function: unset there"
        )
        return None
    missing = [name for name in names[:2] if name not in given]
    if missing:
        env.problems.append(f"{', '.join(given)} needs {' and '.join(missing)} as well")
        return None
    issuer = env.address("AUTH_ISSUER")
    scope, write_scope = env.scopes("AUTH_SCOPE")
    return TokenIssuer(
        issuer=issuer,
        client_id=env.text("AUTH_CLIENT_ID"),
        scope=scope,
        write_scope=write_scope,
        jwks_url=env.address("AUTH_JWKS_URL") or f"{issuer}/.well-known/jwks.json",
        hosted_ui_url=env.address("AUTH_HOSTED_UI_URL"),
    )


def _mail(env: "_Environment") -> MailSettings:
    sender = env.text("MAIL_FROM")
    if not sender:
        return MailSettings()
    if not _MAIL_ADDRESS.fullmatch(sender):
        env.problems.append("MAIL_FROM must be an e-mail address, such as alerts@example.com")
    names = ("USER_POOL_ID", "PUBLIC_WEB_URL", "PUBLIC_API_URL")
    if missing := [name for name in names if not env.text(name)]:
        # The API is told the sender alone: it sends nothing.
        if len(missing) < len(names):
            env.problems.append(f"MAIL_FROM needs {', '.join(missing)} as well")
        return MailSettings(sender)
    return MailSettings(
        sender,
        env.text("MAIL_CONFIGURATION_SET"),
        env.text("USER_POOL_ID"),
        env.address("PUBLIC_WEB_URL"),
        env.address("PUBLIC_API_URL"),
    )


def _records(env: "_Environment") -> RecordsSettings | None:
    names = ("RECORDS_TABLE", "VIEWER_ROLE_ARN", "RECORDS_KEY_ID", "ENVIRONMENT")
    values = [env.text(name) for name in names]
    given = [name for name, value in zip(names, values, strict=True) if value]
    if not given or given == ["ENVIRONMENT"]:  # which is many a shell's own
        return None
    missing = [name for name in names if name not in given]
    if missing:
        env.problems.append(f"{', '.join(given)} needs {', '.join(missing)} as well")
        return None
    if not _ROLE.fullmatch(values[1]):
        env.problems.append(
            "VIEWER_ROLE_ARN must be a role's ARN, such as arn:aws:iam::123456789012:role/viewer"
        )
    return RecordsSettings(*values)


class _Environment:
    """Reads one variable at a time and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.missing: list[str] = []
        self.problems: list[str] = []

    def raise_problems(self) -> None:
        problems = list(self.problems)
        if self.missing:
            problems.insert(
                0,
                f"set {', '.join(self.missing)} (docs/settings.md says what each is), "
                "or DEMO_MODE=true to see sample holdings with no set-up",
            )
        if problems:
            raise Misconfigured("; ".join(problems))

    def text(self, name: str, *, default: str = "") -> str:
        return self._environ.get(name, "").strip() or default

    def label(self, name: str, *, default: str) -> str:
        value = self.text(name, default=default)
        if len(value) > LONGEST_LABEL or not value.isprintable():
            self.problems.append(f"{name} must be at most {LONGEST_LABEL} printable characters")
            return default
        return value

    def matching(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        value = self.text(name)
        if value and not pattern.fullmatch(value):
            self.problems.append(f"{name} must be {what}")
        return value

    def required(self, name: str, *, unless: bool) -> str:
        value = self.text(name)
        if not value and not unless:
            self.missing.append(name)
        return value

    def seconds(self, name: str, *, default: int) -> int:
        text = self.text(name, default=str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text):
            self.problems.append(f"{name} must be a whole number of seconds, such as {default}")
            return default
        return int(text)

    def hour(self, name: str, *, default: int) -> int:
        text = self.text(name, default=str(default))
        if not (re.fullmatch(r"[0-9]{1,2}", text) and int(text) < 24):
            self.problems.append(f"{name} must be an hour from 0 to 23, such as {default}")
            return default
        return int(text)

    def boolean(self, name: str, *, default: bool) -> bool:
        value = BOOLEANS.get(self.text(name, default=str(default)).lower())
        if value is None:
            self.problems.append(f"{name} must be true or false")
            return default
        return value

    def choice(self, name: str, choices: tuple[str, ...], *, default: str) -> str:
        value = self.text(name, default=default).upper()
        if value not in choices:
            self.problems.append(f"{name} must be one of {', '.join(choices)}")
            return default
        return value

    def listed(
        self, name: str, default: str, item: re.Pattern[str], example: str
    ) -> tuple[str, ...]:
        values = [value.strip() for value in self.text(name, default=default).split(",")]
        values = [value.rstrip("/") for value in values if value]
        if not all(item.fullmatch(value) for value in values):
            self.problems.append(f"{name} must be a comma-separated list such as {example}")
        return tuple(values)

    def prefix(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        if not _PREFIX.fullmatch(value):
            self.problems.append(f"{name} must be a path such as /api")
        return value

    def digest(self, name: str) -> str:
        value = self.text(name).lower()
        if value and not _DIGEST.fullmatch(value):
            self.problems.append(f"{name} must be a SHA-256 in hexadecimal, of 64 digits")
        return value

    def base_url(self, name: str, *, unless: bool) -> str:
        example = "https://api-public.sandbox.exchange.coinbase.com"
        return self._origin(name, self.required(name, unless=unless), example)

    def origin(self, name: str, *, default: str) -> str:
        value = self.text(name)
        return self._origin(name, value, default) if value else default

    def _origin(self, name: str, value: str, example: str) -> str:
        value = value.rstrip("/")
        if value and not _is_origin(value):
            self.problems.append(
                f"{name} must be an https address without a path, such as {example} (http on this "
                "machine only)"
            )
        return value

    def address(self, name: str) -> str:
        value = self.text(name).rstrip("/")
        if value and not _is_address(value):
            self.problems.append(
                f"{name} must be an https address, such as "
                "https://cognito-idp.eu-west-1.amazonaws.com/<pool> (http on this machine only)"
            )
        return value

    def scopes(self, name: str) -> tuple[str, str]:
        """Return what is given for reading and for changing, which one scope is for alike."""
        scopes = self.text(name).split() or [""]
        if len(scopes) > 2 or any(scope and not _SCOPE.fullmatch(scope) for scope in scopes):
            self.problems.append(
                f"{name} must be one scope, or one to read and one to change, "
                "such as holdings/read holdings/write"
            )
        return scopes[0], scopes[-1]


def _is_origin(url: str) -> bool:
    """Whether a signed request may be sent there: https, or http that stays on this machine."""
    return _is_address(url) and url == "{0.scheme}://{0.netloc}".format(urlsplit(url))


def _is_address(url: str) -> bool:
    """Whether it is https, or http that stays on this machine, and no more than host and path."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    return bool(secure and host and url == f"{parts.scheme}://{parts.netloc}{parts.path}") and not (
        parts.username or parts.password or any(c.isspace() for c in url)
    )
