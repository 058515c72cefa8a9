"""What each server of `make run` is started with."""

import io
import subprocess
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

from holdings.settings import queue_setting
from local.built_page import DIST, check_built
from local.overrides import MAIL_FROM, refresh_minutes
from local.processes import Child, python
from local.settings import CREDENTIALS, ROOT, STACK, LocalError, LocalSettings
from local.simulator.kept import Certificate
from local.stack import Stack, page_config_file
from local.state import write_private

API = "the API"
PAGE = "the page"
SIMULATOR = "the Coinbase simulators"
MAILBOX = "the mailbox"

# Vite itself, not npm: a signal to npm need not reach what npm started.
_VITE = Path("node_modules", "vite", "bin", "vite.js")


def simulator_state(settings: LocalSettings) -> Path:
    return settings.state_dir / "simulator.json"


def simulator(settings: LocalSettings, environ: Mapping[str, str]) -> Child:
    return Child(
        SIMULATOR,
        python("local.simulator"),
        {
            **_without_keys(environ),
            "SIMULATOR_PORT": str(settings.simulator_port),
            "SIMULATOR_ADVANCED_PORT": str(settings.advanced_port),
            "SIMULATOR_STATE": str(simulator_state(settings)),
            "SIMULATOR_EXIT_WITH_PARENT": "1",
        },
        url=f"http://127.0.0.1:{settings.simulator_port}/time",
        log=settings.state_dir / "simulator.log",
    )


def mailbox(settings: LocalSettings, stack: Stack, environ: Mapping[str, str]) -> Child:
    return Child(
        MAILBOX,
        python("local.mailbox"),
        {
            **_without_keys(environ),
            "MAILBOX_PORT": str(settings.mailbox_port),
            "AWS_ENDPOINT_URL": stack.aws_endpoint_url,
            "EXIT_WITH_PARENT": "1",
        },
        url=f"{settings.mailbox_url}/messages",
        log=settings.state_dir / "mailbox.log",
    )


def advanced(settings: LocalSettings, certificate: Certificate) -> dict[str, str]:
    """Return what the app is told of Coinbase Advanced Trade, wherever it runs."""
    told = {"CB_ADVANCED_URL": settings.advanced_url}
    if "coinbase_advanced" in settings.simulated:
        told["REQUESTS_CA_BUNDLE"] = str(certificate.trusted)
    return told


def api(
    settings: LocalSettings,
    stack: Stack,
    environ: Mapping[str, str],
    *,
    advanced: Mapping[str, str],
) -> Child:
    told = {
        **_as_the_function(settings, stack),
        **advanced,
        "AWS_ENDPOINT_URL": stack.aws_endpoint_url,
        "AWS_REGION": stack.region,
        "AWS_DEFAULT_REGION": stack.region,
        "DEFAULT_USER_ID": settings.user_id,
        "DDB_TABLE": stack.table,
        "CB_BASE_URL": stack.coinbase_url,
        "CB_SECRET_NAME": stack.secret,
        "RECORDS_TABLE": stack.records_table,
        "VIEWER_ROLE_ARN": stack.viewer_role,
        "RECORDS_KEY_ID": stack.records_key,
        "ENVIRONMENT": STACK,
        **{queue_setting(job): stack.queues[job] for job in ("sync-history", "forget")},
        "REFRESH_SECONDS": str(60 * int(refresh_minutes(environ))),
        "MAIL_FROM": MAIL_FROM,
        "AUTH_ISSUER": stack.issuer,
        "AUTH_CLIENT_ID": stack.client_id,
        "AUTH_SCOPE": stack.scope,
        # The emulator writes the issuer of the real pool; what is asked lies at its own address.
        "AUTH_JWKS_URL": stack.jwks_url,
        "AUTH_HOSTED_UI_URL": stack.hosted_ui_url,
    }
    return _flask(settings, environ, told)


