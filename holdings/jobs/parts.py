"""What jobs work with: made of the environment once for all of a process's messages."""

from functools import cache

from holdings import logs, services
from holdings.core.clock import Clock
from holdings.core.history.sync import HistorySync
from holdings.settings import Settings


@cache
def history_sync() -> HistorySync:
    """Raises Misconfigured, naming every setting that is missing or wrong."""
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    return services(settings, Clock()).sync_history()
