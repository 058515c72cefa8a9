"""Writes docs/scale.md: what a run measured, and what the formula makes of it. Pure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.report import shown
from bench.scale.cost import (
    BATCH,
    MEMORY_MB,
    ONE_CPU_MB,
    Reading,
    batch_seconds,
    costs,
    drain_seconds,
    quotas,
    slowest,
)
from bench.scale.run import LOOP_READINGS, Crowd
from bench.targets import Spread, spread

PROSE = Path(__file__).with_name("page.md")
MILLION, CONCURRENCY, WITHIN = 1_000_000, 100, 20 * 60.0
SIZES = (1, 1_000, MILLION)
LOOPS = {
    "a_client_a_key": "ccxt: `for key in keys: coinbaseexchange(key).fetch_balance()`",
    "one_client": "ccxt: one client, whose key is exchanged before each call",
    "as_written": "ccxt: the first to the letter: each client reads the market too",
}
JUDGED = "a_client_a_key"


class Goal(NamedTuple):
    text: str
    at_most: float
    found: float

    @property
    def missed(self) -> bool:
        return self.found > self.at_most


def reading(crowd: Crowd) -> Reading:
    """Return what the formula takes of a crowd, as the page shows it: rounded up as there."""
    calls = crowd.calls

    def sum_of(service: str) -> float:
        return sum(count for name, count in calls.items() if name.startswith(f"{service}."))

    exact = Reading(
        cpu_ms=crowd.cpu * 1_000,
        kms=sum_of("kms"),
        sts=sum_of("sts"),
        dynamodb=sum_of("dynamodb"),
        sent=sum_of("sqs"),
        write_units=calls["units.write"],
        read_units=calls["units.read"],
        plan_cpu_ms=crowd.plan_cpu * 1_000,
        plan_reads=calls["plan.units.read"],
    )
    return Reading(*(round(value, 3) for value in exact))


def compared(crowd: Crowd, loop: str) -> Spread:
    """Return our CPU in terms of a loop's, round by round."""
    return spread([one["cpu"] / one[loop] for one in crowd.rounds])


def goals(crowds: Sequence[Crowd]) -> list[Goal]:
    few, largest = crowds[-2], crowds[-1]
    one = reading(largest)
    minutes = drain_seconds(one, MILLION, concurrency=CONCURRENCY) / 60
    return [
        Goal("calls to AWS a reading", 8, one.aws_calls),
        Goal("CPU a reading, in terms of ccxt's loop", 0.7, compared(largest, JUDGED).median),
        Goal("a million readings by 100 functions, minutes", WITHIN / 60, minutes),
        Goal("a million readings in an hour, dollars", 8, sum(costs(one, MILLION).values())),
        Goal(
            f"memory of a worker, {largest.viewers:,} viewers in terms of {few.viewers:,}",
            1.1,
            largest.peak / few.peak,
        ),
    ]


def render(crowds: Sequence[Crowd], machine: Mapping[str, str]) -> str:
    largest = crowds[-1]
    one = reading(largest)
    loads = f"{min(c.load for c in crowds):.1f} to {max(c.load for c in crowds):.1f}"
    on = {**machine, "load while measuring, one minute's": loads}
    tightest = quotas(one)[0]
    return PROSE.read_text(encoding="utf-8").format(
        machine="\n".join(f"| {name} | {value} |" for name, value in on.items()),
        goals=_goals(goals(crowds)),
        measured=_measured(crowds),
        figures="\n".join(f"| {name} | {value:g} |" for name, value in one._asdict().items()),
        rounds=len(largest.rounds),
        loop_readings=LOOP_READINGS,
        loops=_loops(largest),
        million=_table(
            ("service", "dollars"),
            [*((name, f"{cost:.2f}") for name, cost in costs(one, MILLION).items()), _sum(one)],
        ),
        drain=_drain(one),
        quotas=_table(
            ("quota", "default", "readings a second"),
            [
                (each.name, f"{each.per_second:,.0f} a second", f"{each.readings:,.0f}")
                for each in quotas(one)
            ],
        ),
        first=tightest.name,
        costs=_costs(one),
        batch=BATCH,
        memory=MEMORY_MB,
        share=MEMORY_MB / ONE_CPU_MB,
        slower=slowest(one, readings=MILLION, concurrency=CONCURRENCY, within=WITHIN),
    )


