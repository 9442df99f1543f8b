"""The example that couples waterbal with EPA SWMM: every cubic metre between the two is accounted for."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "configs" / "examples" / "swmm"
DAYS = 60
EXACT = 1e-9


@pytest.fixture(scope="module")
def couple() -> ModuleType:
    spec = importlib.util.spec_from_file_location("swmm_couple", EXAMPLE / "couple.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["swmm_couple"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("swmm")


@pytest.fixture(scope="module")
def run(couple, folder):
    return couple.couple(folder, DAYS)


def test_what_users_return_is_what_swmm_receives(run):
    assert run.sewers.returned > 1e6
    assert run.sewers.entered == pytest.approx(run.sewers.returned, rel=EXACT)


def test_what_leaves_swmm_is_what_waterbal_is_given(run):
    arrived = sum(basin.arrived for basin in run.basins.values())
    assert arrived == pytest.approx(run.sewers.left, rel=EXACT)
    for basin in run.basins.values():
        assert basin.arrived > 1e3
        assert basin.given + basin.waiting == pytest.approx(basin.arrived, rel=EXACT)


def test_what_waterbal_is_given_is_taken_spilled_evaporated_or_kept(run):
    for basin in run.basins.values():
        fate = basin.drawn + basin.spilled + basin.evaporated + basin.seeped + basin.stored
        assert fate == pytest.approx(basin.given + basin.rain, rel=EXACT)
    assert run.basins["reclaimed"].drawn > 1e6


def test_swmm_loses_no_more_than_the_routing_error_it_reports(run):
    sewers = run.sewers
    assert sewers.runoff > 1e3 and sewers.lost > 1e3 and sewers.held > 1e4
    assert abs(sewers.unaccounted) < 1e-3
    assert sewers.unaccounted == pytest.approx(sewers.routing_error, rel=1e-3)


def reported(text: str, line: str) -> float:
    """A volume of SWMM's report [m3]: its last column is in 10^6 litres."""
    found = re.search(rf"^ *{line} \.+ +[\d.]+ +([\d.]+)$", text, re.MULTILINE)
    assert found, line
    return 1e3 * float(found.group(1))


def test_the_report_of_swmm_says_the_same(run, folder):
    """Its conversion of cubic feet differs from that of the API by 1e-4."""
    text = (folder / "city.rpt").read_text()
    routing = text[text.index("Flow Routing Continuity") :]
    for line, volume in (
        ("External Inflow", run.sewers.returned),
        ("External Outflow", sum(basin.given + basin.waiting for basin in run.basins.values())),
        ("Final Stored Volume", run.sewers.held),
        ("Evaporation Loss", run.sewers.lost),
    ):
        assert reported(routing, line) == pytest.approx(volume, rel=2e-4, abs=1.0), line
    assert reported(routing, "Flooding Loss") == 0.0


def test_all_together_closes(run):
    """From the users' returns to the users' taps, with rain as the only other water."""
    sewers, basins = run.sewers, run.basins.values()
    put_in = sewers.returned + sewers.runoff + sum(basin.rain for basin in basins)
    found = sewers.lost + sewers.held
    for basin in basins:
        found += basin.drawn + basin.spilled + basin.evaporated + basin.seeped + basin.stored + basin.waiting
    assert (put_in - found) / put_in == pytest.approx(sewers.routing_error, abs=1e-6)


def test_reclaimed_water_comes_a_day_later(couple, tmp_path):
    one = couple.couple(tmp_path, 1)
    basin = one.basins["reclaimed"]
    assert basin.given == 0.0 and basin.waiting == basin.arrived > 0.0
    assert basin.drawn <= 2e4 + 1e-6  # only what the basin held at the start
    assert one.sewers.held > 1e4


def test_the_command_of_the_readme_runs():
    readme = (EXAMPLE / "README.md").read_text()
    command = "python configs/examples/swmm/couple.py"
    assert command in readme and "--days 30" in readme
    done = subprocess.run(
        [sys.executable, *command.split()[1:], "--days", "3"], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "entered the sewers (SWMM)" in done.stdout
    numbers = re.findall(r"([\d,]+) m3", done.stdout)
    assert len(numbers) == 16 and numbers[0] == numbers[1]
