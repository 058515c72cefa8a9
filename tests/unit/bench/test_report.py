"""The page holds what the run measured, in units that a person reads."""

import re
from xml.etree import ElementTree as ET

from bench import report
from bench.targets import OURS, Round, Spread, Target, judge

TITLES = {OURS: "Holdings", "fastapi": "FastAPI & co"}
ROUNDS: list[Round] = [
    {(OURS, "hit.wall"): 0.1, ("fastapi", "hit.wall"): 0.4},
    {(OURS, "hit.wall"): 0.12, ("fastapi", "hit.wall"): 0.4},
]
MET = Target("cold hit", "hit.wall", "fastapi", 0.35)
MISSED = Target("cold hit", "hit.wall", "fastapi", 0.1)
ABSENT = Target("cold hit", "hit.wall", "chalice", 0.1)


def test_a_table_shows_medians_with_quartiles_and_the_ratio_to_ours() -> None:
    hit = next(each for each in report.TABLES if each.compared == "hit.wall")
    assert report.table(hit, ROUNDS, TITLES).splitlines()[2:] == [
        "| | wall, ms | CPU, ms | peak memory, MB | ours / theirs |",
        "|---|---|---|---|---|",
        "| Holdings | 110 (105 to 115) |  |  |  |",
        "| FastAPI & co | 400 |  |  | 0.28 (0.26 to 0.29) |",
    ]


def test_a_contender_that_did_not_run_a_case_has_no_row_in_its_table() -> None:
    assert "Holdings" not in report.table(report.TABLES[0], ROUNDS, TITLES)


def test_each_target_is_met_missed_or_not_run() -> None:
    page = report.targets(judge(ROUNDS, (MET, MISSED, ABSENT)))
    assert [line.split(" | ")[-1] for line in page.splitlines()[2:]] == [
        "met |",
        "**missed** |",
        "not run |",
    ]


def test_a_figure_has_three_digits() -> None:
    spread = Spread(0.0123456, 0.012, 0.013)
    assert report.shown(spread, 1000) == "12.3 (12.0 to 13.0)"
    assert report.shown(Spread(0.5, 0.5, 0.5), 1000) == "500"
    assert report.shown(None, 1000) == ""


def test_the_page_says_what_it_was_measured_on_and_how() -> None:
    page = report.render(
        ROUNDS, judge(ROUNDS), TITLES, {"processor": "a fast one"}, 300, "a table", "another"
    )
    assert page.startswith("# Performance\n")
    assert "2 rounds;" in page
    assert "300 calls a round" in page
    assert "| processor | a fast one |" in page
    assert page.endswith("network are not in here.\n")
    assert "{" not in page


def test_the_prose_claims_no_measured_figure() -> None:
    text = report.PROSE.read_text()
    assert re.findall(r"[0-9.]+ ?(?:ms|MB|%|times|seconds)", text) == []


def test_the_plot_is_well_formed_and_draws_a_bar_for_each_contender() -> None:
    bars = [
        element.get("width")
        for element in ET.fromstring(report.draw(ROUNDS, TITLES)).iter()  # noqa: S314 - our own
        if element.tag.endswith("rect")
    ]
    assert [float(width or 0) > 0 for width in bars] == [True, True]
