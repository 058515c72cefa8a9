"""What a run changes in the stack's configuration: its own addresses and settings."""

from collections.abc import Mapping
from typing import Any

from local.settings import HOSTS, LocalSettings

# What the app under `flask run` and the function behind the gateway are told alike.
_SHARED = {
    "holdings:cacheTtlSeconds": "CACHE_TTL_SECONDS",
    "holdings:staleTtlSeconds": "STALE_TTL_SECONDS",
    "holdings:secretCacheTtlSeconds": "SECRET_CACHE_TTL_SECONDS",
    "holdings:logLevel": "LOG_LEVEL",
    "holdings:cbMarketUrl": "CB_MARKET_URL",
    "holdings:sharedConnection": "SHARED_CONNECTION",
    "holdings:sharedLabel": "SHARED_LABEL",
}
# A laptop's day is short: what a stack does by the hour and by the day is seen within minutes.
_MINUTES = {
    "holdings:refreshMinutes": ("REFRESH_MINUTES", "1"),
    "holdings:syncHistoryMinutes": ("SYNC_HISTORY_MINUTES", "2"),
    "holdings:insightsMinutes": ("INSIGHTS_MINUTES", "2"),
}
MAIL_FROM = "holdings@example.com"


def overrides(settings: LocalSettings, environ: Mapping[str, str]) -> dict[str, Any]:
    return _addresses(settings) | _function_settings(settings, environ)


def refresh_minutes(environ: Mapping[str, str]) -> str:
    """Return how often connections are read, as the API is told too."""
    name, value = _MINUTES["holdings:refreshMinutes"]
    return environ.get(name, "").strip() or value


def _addresses(settings: LocalSettings) -> dict[str, Any]:
    """Return the pages of this run, which may be on other ports than the stack file's."""
    pages = [f"{origin}/" for origin in settings.page_origins]
    documents = f"{settings.api_prefix}/docs/oauth2-redirect.html"
    viewers = [f"http://{host}:{settings.api_port}{documents}" for host in HOSTS]
    return {"holdings:callbackUrls": pages + viewers, "holdings:logoutUrls": pages}


def _function_settings(settings: LocalSettings, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the function is told, so that it answers as the API of this run does."""
    found: dict[str, Any] = {
        "holdings:cbBaseUrl": settings.exchange_url,
        "holdings:cbAdvancedUrl": settings.advanced_url,
        "holdings:defaultUserId": settings.user_id,
        "holdings:apiPrefix": settings.api_prefix,
    }
    found |= {
        key: environ.get(name, "").strip() or value for key, (name, value) in _MINUTES.items()
    }
    found["holdings:mailFrom"] = MAIL_FROM
    found["holdings:pageUrl"] = settings.web_url
    for key, variable in _SHARED.items():
        if value := environ.get(variable, "").strip():
            found[key] = value
    # A stack takes no level at which its alarms would count nothing.
    if found.get("holdings:logLevel") in ("ERROR", "CRITICAL"):
        found["holdings:logLevel"] = "WARNING"
    return found
