"""Each thing that the app depends on fails while viewers read: `make chaos` in its short form."""

from pathlib import Path

from chaos.fleet import GATEWAY_SECONDS
from chaos.run import SHORT, run


def test_while_things_fail_no_answer_is_wrong_and_no_record_is_lost(tmp_path: Path) -> None:
    done = run(SHORT, 1, tmp_path)
    assert [(one.name, one.fault) for one in done.phases] == list(SHORT.faults)
    assert done.load.tally.wrong == []
    assert [why for phase in done.phases for why in phase.tally.wrong] == []
    assert [what for phase in done.phases for what in phase.lost] == []
    assert [phase.name for phase in done.phases if phase.recovery is None] == []
    assert max(phase.tally.slowest for phase in done.phases) < (GATEWAY_SECONDS, "")
    # What strikes nobody proves nothing.
    assert [phase.name for phase in done.phases if phase.struck == 0] == []
    assert done.acknowledged > 0
