"""Carrying out a fault, whichever kind it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.answering import right_answer
from local.simulator.fault_answers import INSTEAD, altered, replaced
from local.simulator.fault_wire import ON_THE_WIRE

if TYPE_CHECKING:
    from local.simulator.exchange import Exchange
    from local.simulator.faults import Incident
    from local.simulator.line import Line
    from local.simulator.messages import Request


def misbehave(exchange: Exchange, incident: Incident, request: Request, line: Line) -> None:
    fault = incident.injection.fault
    if fault in ON_THE_WIRE:
        ON_THE_WIRE[fault](line, incident, lambda: right_answer(exchange, request))
    elif fault in INSTEAD:
        line.send(replaced(incident.injection))
    else:
        line.send(altered(exchange, incident, right_answer(exchange, request)))