def _goals(found: Sequence[Goal]) -> str:
    rows = [
        (
            goal.text,
            f"at most {goal.at_most:g}",
            f"{goal.found:.2f}",
            "**missed**" if goal.missed else "met",
        )
        for goal in found
    ]
    return _table(("goal", "target", "found", ""), rows)


def _measured(crowds: Sequence[Crowd]) -> str:
    names = [f"{crowd.viewers:,}" for crowd in crowds]
    each = [(crowd, reading(crowd)) for crowd in crowds]
    rows: list[tuple[str, list[str]]] = [
        ("readings measured", [f"{crowd.readings:,}" for crowd in crowds]),
        ("readings a second a core", [f"{1 / crowd.cpu:,.0f}" for crowd in crowds]),
        ("CPU a reading, ms", [f"{one.cpu_ms:.2f}" for _, one in each]),
        ("KMS calls a reading", [f"{one.kms:.2f}" for _, one in each]),
        ("STS calls a reading", [f"{one.sts:.2f}" for _, one in each]),
        ("DynamoDB calls a reading", [f"{one.dynamodb:.2f}" for _, one in each]),
        ("SQS calls a reading", [f"{one.sent:.2f}" for _, one in each]),
        (
            "write and read units",
            [f"{one.write_units:.2f}, {one.read_units:.2f}" for _, one in each],
        ),
        ("bytes kept: reading, answer", [_bytes(crowd) for crowd in crowds]),
        ("a batch of up to ten, s", [f"{crowd.batch_wall:.2f}" for crowd in crowds]),
        ("worker's peak memory, MB", [f"{crowd.peak / 1e6:.0f}" for crowd in crowds]),
        ("planner's CPU for all, ms", [f"{c.plan_cpu * c.viewers * 1e3:.1f}" for c in crowds]),
        ("planner's peak memory, MB", [f"{crowd.plan_peak / 1e6:.0f}" for crowd in crowds]),
    ]
    return _table(("viewers", *names), [(name, *cells) for name, cells in rows])


def _bytes(crowd: Crowd) -> str:
    return ", ".join(f"{crowd.calls[f'bytes.{kind}']:,.0f}" for kind in ("reading", "answer"))


def _loops(crowd: Crowd) -> str:
    rows = [("Holdings", shown(spread([one["cpu"] for one in crowd.rounds]), 1_000), "")]
    for name, title in LOOPS.items():
        cpu = shown(spread([one[name] for one in crowd.rounds]), 1_000)
        rows.append((title, cpu, shown(compared(crowd, name), 1, places=2)))
    return _table(("", "CPU a reading, ms", "ours / theirs"), rows)


def _sum(one: Reading) -> tuple[str, str]:
    return "together", f"{sum(costs(one, MILLION).values()):.2f}"


def _drain(one: Reading) -> str:
    seconds, drain = batch_seconds(one), drain_seconds(one, MILLION, concurrency=CONCURRENCY)
    first = quotas(one)[0]
    return (
        f"A batch is billed {seconds:.2f} s. At concurrency {CONCURRENCY} a million readings take\n"
        f"{drain / 60:.1f} minutes, {MILLION / drain:,.0f} a second, where no quota stands in the "
        f"way. At the default quota of\n{first.name.partition(',')[0]} they take "
        f"{MILLION / first.readings / 60:.1f} minutes; within {WITHIN / 60:.0f} they need "
        f"{MILLION / WITHIN * first.each:,.0f} a second of it."
    )


def _costs(one: Reading) -> str:
    each = [(size, costs(one, size)) for size in SIZES]
    rows = [
        (f"{size:,}", *(f"{cost:.4f}" for cost in found.values()), f"{sum(found.values()):.4f}")
        for size, found in each
    ]
    return _table(("viewers", *each[0][1], "together"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
