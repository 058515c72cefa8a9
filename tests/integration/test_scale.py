"""The bench of scale reads what it says that it reads."""

from bench.scale.run import READINGS, crowd


def test_every_message_of_a_crowd_is_a_reading_that_is_kept() -> None:
    found = crowd(3, rounds=1, workers=1, loops=False)
    # The first batch, which loads the process, is not counted.
    assert found.readings == READINGS
    assert found.calls["items.answer"] == 1
    assert found.cpu > 0
