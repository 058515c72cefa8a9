"""What the program declares and the emulator has no notion of: nothing else is left out.

The key is a resource's type, or type and argument as "type#argument".
"""

from collections.abc import Mapping

SKIPPED: Mapping[str, str] = {
    "aws:cloudwatch/logGroup:LogGroup#kmsKeyId": (
        "MiniStack encrypts no logs and has no AssociateKmsKey"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm#metricQueries": (
        "MiniStack's alarms watch one metric by its name and drop queries; "
        "the alarm stands there, and never rings"
    ),
}
