"""What the tables say of quotas, of water quality and of years that other balances order, worked out by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import waterbal
from tests import capacitykit
from waterbal import api
from waterbal.report.material import Material
from waterbal.report.sheets import Sheet, permits, three_balances
from waterbal.report.sheets import sheets as tables
from waterbal.report.sheets.cases import cases
from waterbal.report.summary import summarise
from waterbal.results import netcdf
from waterbal.scenarios.sweep import sweep

TOWN = """\
sources: {river: {type: river_intake, capacity: 10 万m3/d}}
works: {drain: {type: wastewater, zone: town, capacity: 100 万m3/d, recovery: 1}}
links: {river_homes: {from: river, to: homes}}
demands:
  homes: {type: residential, zone: town, people: 100 万人, norm: 100 L/(person d), returns: [{to: drain, share: 0.5}]}
priorities: [{demands: [homes]}]
quotas:
  permit: {of: [river], volume: 3650 万m3/yr, reset_month: MONTH}
  cap: {of: [river], volume: 9999 万m3/yr, reset_month: 1}
capacity:
  drivers: {people: {grows: [residential]}}
  receiving_waters:
    ditch: {name: {zh: 排水沟, en: Ditch}, design_flow: 20 万m3/d, background: 0.01 kg/m3, standard: 0.03 kg/m3,
            inflows: {drain: CONTENT kg/m3}, untreated: {drain: 0.3 kg/m3}}
