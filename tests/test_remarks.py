"""What ``check`` warns of, against what the model then does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import waterbal

MODEL = """\
schema_version: 1
name: {zh: 库, en: Store}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2003-12, step: month}
zones: {town: {}}
climate: {rain: 0 mm/d, et0: 0 mm/d}
sources: {river: {type: river_intake, capacity: 10 万m3/d}}
works: {pump: {type: treatment, capacity: 10 万m3/d, own_use: 0}}
stores:
  lake: {type: reservoir, zone: town, capacity: 500 万m3, dead: 0 万m3, initial_share: 0, seepage: 0 mm/d,
         evaporation_factor: 0, shape: {full_area: 1 km2, exponent: 0.5}}
links: {river_pump: {from: river, to: pump}, pump_lake: {from: pump, to: lake}, lake_town: {from: lake, to: town_use}}
demands: {town_use: {type: public, zone: town, need: 2 万m3/d}}
priorities: [{demands: [town_use]}]
reserve: {mode: none}
"""
PRICES = ("sources.river.cost=0.5 元/m3", "works.pump.cost=0.5 元/m3", "links.pump_lake.cost=0.5 元/m3")


@pytest.mark.parametrize(
    ("changes", "filled"),
    [
        ((), True),
        *(((price,), False) for price in PRICES),
        ((PRICES[0], "reserve.mode=planned", "links.river_pump.months=[6, 7, 8]"), True),
        (("links.lake_town.cost=0.5 元/m3",), True),
        ((PRICES[0], "stores.lake.value=0.6 元/m3"), True),
        ((PRICES[0], PRICES[1], "stores.lake.value=0.6 元/m3"), False),  # two prices on the way
    ],
)
def test_a_store_that_priced_water_never_fills_is_warned_of(cli, tmp_path: Path, changes, filled) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(MODEL, encoding="utf-8")
    held = waterbal.load(path, list(changes)).run()["storage_volume"].values
    kept = float(np.nanmax(held)) > 400.0
    if (
        "reserve.mode=planned" in changes
    ):  # what is planned for is kept, though no lake is filled to the brim for it
        kept = float(np.nanmax(held)) > 1.0
    assert kept == filled
    code, out, _ = cli("check", path, *(word for change in changes for word in ("--set", change)))
    assert code == 0
    lines = [line for line in out.splitlines() if line.startswith("warnings")]
    assert len(lines) == (0 if filled else 1)
    if lines:
        assert "'lake' from river" in lines[0]
        code, out, _ = cli("check", path, "--set", changes[0], "--json")
        assert len(json.loads(out)["warnings"]) == 1
