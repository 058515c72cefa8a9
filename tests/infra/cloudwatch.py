"""What CloudWatch makes of an app's log lines: counted by metric filters, judged by alarms."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.infra.capture import Program

Line = Mapping[str, Any]


def matches(pattern: str, line: Line) -> bool:
    """Whether a filter pattern of equalities, &&, || and brackets chooses a line of JSON."""
    term = re.compile(r'\$\.(\w+) = "([^"]*)"')
    tests = term.sub(lambda found: str(line.get(found[1]) == found[2]), pattern.strip("{ }"))
    expression = tests.replace("&&", " and ").replace("||", " or ")
    assert re.fullmatch(r"(?:True|False|and|or|[() ])+", expression), pattern
    return bool(eval(expression))  # noqa: S307 - of the words above alone


def fired(program: Program, lines: Sequence[tuple[float, Line]]) -> set[str]:
    """Names of the alarms on counted lines that fire at any time. `lines` are (epoch s, line)."""
    return {
        alarm.name
        for counted in program.all("LogMetricFilter")
        for alarm in program.all("MetricAlarm")
        if alarm.arguments.get("metricName") == counted.arguments["metricTransformation"]["name"]
        and _fires(
            alarm.arguments,
            Counter(
                int(at // alarm.arguments["period"])
                for at, line in lines
                if matches(counted.arguments["pattern"], json.loads(json.dumps(line)))
            ),
        )
    }


def _fires(alarm: Mapping[str, Any], counts: Counter[int]) -> bool:
    periods, breaches = alarm["evaluationPeriods"], alarm["datapointsToAlarm"]
    breaching = {period for period, count in counts.items() if count > alarm["threshold"]}
    return any(
        sum(period + ahead in breaching for ahead in range(periods)) >= breaches
        for period in breaching
    )