"""
"""People need 10 a day, 3650 in a year and 3660 in a leap year, and give half of it back."""

STUDY = """\
schema_version: 1
model: model.yaml
name: {zh: 情景, en: Scenarios}
provenance: {source: worked example, grade: assumed}
axes: {flow: {values: {full: {}, none: {set: {quotas.permit.volume: 0 万m3/yr}}}}}
"""


def model(folder: Path, month: int = 1, content: float = 0.05) -> Path:
    text = TOWN.replace("MONTH", str(month)).replace("CONTENT", str(content))
    return capacitykit.town(folder, "", text)


def run(folder: Path, *overrides: str, **how: float) -> xr.Dataset:
    netcdf.write(api.load(model(folder, **how), overrides).run(), folder / "run.nc")
    return netcdf.open_result(folder / "run.nc")


def table(material: Material, id: str) -> Sheet:
    return next(sheet for sheet in tables(material) if sheet.id == id)


def river(sheet: Sheet) -> str:
    return str(sheet.values("binding")[0].en)


def test_a_quota_that_is_used_up_is_named(tmp_path: Path) -> None:
    """Of the years 2001 to 2004 all use 3650 or more, so nothing is left in any; the cap is never reached."""
    with run(tmp_path, "time.end=2004-12") as results:
        told = river(table(Material(runs=(results,)), "T4"))
    assert "permit used up in 100% of the quota years" in told
    assert "cap" not in told


def test_the_quota_year_counts_and_not_the_calendar(tmp_path: Path) -> None:
    """Saved in one year, the quota that begins in July is left over in one of two whole quota years."""
    people = "demands.homes.people={2001: 100 万人, 2002: 100 万人, 2003: 80 万人, 2004: 80 万人}"
    with run(tmp_path, people, month=7) as results:
        told = river(table(Material(runs=(results,)), "T4"))
        left = results["quota_remaining"].values[0, 0, results["quota_id"].values.tolist().index("permit")]
        june = left[results["time"].dt.month.values == 6]
    assert f"permit used up in {100 * (june < 1e-3).mean():.0f}% of the quota years" in told
    assert 0.0 < (june < 1e-3).mean() < 1.0


def test_a_sweep_by_year_tells_quotas_that_are_used_up_or_zero(tmp_path: Path) -> None:
    model(tmp_path)
    study = capacitykit.write(tmp_path, STUDY, "scenarios.yaml")
    with sweep(study, tmp_path / "out", keep="yearly", threads=1) as results:
        full = river(table(Material(sweeps=(results,)), "T4"))
        none = river(table(Material(sweeps=(results.isel(scenario=[1]),)), "T4"))
    assert "permit used up in 100% of the quota years" in full
    assert "permit is zero" in none and "used up" not in none


def test_the_load_of_a_receiving_water_is_mixed_by_hand(tmp_path: Path) -> None:
    """5 a day at 0.05 kg/m3 are 2.5 t a day; 20 at 0.01 can take 25 x 0.03 - 20 x 0.01 = 0.55, which is 5.5 t a day."""
    with run(tmp_path) as results:
        sheet = table(Material(runs=(results,)), "T7")
    (row,) = sheet.rows
    cells = dict(zip([column.id for column in sheet.columns], row.cells, strict=True))
    assert cells["element"].en == "Ditch: load (t/yr)"
    assert cells["use"] == pytest.approx(2.5 * 365, abs=1.0)
    assert cells["limit"] == pytest.approx(5.5 * 365.25, abs=2.0)
    assert cells["ratio"] == pytest.approx(2.5 / 5.5, abs=2e-3)
    assert cells["band"].en == "class holds"
    assert any("Q/Q0" in note.en for note in sheet.notes)


def test_a_class_that_is_missed_and_a_model_without_one(tmp_path: Path) -> None:
    with run(tmp_path, content=0.4) as results:  # 20 t a day in place of 5.5
        sheet = table(Material(runs=(results,)), "T7")
    assert sheet.values("band")[0].en == "class missed in 100% of the steps"
    netcdf.write(api.load(capacitykit.town(tmp_path)).run(), tmp_path / "plain.nc")
    with netcdf.open_result(tmp_path / "plain.nc") as results:
        notes = table(Material(runs=(results,)), "T7").notes
    assert any(re.search("not in the model", note.en) for note in notes)


def test_a_dry_year_that_is_less_short_says_why_beside_it() -> None:
    """Years are ranked by the first balance; in the second the 75 % year is less short than the 50 % year."""
    need = np.full((2, 3, 1, 1), 100.0)
    supply = np.array([[60.0, 50.0, 40.0], [90.0, 80.0, 95.0]]).reshape(2, 3, 1, 1)
    dims = ("balances_balance", "balances_when", "balances_zone", "balances_sector")
    named = {"zone": ["z"], "sector": ["s"], "balance": ["first", "second"], "origin": ["o"]}
    coordinates = {f"balances_{key}": (f"balances_{key}", ids) for key, ids in named.items()}
    coordinates |= {
        f"balances_{key}_name_{language}": (f"balances_{key}", ids)
        for key, ids in named.items()
        for language in ("zh", "en")
    }
    results = xr.Dataset(
        {
            "balances_water_demand": (dims, need),
            "balances_water_supply": (dims, supply),
            "balances_water_by_origin": ((*dims[:2], "balances_origin"), supply[..., 0]),
        },
        coordinates
        | {
            "balances_when": ("balances_when", ["mean", "p50", "p75"]),
            "balances_when_year": ("balances_when", [-1, 2001, 2002]),
            "balances_when_realization": ("balances_when", [-1, 0, 0]),
            "scenario_id": ("scenario", ["base"]),
        },
    )
    sheet = next(one for one in three_balances.sheets([results]) if one.id == "T2")
    told = [str(row.cells[sheet.column("picked")].en) for row in sheet.rows if row.total]
    assert ["less short" in text for text in told] == [False] * 5 + [True]
    zones = [str(row.cells[sheet.column("picked")].zh) for row in sheet.rows if not row.total]
    assert "排频" in zones[-1]


@pytest.mark.parametrize(("kept", "month"), [("run", 1), ("sweep", 1), ("sweep", 7)])
def test_quotas_of_a_source_alone_cap_it_and_shared_ones_are_marked(tmp_path, kept, month):
    """10 a day could be taken; one source is granted 900 of its own and shares 2400 with the other."""
    text = TOWN.replace("MONTH", str(month)).replace("CONTENT", "0.05")
    text = text.replace("sources: {", "sources: {canal: {type: river_intake, capacity: 10 万m3/d}, ")
    text = text.replace("links: {", "links: {canal_homes: {from: canal, to: homes}, ")
    text = text.replace("volume: 3650 万m3/yr", "volume: 900 万m3/yr")
    text = text.replace("cap: {of: [river], volume: 9999", "cap: {of: [river, canal], volume: 2400")
    path = capacitykit.town(tmp_path, "", text)
    if kept == "run":
        netcdf.write(api.load(path).run(), tmp_path / "run.nc")
        material = Material(runs=(netcdf.open_result(tmp_path / "run.nc"),))
        caps = {line["id"]: line["cap"] for line in summarise(material.runs[0])["sources"]}
        assert caps["river"] == pytest.approx(900.0) and caps["canal"] is None  # as T4 has it
    else:
        study = STUDY.replace("quotas.permit.volume", "quotas.cap.volume")
        (tmp_path / "study.yaml").write_text(study)
        sweep(tmp_path / "study.yaml", tmp_path / "out", keep="yearly")
        material = Material(sweeps=(netcdf.open_result(tmp_path / "out" / "results.nc"),))
    sheet = table(material, "T4")
    told = {
        row.cells[2].en: dict(zip((c.id for c in sheet.columns), row.cells, strict=True))
        for row in sheet.rows
    }
    river, canal = told["river"], told["canal"]
    assert river["limit.legal"] == 900.0 and canal["limit.legal"] is None
    assert canal["available"] == 2400.0
    assert river["available"] == 900.0 if month == 1 else river["available"] >= river["taken.mean"] >= 900.0
    assert canal["quotas"].zh == "river、canal用水指标 2,400（共用）"
    assert [part.endswith("(shared)") for part in river["quotas"].en.split("; ")] == [False, True]
    assert "900" in river["quotas"].en.split("; ")[0] and "2,400" in river["quotas"].en.split("; ")[1]


def test_the_entitlement_of_any_quota_year_is_kept_by_year(tmp_path):
    """From July 1200, then less with every July; at the end of a year it is that of the quota year begun in it."""
    model = {
        "schema_version": 1, "name": {"zh": "城", "en": "Town"}, "provenance": {"source": "x", "grade": "assumed"},
        "time": {"start": "2001-01", "end": "2004-12", "step": "month"}, "zones": {"z": {}},
        "sources": {"river": {"type": "river_intake", "capacity": "3 万m3/d"}},
        "links": {"way": {"from": "river", "to": "homes"}},
        "demands": {"homes": {"type": "residential", "zone": "z", "need": "2 万m3/d"}},
        "quotas": {"permit": {"of": ["river"], "reset_month": 7,
                              "volume": {2001: "1200 万m3/yr", 2004: "600 万m3/yr"}}},
        "priorities": [{"demands": ["homes"]}], "reserve": {"mode": "none"},
    }  # fmt: skip
    (tmp_path / "model.yaml").write_text(json.dumps(model), encoding="utf-8")
    study = {"schema_version": 1, "model": "model.yaml", "name": {"zh": "景", "en": "Study"}, "keep": "yearly",
             "provenance": {"source": "x", "grade": "assumed"}, "axes": {"one": {"values": {"only": {}}}}}  # fmt: skip
    (tmp_path / "study.yaml").write_text(json.dumps(study), encoding="utf-8")
    with waterbal.sweep(tmp_path / "study.yaml", tmp_path / "out") as found:
        kept = found["yearly_quota_volume"].load()
        told = permits.of(next(iter(cases(Material(sweeps=(found,))))), "source", 0)
    run = waterbal.load(tmp_path / "model.yaml").run()
    december = run["quota_volume"].values[0, 0, 0, 11::12]
    assert december == pytest.approx([1200.0, 1000.0, 800.0, 600.0])
    assert kept.values[0, 0, 0] == pytest.approx(december)
    assert kept.attrs["cell_methods"] == "year: point (at the end of the year)"
    assert told[0].own and told[0].volume == pytest.approx(december)
