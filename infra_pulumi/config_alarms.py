"""What a stack may set about who is told, when, and how long logs are kept."""

from __future__ import annotations

from dataclasses import dataclass

from infra_pulumi.config_reader import ConfigReader
from infra_pulumi.config_values import address_fault

# CloudWatch keeps logs for one of these numbers of days.
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827)
MOST_ADDRESSES = 10  # that AWS Budgets writes to


@dataclass(frozen=True, slots=True)
class AlarmsConfig:
    """Without `emails` the alarms still fire, on a topic that nobody has subscribed to."""

    emails: tuple[str, ...]
    budget_usd: int


def read_alarms(read: ConfigReader) -> AlarmsConfig:
    return AlarmsConfig(
        emails=read.listed(
            "alarmEmails",
            (),
            fault=address_fault,
            what="e-mail addresses",
            most=MOST_ADDRESSES,
        ),
        budget_usd=read.whole_number("budgetUsd", 20, least=1, most=1_000_000, unit="dollars"),
    )


def read_log_retention(read: ConfigReader, *, default: int) -> int:
    """Days."""
    choices = [str(days) for days in RETENTIONS]
    chosen = read.one_of("logRetentionDays", str(default), choices)
    return int(chosen) if chosen in choices else default
