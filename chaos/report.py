"""Writes docs/reliability.md: nothing in it but what this run saw. Pure."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from chaos.faults import DEPENDENCIES
from chaos.fleet import GATEWAY_SECONDS
from chaos.fuzz.run import Fuzzed
from chaos.run import Load, Phase, Run
from chaos.world import COOLDOWN_SECONDS, TTL_SECONDS

PROSE = Path(__file__).with_name("page.md")
_KNOWN = ("fresh", "stale", "wrong")


def complaint(run: Run, fuzzed: Fuzzed) -> str | None:
    """Return which promises were broken, None if none was."""
    broken: list[str] = []
    for phase in run.phases:
        where = f"{DEPENDENCIES[phase.name].title}, {phase.fault}"
        tally = phase.tally
        if tally.wrong:
            broken.append(f"{where}: {len(tally.wrong)} wrong answers, such as {tally.wrong[0]}")
        if phase.lost:
            broken.append(f"{where}: lost {', '.join(phase.lost)}")
        if phase.struck == 0:
            broken.append(f"{where}: it struck nothing, so that it proves nothing")
        if phase.recovery is None:
            broken.append(f"{where}: not all was fresh again")
        if tally.slowest[0] >= GATEWAY_SECONDS:
            broken.append(f"{where}: {tally.slowest[1]} took {tally.slowest[0]:.1f} s")
    if run.load.tally.wrong:
        broken.append(f"while all was well: {run.load.tally.wrong[0]}")
    broken += [f"case {one.number} of seed {fuzzed.seed}: {one.why}" for one in fuzzed.found]
    return "\n".join(broken) or None


def render(run: Run, fuzzed: Fuzzed, machine: Mapping[str, str]) -> str:
    return PROSE.read_text("utf-8").format(
        machine="\n".join(f"| {name} | {value} |" for name, value in machine.items()),
        totals=_totals(run),
        load=_load(run.load),
        faults=_faults(run.phases),
        fuzz=_fuzz(fuzzed),
        viewers=run.load.viewers,
        processes=run.load.processes,
        seed=run.seed,
        cases=f"{fuzzed.cases:,}",
        fuzz_seed=fuzzed.seed,
        found=len(fuzzed.found),
        seconds=f"{fuzzed.seconds:.0f}",
        gateway=f"{GATEWAY_SECONDS:.0f}",
        ttl=TTL_SECONDS,
        cooldown=COOLDOWN_SECONDS,
    )


def _totals(run: Run) -> str:
    tallies = [phase.tally for phase in run.phases]
    worst, what = max(tally.slowest for tally in tallies)
    recoveries = [phase.recovery for phase in run.phases if phase.recovery is not None]
    answers = sum(sum(tally.outcomes.values()) for tally in tallies)
    rows = {
        "faults": f"{len(run.phases)}, after each of which all was fresh again within "
        f"{max(recoveries):.1f} s: {len(recoveries)}",
        "answers while one was in force": f"{answers:,}",
        "wrong answers": str(sum(len(tally.wrong) for tally in tallies)),
        "writes that were acknowledged": f"{run.acknowledged:,}",
        "lost records": str(sum(len(phase.lost) for phase in run.phases)),
        "worst answer time": f"{worst:.1f} s ({what.partition('?')[0].partition('s/')[0]})",
    }
    return _table(("", ""), list(rows.items()))


def _load(load: Load) -> str:
    row = (
        str(load.viewers),
        str(load.processes),
        f"{load.rate:.0f}",
        f"{1000 * load.quantile(50):.0f}",
        f"{1000 * load.quantile(99):.0f}",
        str(len(load.tally.wrong)),
    )
    headings = ("viewers", "processes", "answers a second", "median, ms", "p99, ms", "wrong")
    return _table(headings, [row])


def _faults(phases: list[Phase]) -> str:
    rows: list[tuple[str, ...]] = []
    for phase in phases:
        tally = phase.tally
        problems = Counter(
            {code: count for code, count in tally.outcomes.items() if code not in _KNOWN}
        )
        rows.append(
            (
                DEPENDENCIES[phase.name].title,
                phase.fault,
                "" if phase.struck is None else str(phase.struck),
                str(sum(tally.outcomes.values())),
                str(tally.outcomes["fresh"]),
                str(tally.outcomes["stale"]),
                ", ".join(f"{code} {count}" for code, count in problems.most_common()),
                str(len(tally.wrong)),
                str(len(phase.lost)),
                f"{tally.slowest[0]:.1f}",
                "never" if phase.recovery is None else f"{phase.recovery:.1f}",
            )
        )
    headings = (
        *("dependency", "fault", "calls struck", "answers", "fresh", "stale", "problems"),
        *("wrong", "lost", "worst, s", "fresh again after, s"),
    )
    return _table(headings, rows)


def _fuzz(fuzzed: Fuzzed) -> str:
    rows = [
        (outcome.partition(": ")[0], outcome.partition(": ")[2], f"{count:,}")
        for outcome, count in sorted(fuzzed.outcomes.items())
    ]
    return _table(("event", "what came of it", "cases"), rows)


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    return "\n".join((*lines, *(f"| {' | '.join(row)} |" for row in rows)))
