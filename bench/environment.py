"""What Lambda sets, the settings of the app, and where the local cloud is. Pure."""

from pathlib import Path

from bench.expected import NAME, VERSION
from bench.services import SECRET_NAME


def lambda_environment(
    home: Path, task_root: str, *, table: str, url: str, bundle: Path, snapshot: bool
) -> dict[str, str]:
    """The whole environment of a child: nothing is inherited."""
    return {
        "AWS_ACCESS_KEY_ID": "ASIABENCHBENCHBENCH0",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench-session-token" * 20,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "holdings",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if snapshot else "on-demand",
        "LAMBDA_TASK_ROOT": task_root,
        "HOME": str(home),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "AWS_ENDPOINT_URL": url,
        "AWS_CA_BUNDLE": str(bundle),
        "REQUESTS_CA_BUNDLE": str(bundle),
        "SSL_CERT_FILE": str(bundle),
        "APP_NAME": NAME,
        "APP_VERSION": VERSION,
        "DEFAULT_USER_ID": "bench",
        "DDB_TABLE": table,
        "CB_BASE_URL": url,
        "CB_SECRET_NAME": SECRET_NAME,
        "CACHE_TTL_SECONDS": "86400",  # longer than a run, so that a hit stays one
        "CORS_ALLOW_ORIGIN": "http://localhost:5173",
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "holdings",
    }
