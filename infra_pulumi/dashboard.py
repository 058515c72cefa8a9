"""One page that shows what the alarms watch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra_pulumi.alarm_rules import FIVE_MINUTES, AlarmRule

COLUMNS, WIDTH, HEIGHT = 3, 8, 6


def dashboard_body(rules: Sequence[AlarmRule], *, region: str) -> dict[str, Any]:
    """A graph for each alarm, with the line that it must not cross.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    return {"widgets": [_widget(rule, place, region) for place, rule in enumerate(rules)]}


def _widget(rule: AlarmRule, place: int, region: str) -> dict[str, Any]:
    row, column = divmod(place, COLUMNS)
    return {
        "type": "metric",
        "x": column * WIDTH,
        "y": row * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": rule.title,
            "region": region,
            "view": "timeSeries",
            "period": FIVE_MINUTES,
            "metrics": _lines(rule),
            "annotations": {"horizontal": [{"label": "alarm above", "value": rule.threshold}]},
        },
    }


def _lines(rule: AlarmRule) -> list[list[Any]]:
    drawn: list[list[Any]] = []
    for metric in rule.metrics:
        dimensions = [part for pair in metric.dimensions.items() for part in pair]
        options = {"id": metric.id, "stat": metric.statistic, "visible": not rule.expression}
        drawn.append([metric.namespace, metric.name, *dimensions, options])
    if rule.expression:
        drawn.append([{"expression": rule.expression, "label": rule.title, "id": "total"}])
    return drawn
