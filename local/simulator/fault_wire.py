"""Faults of the connection: what HTTP itself has no words for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.simulator.faults import Incident
    from local.simulator.line import Line
    from local.simulator.messages import Answer

DEFAULT_SECONDS = 15.0
"""Longer than a patient client's deadline."""

_DRIPS_A_SECOND = 20


def _reset(line: Line, _incident: Incident, _right: Callable[[], Answer]) -> None:
    line.reset()


def _hang(line: Line, incident: Incident, _right: Callable[[], Answer]) -> None:
    incident.over.wait(incident.injection.seconds)
    line.close()


def _slow(line: Line, incident: Incident, right: Callable[[], Answer]) -> None:
    """Never silent for long, so that only a deadline over the whole answer can notice."""
    whole = line.render(right())
    seconds = _seconds(incident)
    drips = max(1, min(len(whole), round(seconds * _DRIPS_A_SECOND)))
    for drip in range(drips):
        line.write(whole[len(whole) * drip // drips : len(whole) * (drip + 1) // drips])
        incident.over.wait(seconds / drips)


def _slow_start(line: Line, incident: Incident, right: Callable[[], Answer]) -> None:
    incident.over.wait(_seconds(incident))
    line.send(right())


def _truncated(line: Line, _incident: Incident, right: Callable[[], Answer]) -> None:
    answer = right()
    whole = line.render(answer)
    line.write(whole[: len(whole) - (len(answer.body) + 1) // 2])
    line.close()


ON_THE_WIRE: dict[Fault, Callable[[Line, Incident, Callable[[], Answer]], None]] = {
    Fault.RESET: _reset,
    Fault.HANG: _hang,
    Fault.SLOW: _slow,
    Fault.SLOW_START: _slow_start,
    Fault.TRUNCATED: _truncated,
}


def _seconds(incident: Incident) -> float:
    seconds = incident.injection.seconds
    return DEFAULT_SECONDS if seconds is None else seconds
