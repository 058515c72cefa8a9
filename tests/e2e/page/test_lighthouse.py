"""What Lighthouse says of the built page on its mobile profile: a slow phone, a slow line."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.built_page import BuiltPage
from local.servers import find_node
from local.settings import ROOT
from tests.e2e.browser import chromium_path

LIGHTHOUSE = ROOT / "spa" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices")
# 99 on a machine that does nothing else; beside other tests it is theirs too, in part.
LEAST_PERFORMANCE = 80
RUNS = 3


def scores(url: str, report: Path) -> dict[str, int]:
    """Return a score of 0 to 100 for each category."""
    subprocess.run(
        [
            find_node(),
            LIGHTHOUSE,
            url,
            f"--only-categories={','.join(CATEGORIES)}",
            "--output=json",
            f"--output-path={report}",
            "--quiet",
            "--no-enable-error-reporting",
            "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
        ],
        env={**os.environ, "CHROME_PATH": chromium_path()},
        check=True,
        timeout=120,
    )
    said = json.loads(report.read_text())
    found = {name: said["categories"][name] for name in CATEGORIES}
    # What of the performance no other load can spoil.
    found["layout shift"] = said["audits"]["cumulative-layout-shift"]
    return {name: round(of["score"] * 100) for name, of in found.items()}


def measured(url: str, report: Path, first: dict[str, int]) -> dict[str, int]:
    """Return `first`, with the best performance of a few runs: a busy machine only takes away."""
    best = first["performance"]
    for _ in range(RUNS):
        if best >= LEAST_PERFORMANCE:
            break
        best = max(best, scores(url, report)["performance"])
    return first | {"performance": best}


@pytest.mark.slow
def test_the_built_page_is_fast_and_has_no_fault_signed_out_and_with_its_table(
    site: BuiltPage, demo: str, tmp_path: Path
) -> None:
    pages = {site.url: tmp_path / "signed-out.json", demo: tmp_path / "table.json"}
    with ThreadPoolExecutor() as beside:
        found = list(beside.map(scores, pages.keys(), pages.values()))
    for (url, report), first in zip(pages.items(), found, strict=True):
        said = measured(url, report, first)
        assert said.pop("performance") >= LEAST_PERFORMANCE
        assert said == {"accessibility": 100, "best-practices": 100, "layout shift": 100}
