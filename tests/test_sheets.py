"""Tables T1 to T11 of a small city against its NetCDF files, read and added up here by themselves."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr
import yaml

from tests import sheetkit
from waterbal.cli.main import main
from waterbal.errors import DataError
from waterbal.report import capacity_extras, workbook
from waterbal.report.material import Material, opened
from waterbal.report.page import carrying, states, verdict
from waterbal.report.page.blocks import Grid, Text
from waterbal.report.page.subject import Subject
from waterbal.report.sheets import Sheet, sheets
from waterbal.report.tracing import trace
from waterbal.results import netcdf

ONLY = ("--only", "works=as_is", "--only", "saving=none", "--only", "climate=record")


def command(*arguments: object) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert not end.value.code


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city with a run, a sweep with sums by year, and capacities with balances."""
    folder = tmp_path_factory.mktemp("tables")
    command("init", folder / "city")
    command("run", folder / "city" / "model.yaml", "-o", folder / "balance.nc", "-q")
    study = folder / "city" / "scenarios.yaml"
    command("sweep", study, "-o", folder / "sweep", "--keep", "yearly", "--realizations", 3, *ONLY, "-q")
    command(
        "capacity", study, "-o", folder / "capacity.nc", "--only", "horizon=2035", *ONLY, "--realizations", 3,
        "--along", "mix", "--audit", 0, "--tolerance", 0.05, "--with", "balances", "-q",
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def swept(city: Path) -> Iterator[list[Sheet]]:
    with opened([city / "sweep" / "results.nc"]) as material:
        yield sheets(material)


@pytest.fixture(scope="module")
def everything(city: Path) -> Iterator[list[Sheet]]:
    with opened([city / "sweep" / "results.nc", city / "balance.nc", city / "capacity.nc"]) as material:
        yield sheets(material)


def one(found: list[Sheet], id: str) -> Sheet:
    return next(sheet for sheet in found if sheet.id == id)


def number(cell: object) -> float:
    assert isinstance(cell, int | float)
    return float(cell)


def test_every_sum_holds_as_printed(everything):
    checked = 0
    for sheet in everything:
        places = {column.id: i for i, column in enumerate(sheet.columns)}
        for row in sheet.rows:
            for place, column in enumerate(sheet.columns):
                cell = row.cells[place]
                if not isinstance(cell, int | float):
                    continue
                unit = 10.0**column.decimals
                if column.sum_of:
                    parts = [row.cells[places[id]] for id in column.sum_of]
                    assert round(cell * unit) == sum(round(number(part) * unit) for part in parts), sheet.id
                    checked += 1
                if column.difference_of:
                    a, b = (number(row.cells[places[id]]) for id in column.difference_of)
                    assert cell == a - b
                if row.sum_of and column.id in sheet.summed:
                    parts = [sheet.rows[i].cells[place] for i in row.sum_of]
                    assert round(cell * unit) == sum(round(number(part) * unit) for part in parts), sheet.id
                    checked += 1
    assert checked > 500
    assert {sheet.id for sheet in everything} >= {f"T{n}" for n in range(1, 12)} | {
        "T1b",
        "T2b",
        "T2c",
        "T6b",
    }


def test_formulas_of_the_workbook_give_the_printed_totals(everything):
    from tests.test_workbook import recomputed

    found = recomputed(workbook.made(everything))
    assert len(found) > 500
    assert all(computed == pytest.approx(cached, abs=1e-6) for computed, cached in found.values())


def lines(sheet: Sheet, horizon: str, label: str) -> list[dict[str, object]]:
    ids = [column.id for column in sheet.columns]
    rows = [dict(zip(ids, row.cells, strict=True)) for row in sheet.rows]
    return [row for row in rows if row["horizon"].zh == horizon and row["probability"].en == label]


def test_means_of_t1_are_those_of_the_file(city, swept):
    with xr.open_dataset(city / "sweep" / "results.nc") as file:
        ids = file["scenario_id"].values.astype(str)
        sectors, zones = (file[f"demand_{of}"].values.astype(str) for of in ("sector", "zone"))
        for horizon in ("2025", "2030", "2035"):
            own = file.isel(scenario=list(ids).index(f"{horizon}-as_is-none-record"))
            need, supply = (
                own[f"yearly_water_{of}"].mean(("realization", "year")).values for of in ("demand", "supply")
            )
            rows = lines(one(swept, "T1"), horizon, "Mean")
            assert len(rows) == 3
            total = rows[-1]
            assert total["need.total"] == round(float(need.sum()))
            short = round(float((need - supply).sum()))
            assert total["supply.total"] == total["source.total"] == round(float(need.sum())) - short
            assert total["short_share"] == pytest.approx(1.0 - supply.sum() / need.sum(), abs=5.1e-4)
            for row, zone in zip(rows, ("town", "country"), strict=False):
                for sector in dict.fromkeys(sectors):
                    members = (zones == zone) & (sectors == sector)
                    assert abs(row[f"need.{sector}"] - need[members].sum()) < 1.0
                    assert abs(row[f"supply.{sector}"] - supply[members].sum()) < 1.0
                    assert row[f"supply.{sector}"] <= row[f"need.{sector}"]


def test_years_that_stand_for_guarantee_rates_are_real(city, swept):
    """The year at P: every volume of one year of one realization, with m / (n + 1) the empirical frequency."""
    with xr.open_dataset(city / "sweep" / "results.nc") as file:
        ids = list(file["scenario_id"].values.astype(str))
        own = file.isel(scenario=ids.index("2035-as_is-none-record"))
        need, supply = (own[f"yearly_water_{of}"].sum("demand").values for of in ("demand", "supply"))
        gap = need - supply
        count = gap.size
        for label, wanted in (("50%", 0.5), ("75%", 0.75), ("95%", 0.95)):
            total = lines(one(swept, "T1"), "2035", label)[-1]
            realization, year = (int(part.split()[-1]) for part in total["picked"].en.split(","))
            place = (list(own["realization"].values).index(realization), list(own["year"].values).index(year))
            assert total["need.total"] == round(need[place])
            assert total["supply.total"] == round(need[place]) - round(gap[place])
            better = int((gap < gap[place] - 1e-6).sum())
            alike = int((np.abs(gap - gap[place]) <= 1e-6).sum())
            rank = int(np.ceil(wanted * (count + 1) - 1e-9))
            assert better < rank <= better + alike
        assert not lines(one(swept, "T1"), "2035", "97%")  # 30 years support 95 %, not 97 %
    assert any("97%" in note.en for note in one(swept, "T1").notes)


def test_overview_tells_every_scenario(city, swept):
    sheet = one(swept, "T1b")
    with xr.open_dataset(city / "sweep" / "results.nc") as file:
        need = file["mean_annual_demand"].sum("demand").mean("realization").values
        supply = file["mean_annual_supply"].sum("demand").mean("realization").values
    assert sorted(sheet.values("need")) == sorted(np.round(need).tolist())
    assert sorted(sheet.values("supply")) == sorted((np.round(need) - np.round(need - supply)).tolist())
    assert sum(row.total for row in sheet.rows) == 3


def test_allocation_agrees_with_the_balance_table(swept):
    """T5 and T1 print the same supply of every zone and source family."""
    t1, t5 = one(swept, "T1"), one(swept, "T5")
    for label in ("Mean", "95%"):
        whole = lines(t1, "2035", label)
        parts = [row for row in lines(t5, "2035", label) if row["user"].en in ("Subtotal", "Total")]
        assert [row["source.total"] for row in parts] == [row["supply.total"] for row in whole]
        assert [row["source.reclaimed"] for row in parts] == [row["source.reclaimed"] for row in whole]


def test_users_and_sources_add_up_to_the_balance_table(city, swept):
    """T5 by user is T1 by zone and sector, and T5 by source is T1 by family, as the model file has them."""
    t1, t5 = one(swept, "T1"), one(swept, "T5")
    with netcdf.open_result(city / "sweep" / "results.nc") as file:
        zone = dict(zip(file["zone_name_en"].values.tolist(), file["zone_id"].values.tolist(), strict=True))
        own = zip(file["demand_zone"].values.tolist(), file["demand_name_en"].values.tolist(), strict=True)
        sector = dict(zip(own, file["demand_sector"].values.tolist(), strict=True))
        family = {
            id: spec["type"] for id, spec in json.loads(file.attrs["waterbal_config"])["sources"].items()
        }
    compared = 0
    for label in ("Mean", "95%"):
        for whole in lines(t1, "2035", label)[:-1]:
            rows = [row for row in lines(t5, "2035", label) if row["zone"].en == whole["zone"].en]
            users = [row for row in rows if row["user"].en != "Subtotal"]
            columns = [key for key in users[0] if key.startswith("source.") and key != "source.total"]
            for name in {key for key in whole if key.startswith("supply.") and key != "supply.total"}:
                mine = [r for r in users if f"supply.{sector[zone[r['zone'].en], r['user'].en]}" == name]
                assert sum(row["source.total"] for row in mine) == whole[name]
                compared += whole[name] > 0.0
            for name in {key for key in whole if key.startswith("source.") and key != "source.total"}:
                mine = [key for key in columns if f"source.{family.get(key[7:], key[7:])}" == name]
                mine += [
                    key for key in columns if key[7:].startswith("inflow.") and name == "source.catchment"
                ]
                assert sum(row[key] for row in users for key in mine) == whole[name]
                compared += whole[name] > 0.0
    assert compared > 20


def test_forecast_gives_back_the_norms_of_the_model(swept):
    sheet = one(swept, "T3")
    ids = [column.id for column in sheet.columns]
    rows = [dict(zip(ids, row.cells, strict=True)) for row in sheet.rows]
    homes = [row for row in rows if row["sector"].en == "Residential" and row["zone"].en == "Town"]
    assert [row["amount"] for row in homes] == [25.0, 30.0, 35.0]  # model.yaml: 25 in 2025, 35 in 2035
    assert all(row["norm_net"] == pytest.approx(125.0, abs=0.11) for row in homes)
    assert all(row["efficiency"] == 0.91 for row in homes)  # network loss 0.09
    farms = [row for row in rows if row["sector"].en == "Irrigation" and row["zone"].en == "Country"]
    assert [row["amount"] for row in farms] == [14.0] * 3


def test_net_demand_of_irrigation_is_at_the_field(city, swept):
    """Net = gross x efficiency of model.yaml, and the totals and the ratio are of that."""
    model = yaml.safe_load((city / "city" / "model.yaml").read_text())
    used = float(model["demands"]["farms"]["efficiency"])
    loss = float(model["demands"]["households"]["network_loss"])
    assert 0.0 < used < 1.0 and "network_loss" not in model["demands"]["farms"]
    sheet = one(swept, "T3")
    ids = [column.id for column in sheet.columns]
    rows = [dict(zip(ids, row.cells, strict=True)) for row in sheet.rows]
    with xr.open_dataset(city / "sweep" / "results.nc") as file:
        names = list(file["scenario_id"].values.astype(str))
        demands = list(file["demand_id"].values.astype(str))
        for horizon in ("2025", "2030", "2035"):
            own = file.isel(scenario=names.index(f"{horizon}-as_is-none-record"))
            gross = own["yearly_water_demand"].mean(("realization", "year")).values
            factor = np.array([{"farms": used, "households": 1.0 - loss}.get(one, 1.0) for one in demands])
            mine = [row for row in rows if row["horizon"].zh == horizon]
            farms = next(r for r in mine if r["sector"].en == "Irrigation" and r["zone"].en == "Subtotal")
            asked = gross[demands.index("farms")]
            assert farms["need_net"] == pytest.approx(asked * used, abs=1.0)
            assert farms["efficiency"] == used
            assert farms["norm_net"] == pytest.approx(farms["norm_gross"] * used, abs=0.06)
            assert farms["norm_gross"] == pytest.approx(asked / 14.0, abs=0.06)  # 14 万亩
            assert mine[-1]["need_net"] == round(float((gross * factor).sum()))
            assert mine[-1]["efficiency"] == pytest.approx((gross * factor).sum() / gross.sum(), abs=5.1e-4)


def altered(city: Path, change) -> Sheet:
    """Make T3 of a run whose stored model is changed."""
    with opened([city / "balance.nc"]) as material:
        run = material.runs[0].copy()
        config = json.loads(run.attrs["waterbal_config"])
        change(config["demands"]["farms"])
        run.attrs["waterbal_config"] = json.dumps(config)
        return one(sheets(Material(runs=(run,))), "T3")


def test_efficiency_of_two_parts_and_by_year(city):
    def parts(farms):
        farms.pop("efficiency")
        farms |= {"field_efficiency": {"by_year": {"2025": 0.8, "2035": 0.9}}, "canal_efficiency": 0.7}

    sheet = altered(city, parts)  # the planning year of the run is 2030
    place = [row.cells[1].en for row in sheet.rows].index("Irrigation")
    assert sheet.rows[place].cells[sheet.column("efficiency")] == pytest.approx(0.85 * 0.7, abs=5.1e-4)


def test_net_demand_is_left_out_where_the_efficiency_is_not_known(city):
    def direct(farms):
        for key in ("area", "efficiency", "crops"):
            farms.pop(key)
        farms["need"] = {"annual": "3000 万m3/yr"}

    known, sheet = altered(city, lambda farms: None), altered(city, direct)
    net, gross = (sheet.values(f"need_{kind}") for kind in ("net", "gross"))
    sectors = [row.cells[1].en for row in sheet.rows]
    for sector, value, before in zip(sectors[:-1], net, known.values("need_net"), strict=False):
        assert (value is None) == (sector == "Irrigation")
        assert value is None or value == pytest.approx(before, abs=1.0)
    assert net[-1] is None and gross == known.values("need_gross")
    with xr.open_dataset(city / "balance.nc") as file:
        others = file["demand_sector"].values.astype(str) != "irrigation"
        used, asked = (
            float(file[name].isel(scenario=0, realization=0).values[others].sum())
            for name in ("water_demand_net", "water_demand")
        )
    assert sheet.values("efficiency")[-1] == pytest.approx(used / asked, abs=5.1e-4)
    assert any("efficiency is not known" in note.en and "示例城市" in note.zh for note in sheet.notes)
    assert not any("efficiency is not known" in note.en for note in known.notes)


def test_what_is_available_is_no_more_than_the_quotas_of_a_source_grant(city, swept):
    """River and wells of the starter city have a quota each: the volumes of model.yaml cap every year."""
    model = yaml.safe_load((city / "city" / "model.yaml").read_text())
    granted = {
        of: float(quota["volume"].split()[0]) for quota in model["quotas"].values() for of in quota["of"]
    }
    assert set(granted) == {"river", "wells"}
    sheet = one(swept, "T4")
    ids = [column.id for column in sheet.columns]
    rows = [dict(zip(ids, row.cells, strict=True)) for row in sheet.rows]
    with xr.open_dataset(city / "sweep" / "results.nc") as file:
        own = file.isel(scenario=list(file["scenario_id"].values.astype(str)).index("2035-as_is-none-record"))
        could = own["yearly_source_available"].values[:, 0]
        took = own["yearly_source_withdrawal"].values[:, 0]
        pumps = np.nanmin(own["yearly_aquifer_limit"].values[:, 0], axis=1)
    river, wells = (
        next(r for r in rows if r["horizon"].zh == "2035" and r["source"].en == name)
        for name in ("North River", "Wells")
    )
    assert river["limit.legal"] == granted["river"] and wells["limit.legal"] == granted["wells"]
    expected = np.minimum(could, np.maximum(took, granted["river"])).mean()
    assert river["available"] == round(float(expected)) < round(float(could.mean()))
    assert wells["available"] == round(float(np.minimum(pumps, granted["wells"]).mean()))
    assert "6,500" in river["quotas"].zh and "共用" not in river["quotas"].zh
    assert "再生水按进入再生水厂并处理的水量计，未扣回收率、利用率" in sheet.notes[0].zh
    assert (
        "the inflow that the works process, before recovery, use rate and season: an upper bound"
        in sheet.notes[0].en
    )


def test_a_note_says_where_roads_are_washed_too(city):
    with opened([city / "balance.nc"]) as material:
        run = material.runs[0].copy()
    config = json.loads(run.attrs["waterbal_config"])
    plain = one(sheets(Material(runs=(run,))), "T3")
    config["demands"]["parks"] |= {"road_area": "2 km2", "road_depth": "300 mm/yr"}
    run.attrs["waterbal_config"] = json.dumps(config)
    washed = one(sheets(Material(runs=(run,))), "T3")
    assert [n.zh for n in washed.notes if n not in plain.notes] == [
        n.zh for n in washed.notes if "道路浇洒" in n.zh
    ]
    assert len(washed.notes) == len(plain.notes) + 1


def test_without_a_planning_year_the_forecast_has_what_is_the_same_in_all_years(city):
    with opened([city / "balance.nc"]) as material:
        run = material.runs[0].load()
    run = run.assign_coords(planning_year=("time", run["time"].dt.year.values))
    sheet = one(sheets(Material(runs=(run,))), "T3")
    ids = [column.id for column in sheet.columns]
    rows = [dict(zip(ids, row.cells, strict=True)) for row in sheet.rows if row.cells[0].en == "–"]
    amounts = {row["sector"].en: row["amount"] for row in rows if row["zone"].en != "Subtotal"}
    assert amounts["Irrigation"] == 14.0  # the same in all years
    assert amounts["Residential"] is None  # by year
    assert not any("cannot be read" in note.en for note in sheet.notes)


def test_two_studies_of_one_year_are_told_apart(city):
    with opened([city / "capacity.nc"]) as material:
        first = material.capacities[0].load()
    second = first.copy()
    second.attrs |= {"title": "Other study", "title_zh": "另一研究"}
    alone = sheets(Material(capacities=(first,)))
    assert {cell.en for cell in one(alone, "T8").values("horizon")} == {"2035"}
    both = sheets(Material(capacities=(first, second)))
    told = one(both, "T8").values("horizon")
    assert [cell.zh for cell in told[len(told) // 2 :]] == ["2035（另一研究）"] * (len(told) // 2)
    assert {cell.en for cell in told} == {f"2035 ({first.attrs['title']})", "2035 (Other study)"}
    same = sheets(Material(capacities=(first, first)))
    assert len({cell.zh for cell in one(same, "T8").values("horizon")}) == 2
    pages = [Subject(Material(capacities=of), "zh") for of in ((first,), (first, second))]
    titles = [
        [block.title for block in carrying.carrying(page).blocks if isinstance(block, Grid)] for page in pages
    ]
    assert [title for title in titles[1] if title.endswith("另一研究")][:2] == [
        f"{title}——另一研究" for title in titles[0][:2]
    ]
    leads = [[b.lines for b in verdict.section(page).blocks if isinstance(b, Text)] for page in pages]
    assert ["另一研究"] in leads[1] and ["另一研究"] not in leads[0]


def with_load(found, version):
    """Add a load state, as a model with ``capacity: load`` has it."""
    names = {
        f"load_{part}_name_{language}": ("load", ["W"])
        for part in ("element", "band")
        for language in ("zh", "en")
    }
    told = found.assign({f"load_{part}": ("load", [value]) for part, value in
                         (("use", 8.0), ("limit", 10.0), ("value", 0.8))} | names)  # fmt: skip
    told = told.assign(load_element_id=("load", ["total.used"]))
    return told.assign_attrs(load_set="mwr", load_set_version=version, load_set_grade="found")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_and_parts_of_two_studies_name_them(city, language):
    with opened([city / "capacity.nc"]) as material:
        first = with_load(material.capacities[0].load(), "1")
    second = with_load(first, "2").assign_attrs(title="Other study", title_zh="另一研究")
    names = [str(one.attrs["title_zh" if language == "zh" else "title"]) for one in (first, second)]
    both = Material(capacities=(first, second))
    found = sheets(both)
    for id in ("T2", "T2b", "T2c", "T2d"):
        pair = [one(found, f"{id}-{k}") for k in (1, 2)]
        assert [
            getattr(sheet.title, language).count(name) for sheet, name in zip(pair, names, strict=True)
        ] == [1, 1]
        assert all(name in getattr(sheet.notes[0], language) for sheet, name in zip(pair, names, strict=True))
    for id, column in (("T7", "object"), ("T9", "measure")):
        cells = [getattr(cell, language) for cell in one(found, id).values(column)]
        half = len(cells) // 2
        assert half and all(name in cell for part, name in zip((cells[:half], cells[half:]), names, strict=True)
                            for cell in part)  # fmt: skip
    told = [getattr(note, language) for note in one(found, "T7").notes]
    assert [name in note for note, name in zip(told[:2], names, strict=True)] == [True, True]

    alike = second.assign_attrs(load_set_version="1")
    pages = [Subject(Material(capacities=of), language) for of in ((first,), (alike, first))]
    for make in (carrying.carrying, carrying.limits, carrying.balances, states.section):
        alone, page = (make(subject).blocks for subject in pages)
        titles = [[getattr(b, "caption", "") or getattr(b, "title", "") for b in of] for of in (alone, page)]
        titles = [[title for title in of if title] for of in titles]
        half = len(titles[0])
        assert half and len(titles[1]) == 2 * half
        for k, title in enumerate(titles[1]):
            assert title.startswith(titles[0][k % half]) and title.endswith(
                names[1] if k < half else names[0]
            )


def test_a_note_says_that_residents_who_do_not_grow_are_counted(city):
    """Of 35 people 15 stay: the ratio is above the scale of the direction, which the note tells."""
    with opened([city / "capacity.nc"]) as material:
        found = material.capacities[0].load()
    ids, scale = found["driver_id"].values.tolist(), float(found["capacity_scale"].values[0, 0])
    assert 0.0 < scale < 0.99
    before = one(sheets(Material(capacities=(found,))), "T8")
    changed = found.copy(deep=True)
    plan = float(found["plan_amount"].values[0, ids.index("people")])
    changed["capacity_amount"].values[0, 0, ids.index("people")] = 15.0 + (plan - 15.0) * scale
    after = one(sheets(Material(capacities=(changed,))), "T8")
    new = [note.zh for note in after.notes if note not in before.notes]
    assert len(new) == 1 and "不随规模增长的人口" in new[0]


def test_balances_are_those_of_the_file(city, everything):
    sheet = one(everything, "T2")
    with xr.open_dataset(city / "capacity.nc") as file:
        need = file["balances_water_demand"].sum(("balances_zone", "balances_sector")).values
        supply = file["balances_water_supply"].sum(("balances_zone", "balances_sector")).values
        closed = file["balances_gap_closed"].sum("balances_measure").values
    totals = [row for row in sheet.rows if row.total]
    place = sheet.column("need.total")
    assert [row.cells[place] for row in totals] == np.round(need).ravel().tolist()
    place = sheet.column("supply.total")
    gap = np.round(need - supply)
    assert [row.cells[place] for row in totals] == (np.round(need) - gap).ravel().tolist()
    last = one(everything, "T2c").rows[-1].cells[2:]
    assert list(last) == np.tile(gap[0] - gap[-1], closed.shape[0]).tolist()
    assert last == pytest.approx(closed.ravel(), abs=2.0)


def test_all_tables_choose_the_same_years(everything):
    """The first balance of the starter city is its baseline, so that T2 has the years of T1, T4 and T5."""
    of = {}
    for id in ("T1", "T5", "T2", "T2b"):
        sheet = one(everything, id)
        first = sheet.columns[0].id == "balance"
        for row in sheet.rows:
            cells = dict(zip((column.id for column in sheet.columns), row.cells, strict=True))
            if row.cells[0].en == ("first balance" if first else "2035") and cells["picked"].en:
                of.setdefault(id, {})[cells["probability"].en] = cells["picked"].en
    assert of["T1"].keys() == {"50%", "75%", "95%"}
    assert of["T2"] == of["T2b"] == of["T1"]
    assert of["T5"] == {"95%": of["T1"]["95%"]}
    volumes = {
        id: {
            row.cells[one(everything, id).column("probability")].en: (
                row.cells[one(everything, id).column("need.total")],
                row.cells[one(everything, id).column("supply.total")],
            )
            for row in one(everything, id).rows
            if row.total and row.cells[0].en in ("first balance", "2035")
        }
        for id in ("T1", "T2")
    }
    assert volumes["T1"] == volumes["T2"]


def test_the_gap_at_p_is_that_of_one_year_in_every_balance(city, everything):
    """The file, the text and T2 tell the gap of the year that the first balance ranks; own ranks stand beside it."""
    with xr.open_dataset(city / "capacity.nc") as file:
        years = file["balances_water_shortage"].sum(("balances_zone", "balances_sector"))
        at = years.sel(balances_when=[b"p50", b"p75", b"p95"]).values
        assert file["balances_gap_quantile"].values == pytest.approx(at)
        own = file["balances_gap_quantile_own"].values
        assert own[0] == pytest.approx(at[0]) and (np.abs(own[1:] - at[1:]) > 1.0).any()
        assert "same year" in file["balances_gap_quantile"].attrs["long_name"]
        closed = file["balances_gap_closed"].sum("balances_measure").values
        assert closed[:, 1:] == pytest.approx(np.broadcast_to(at[0] - at[-1], closed[:, 1:].shape))
        table = capacity_extras.balances_table(file, "en")
    sheet = one(everything, "T2")
    place = sheet.column("gap")
    told = [[-row.cells[place] for row in sheet.rows if row.total][k::4][:3] for k in range(4)]
    for when, column in enumerate(list(table.columns)[3:]):
        printed = [float(str(cell).split(" (")[0].replace(",", "")) for cell in column.cells]
        assert printed == told[when]
        assert printed == pytest.approx(years.values[:, when], abs=1.0)
    assert "first balance" in str(table.title) and "first balance" in sheet.notes[1].en
    assert all(f"{value:,.0f}" in sheet.notes[2].en for value in own[:, 2])


def test_printed_figures_agree_across_tables_text_and_figures(city, everything):
    assert sheetkit.compare_demand_and_supply(everything) > 50
    with netcdf.open_result(city / "capacity.nc") as results:
        assert sheetkit.compare_balances(results, everything) > 20


def test_every_number_of_the_model_has_its_source(city, swept):
    sheet = one(swept, "T11")
    with xr.open_dataset(city / "sweep" / "results.nc") as file:
        assumed = json.loads(file.attrs["waterbal_assumed_inputs"])
    told = {cell.zh for cell in sheet.values("path")}
    assert set(assumed) <= told
    assert sheet.values("grade").count(next(c for c in sheet.values("grade") if c.en == "assumed")) >= len(
        assumed
    )


def test_worst_years_in_a_row(city, swept):
    with xr.open_dataset(city / "sweep" / "results.nc") as file:
        own = file.isel(scenario=list(file["scenario_id"].values.astype(str)).index("2035-as_is-none-record"))
        gap = own["yearly_water_shortage"].sum("demand").values
    rows = [row for row in one(swept, "T6b").rows if row.cells[0].zh == "2035"]
    place = one(swept, "T6b").column("balance")
    for row, span in zip(rows, (1, 3, 5), strict=True):
        worst = max(line[i : i + span].sum() for line in gap for i in range(line.size - span + 1))
        assert row.cells[place] == pytest.approx(-worst, abs=1.0)


def test_both_languages_have_the_same_numbers(everything):
    books = [
        openpyxl.load_workbook(io.BytesIO(workbook.made(everything, lang)), data_only=True)
        for lang in ("zh", "en")
    ]
    for zh, en in zip(*(book.worksheets[1:] for book in books), strict=True):
        numbers = [
            [(c.coordinate, c.value) for row in page for c in row if isinstance(c.value, int | float)]
            for page in (zh, en)
        ]
        assert numbers[0] == numbers[1], zh.title
    for sheet in everything:
        for text in (sheet.title, *(c.title for c in sheet.columns), *sheet.notes):
            assert text.zh and text.en, sheet.id


def test_tables_without_content_name_the_command():
    found = sheets(Material())
    assert [sheet.id for sheet in found] == [
        "T1",
        "T2",
        "T3",
        "T4",
        "T5",
        "T6",
        "T7",
        "T8",
        "T9",
        "T10",
        "T11",
    ]
    assert all("waterbal" in " ".join(note.en for note in sheet.notes) for sheet in found)
    assert len(openpyxl.load_workbook(io.BytesIO(workbook.made(found))).sheetnames) == 12


def test_an_admission_that_was_altered_is_refused():
    with pytest.raises(DataError, match="no register can be made"):
        sheets(Material(admissions=({"verdicts": [{"project": "x"}]},)))


def test_500_scenarios_take_seconds(city):
    with opened([city / "sweep" / "results.nc"]) as material:
        file = material.sweeps[0]
        many = file.isel(scenario=np.arange(500) % file.sizes["scenario"]).load()
    ids = [f"s{i}" for i in range(500)]
    many = many.assign_coords(scenario_id=("scenario", np.array(ids)))
    before = time.process_time()
    found = sheets(Material(sweeps=(many,)))
    content = workbook.made(found)
    assert time.process_time() - before < 10.0
    assert len(one(found, "T1b").rows) == 500 and len(content) < 2e6


def test_tracing_follows_loops_and_closes():
    """Two sources into a store and a loop between two works, against the mixture worked out by hand."""
    tails = ["a", "b", "lake", "p", "q", "p"]
    heads = ["lake", "lake", "p", "q", "p", "user"]
    flow = np.array([[6.0, 2.0, 8.0, 4.0, 4.0, 8.0]])
    found = trace(tails, heads, flow, {"a": {"a": flow[:, 0]}, "b": {"b": flow[:, 1]}})
    assert found.of_link(5, flow[:, 5]) == pytest.approx(np.array([[6.0, 2.0]]))
    own = {"a": {"a": flow[:, 0]}, "b": {"b": flow[:, 1]}, "q": {"returned": np.array([8.0])}}
    flow = np.array([[6.0, 2.0, 8.0, 4.0, 12.0, 16.0]])
    found = trace(tails, heads, flow, own)
    assert found.of_link(5, flow[:, 5]) == pytest.approx(np.array([[6.0, 2.0, 8.0]]))


def test_origins_add_up_to_every_supply(city):
    from waterbal.report.sheets.cases import cases
    from waterbal.report.sheets.origins import supplies

    with opened([city / "balance.nc"]) as material:
        case = cases(material)[0]
        traced = supplies(case)
        supply = material.runs[0]["water_supply"].isel(scenario=0, realization=0)
        yearly = supply.groupby("time.year").sum().transpose("year", "demand").values
        assert traced is not None
        assert traced.volume.sum(axis=2) == pytest.approx(yearly, rel=1e-12)
        assert (traced.volume >= -1e-9).all()
        wells = traced.volume[:, :, traced.origins.index("wells")].sum(axis=1)
        pumped = material.runs[0]["aquifer_pumping"].isel(scenario=0, realization=0, aquifer=0)
        most = pumped.groupby("time.year").sum().values
        assert (wells <= most + 1e-6).all() and (wells >= 0.9 * most).all()  # losses of works lie between


def test_register_of_admissions():
    """Every project has its verdict and tests; every comparison stands in the evidence with both sides."""
    compared = {
        "what": {"zh": "用水总量", "en": "total use"}, "value": 12.5, "relation": "<=", "limit": 10.0,
        "unit": "1e4 m3/yr", "met": False, "before": 9.0, "future": "2030", "source": "=1+1", "grade": "assumed",
    }  # fmt: skip
    verdict = {
        "project": "mill", "name": {"zh": "厂", "en": "Mill"}, "verdict": "refused", "intake": 3.456,
        "value_per_volume": None, "remedies": [], "condition": None, "grade": "derived", "start_year": 2028,
        "judged_from": 2030, "tests": [{"id": "caps", "status": "fail", "evidence": [compared], "reason": None}],
    }  # fmt: skip
    found = sheets(Material(admissions=({"verdicts": [verdict], "ledger": {"2030": 814.4}, "futures": []},)))
    register, evidence = one(found, "T10"), one(found, "T10b")
    assert register.values("intake") == [3.46] and register.values("verdict")[0].en == "refused"
    assert register.values("test.caps")[0].zh == "不通过" and register.values("test.norm") == [None]
    assert "814.4" in register.notes[0].en
    assert (evidence.values("value"), evidence.values("limit")) == ([12.5], [10.0])
    assert evidence.values("relation")[0].zh == "≤" and evidence.values("source")[0].zh == "=1+1"