def _as_the_function(settings: LocalSettings, stack: Stack) -> dict[str, str]:
    """Return what has boto3 take the function's role, and take it again before a session ends.

    So what the role may not do fails under `flask run` as it does in Lambda.
    """
    profiles = ConfigParser()
    profiles["profile ourselves"] = {name.lower(): text for name, text in CREDENTIALS.items()}
    profiles["profile function"] = {
        "role_arn": stack.function_role,
        "source_profile": "ourselves",
        "role_session_name": "flask-run",
    }
    with io.StringIO() as written:
        profiles.write(written)
        file = settings.state_dir / "aws-config"
        write_private(file, written.getvalue())
    return {
        "AWS_CONFIG_FILE": str(file),
        "AWS_SHARED_CREDENTIALS_FILE": str(file),
        "AWS_PROFILE": "function",
    }


def demo_api(settings: LocalSettings, environ: Mapping[str, str]) -> Child:
    return _flask(settings, environ, {"DEMO_MODE": "true"})


def _flask(settings: LocalSettings, environ: Mapping[str, str], told: Mapping[str, str]) -> Child:
    port = str(settings.api_port)
    return Child(
        API,
        python("local.api", "--app", "app", "run", "--port", port, "--reload", "--no-debugger"),
        {
            **_without_keys(environ),
            **told,
            "API_PREFIX": settings.api_prefix,
            "CORS_ALLOW_ORIGIN": ",".join(settings.page_origins),
            # What the page sends to change something; the cloud's gateway allows the same.
            "CORS_ALLOW_HEADERS": "Authorization,Content-Type,Idempotency-Key,If-Match",
            "CORS_ALLOW_METHODS": "GET,HEAD,POST,PATCH,PUT,DELETE,OPTIONS",
            "FLASK_SKIP_DOTENV": "1",  # what .env says is in the environment already
        },
        url=f"{settings.api_url}/health",
    )


def page(settings: LocalSettings, environ: Mapping[str, str]) -> Child:
    """Return the page with reload or, with WEB_BUILT, as the cloud serves it.

    Raises LocalError if what serves it is not there.
    """
    if settings.web_built:
        return built_page(settings, environ)
    return page_with_reload(settings, environ, node=find_node())


def built_page(settings: LocalSettings, environ: Mapping[str, str], *, dist: Path = DIST) -> Child:
    check_built(dist)
    return _page(settings, environ, python("local.built_page"))


def page_with_reload(
    settings: LocalSettings, environ: Mapping[str, str], *, node: Path, spa: Path = ROOT / "spa"
) -> Child:
    if not (spa / _VITE).exists():
        raise LocalError(f"{spa / 'node_modules'} is not complete: `make setup` makes it")
    return _page(settings, environ, (str(node), str(_VITE)), folder=spa)


def _page(
    settings: LocalSettings,
    environ: Mapping[str, str],
    command: tuple[str, ...],
    *,
    folder: Path | None = None,
) -> Child:
    return Child(
        PAGE,
        command,
        {
            **_without_keys(environ),
            "WEB_PORT": str(settings.web_port),
            "HOLDINGS_WEB_CONFIG": str(page_config_file(settings.state_dir)),
            "HOLDINGS_API_URL": settings.api_url,
            "EXIT_WITH_PARENT": "1",
        },
        url=f"{settings.web_url}/config.json",
        log=settings.state_dir / "page.log",
        folder=folder,
    )


def _without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out the Coinbase key and the operator's own AWS account and pool: none is for this."""
    return {k: v for k, v in environ.items() if not k.startswith(("AWS_", "CB_", "AUTH_"))}


def find_node(finder: Path = ROOT / "scripts" / "node-bin") -> Path:
    """Return the Node.js that serves the page while it is worked on.

    Raises LocalError with what the finder says is missing.
    """
    found = subprocess.run([finder], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if found.returncode:
        raise LocalError(found.stderr.strip())
    return Path(found.stdout.strip()) / "node"
