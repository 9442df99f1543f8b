"""Stores whose area is that of the mean volume: what is told where the passes run out, by hand.

Area = volume / 50 km2 and 100 mm: E = 0.2 V, need 10, start 60. With the mean volume V1 = 50 - 0.1 (60 + V1) = 40 and
E = 10. Two passes: E = 12 of the start, then V = (60 + 38) / 2 = 49 and E = 9.8, V1 = 40.2, whose mean volume asks for
10.02.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import waterbal
from tests.rowkit import Kit
from tests.runkit import output
from waterbal.errors import BalanceError
from waterbal.results import closure, settling
from waterbal.results.view import view


def lake(passes: int):
    kit = Kit(1).store(
        "lake", 100, initial=60, evaporation=100, curve=((0, 100), (0, 2)), passes=passes
    ).demand("town", 10)  # fmt: skip
    rows = kit.link("lake>town").share("town").rows()
    return rows, output(rows)


def test_passes_that_run_out_are_told_with_what_is_off():
    rows, run = lake(2)
    assert run.storage[0, 0, 0] == pytest.approx(40.2, abs=1e-9)
    (told,) = settling.told(view(run, rows, None))
    assert (told["store"], told["passes"], told["steps"]) == ("lake", 2, 1)
    assert told["largest"] == pytest.approx(10.02 - 9.8, abs=1e-9)
    assert closure.check(rows, run).max() < 1e-9  # the water is accounted for


def test_nothing_is_told_where_the_volume_settled_or_nothing_is_repeated():
    for passes, left in ((60, 40.0), (1, 38.0)):
        rows, run = lake(passes)
        assert run.storage[0, 0, 0] == pytest.approx(left, abs=1e-7)
        assert settling.told(view(run, rows, None)) == []
        assert closure.check(rows, run).max() < 1e-9


@pytest.mark.parametrize("passes", [2, 60])
def test_losses_of_a_store_that_repeats_are_checked(passes):
    """A loss beyond that of any area that a pass can have had is refused, though the water is accounted for."""
    rows, run = lake(passes)
    run.store_evaporation[0, 0, 0] += 20.0
    run.storage[0, 0, 0] -= 20.0
    with pytest.raises(BalanceError, match="evaporation of an area that the store can have"):
        closure.check(rows, run)


def test_a_run_carries_it_and_its_summary_prints_it(cli, tmp_path: Path):
    model = """\
schema_version: 1
name: {zh: 湖, en: Lake}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2001-12, step: month}
zones: {town: {}}
climate: {rain: 0 mm/d, et0: 20 mm/d}
sources: {river: {type: river_intake, capacity: 1 万m3/d}}
stores:
  lake: {type: reservoir, zone: town, capacity: 500 万m3, dead: 0 万m3, initial: 400 万m3, seepage: 0 mm/d,
         evaporation_factor: 1, shape: {full_area: 2 km2, exponent: 0.8}, passes: PASSES}
links: {fill: {from: river, to: lake}, lake_town: {from: lake, to: town_use}}
demands: {town_use: {type: public, zone: town, need: 0.5 万m3/d}}
priorities: [{demands: [town_use]}]
reserve: {mode: none}
"""
    path = tmp_path / "model.yaml"
    for passes, expected in ((2, True), (20, False), (1, False)):
        path.write_text(model.replace("PASSES", str(passes)), encoding="utf-8")
        run = waterbal.load(path).run()
        told = json.loads(run.attrs.get("waterbal_unsettled", "[]"))
        assert bool(told) == expected
        code, out, _ = cli("run", path, "--lang", "en")
        assert code == 0
        assert (
            "lake: evaporation and seepage had not settled after 2 passes in" in " ".join(out.split())
        ) == expected
        code, out, _ = cli("run", path, "--lang", "zh")
        assert ("次迭代后仍未收敛" in "".join(out.split())) == expected
    assert np.isfinite(run["storage_volume"].values).all()
