"""The BMI component: the contract of BMI 2.0, what is read and set, and what both lead to."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import bmipy
import cf_units
import numpy as np
import pytest

from waterbal import api, starter
from waterbal.bmi import GROUPS, WaterbalBmi
from waterbal.errors import ConfigError, InfeasibleError, UsageError
from waterbal.results.variables import REGISTRY

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "configs" / "library"
CITY = starter.MODEL


def start(path: Path | str = CITY) -> WaterbalBmi:
    bmi = WaterbalBmi()
    bmi.initialize(str(path))
    return bmi


@pytest.fixture
def city() -> WaterbalBmi:
    return start()


def names(bmi: WaterbalBmi) -> tuple[str, ...]:
    return (*bmi.get_input_var_names(), *bmi.get_output_var_names())


def value(bmi: WaterbalBmi, name: str, element: str) -> float:
    return float(bmi.get_value_ptr(name)[bmi.element_ids(name).index(element)])


def give(bmi: WaterbalBmi, name: str, element: str, new: float) -> None:
    bmi.set_value_at_indices(name, np.array([bmi.element_ids(name).index(element)]), np.array([new]))


def run_out(bmi: WaterbalBmi) -> dict[str, np.ndarray]:
    """Run to the end; every output, (step, element)."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in bmi.get_output_var_names()}
    while bmi.get_current_time() < bmi.get_end_time():
        bmi.update()
        for name, values in found.items():
            values.append(bmi.get_value_ptr(name).copy())
    return {name: np.array(values) for name, values in found.items()}


def of_file(path: Path, name: str, overrides: tuple[str, ...] = ()) -> np.ndarray:
    """A variable of a whole run, (step, element)."""
    return api.load(path, overrides).run()[name].values[0, 0].T


# ---------------------------------------------------------------- the contract


def test_it_is_a_bmi_with_all_its_functions(city):
    assert isinstance(city, bmipy.Bmi)
    assert not WaterbalBmi.__abstractmethods__
    assert city.get_component_name() == "waterbal"


def test_every_variable_is_described(city):
    assert city.get_input_item_count() == len(city.get_input_var_names()) == 7
    assert city.get_output_item_count() == len(city.get_output_var_names())
    assert len(set(names(city))) == len(names(city))
    for name in names(city):
        grid, pointer = city.get_var_grid(name), city.get_value_ptr(name)
        assert city.get_grid_type(grid) == "unstructured" and city.get_grid_rank(grid) == 1
        size = city.get_grid_size(grid)
        assert size == city.get_grid_node_count(grid) == len(city.element_ids(name)) == pointer.size > 0
        assert len(set(city.element_ids(name))) == size
        assert city.get_var_type(name) == "float64" and pointer.dtype == np.float64
        assert city.get_var_itemsize(name) == 8 and city.get_var_nbytes(name) == 8 * size
        assert city.get_var_location(name) == "node"
        cf_units.Unit(city.get_var_units(name))
        x = np.full(size, -1.0)
        assert city.get_grid_x(grid, x) is x and x.tolist() == list(range(size))
        assert city.get_grid_edge_count(grid) == city.get_grid_face_count(grid) == 0


def test_outputs_have_name_and_unit_of_a_result_file(city):
    own = {"return__return_flow_part"}
    for name in set(city.get_output_var_names()) - own:
        kind, quantity = name.split("__")
        assert REGISTRY[quantity].dims == (kind, "time")
        assert REGISTRY[quantity].units == city.get_var_units(name)


def test_values_are_copied_or_pointed_to(city):
    name = "demand__water_supply"
    pointer = city.get_value_ptr(name)
    city.update()
    assert city.get_value_ptr(name) is pointer and pointer.any()
    dest = np.zeros(pointer.size)
    assert city.get_value(name, dest) is dest
    assert np.array_equal(dest, pointer) and not np.shares_memory(dest, pointer)
    some = np.zeros(2)
    assert city.get_value_at_indices(name, some, np.array([3, 0])) is some
    assert some.tolist() == [pointer[3], pointer[0]]


def test_time_is_in_days_with_true_months(city):
    assert (city.get_start_time(), city.get_current_time(), city.get_time_units()) == (0.0, 0.0, "d")
    assert city.start_date == "2001-01-01"
    assert city.get_end_time() == 3652.0
    lengths = []
    for _ in range(12):
        lengths.append(city.get_time_step())
        city.update()
    assert lengths == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    city.update_until(365.0 + 365 + 365 + 31 + 29)  # 2004 is a leap year
    assert city.get_current_time() == 1155.0 and city.get_time_step() == 31.0
    city.update_until(1155.0)
    assert city.get_current_time() == 1155.0
    city.update_until(city.get_end_time())
    with pytest.raises(UsageError, match="no step left"):
        city.update()


@pytest.mark.parametrize("time", [45.0, 0.0, 31.5, 1e9, -1.0, float("nan")])
def test_a_step_is_not_divided_and_time_does_not_run_back(city, time):
    city.update()
    with pytest.raises(UsageError, match="no coming step ends"):
        city.update_until(time)
    assert city.get_current_time() == 31.0


def test_what_is_not_there_is_named(city):
    with pytest.raises(UsageError, match="did you mean 'demand__water_supply'"):
        city.get_value_ptr("demand__water_suply")
    for call in (
        city.get_var_grid,
        city.get_var_units,
        city.get_var_type,
        city.get_var_location,
        city.element_ids,
    ):
        with pytest.raises(UsageError, match="no variable 'water'"):
            call("water")
    with pytest.raises(UsageError, match="is an output"):
        city.set_value("demand__water_supply", np.zeros(5))
    with pytest.raises(UsageError, match="5 values"):
        city.set_value("demand__water_demand", np.zeros(1))
    with pytest.raises(UsageError, match="5 values"):
        city.get_value("demand__water_demand", np.zeros(6))
    with pytest.raises(UsageError, match="0 to 4"):
        city.set_value_at_indices("demand__water_demand", np.array([-1]), np.zeros(1))
    with pytest.raises(UsageError, match="no grid 99"):
        city.get_grid_size(99)
    with pytest.raises(UsageError, match="no grid"):
        city.get_grid_size(GROUPS.index("restriction"))  # the city has none
    for call in (
        city.get_grid_y,
        city.get_grid_z,
        city.get_grid_shape,
        city.get_grid_spacing,
        city.get_grid_origin,
    ):
        with pytest.raises(UsageError, match="a list of elements"):
            call(GROUPS.index("demand"), np.zeros(1))


def test_nothing_works_before_initialize_or_after_finalize():
    bmi = WaterbalBmi()
    with pytest.raises(UsageError, match="initialize"):
        bmi.update()
    bmi.initialize(str(CITY))
    bmi.update()
    bmi.finalize()
    for call in (bmi.update, bmi.get_current_time, bmi.get_end_time, bmi.get_input_var_names):
        with pytest.raises(UsageError, match="initialize"):
            call()
    bmi.initialize(str(CITY))
    assert bmi.get_current_time() == 0.0


def test_without_bmipy_the_extra_is_named():
    code = "import sys; sys.modules['bmipy'] = None; import waterbal.bmi"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "pip install 'waterbal[bmi]'" in done.stderr


# ---------------------------------------------------------------- what a run gives


@pytest.mark.parametrize(
    "path",
    [
        CITY,
        *(LIBRARY / f"{name}.yaml" for name in ("aquifer_tiers", "drought_restriction", "lake_and_river")),
    ],
    ids=lambda path: path.stem,
)
def test_outputs_are_those_of_a_whole_run(path):
    bmi = start(path)
    whole = api.load(path).run()
    found = run_out(bmi)
    assert found
    for name, values in found.items():
        quantity = name.split("__")[1]
        if quantity == "return_flow_part":
            users = [part.split(">")[0] for part in bmi.element_ids(name)]
            for i, id in enumerate(whole.demand_id.values.tolist()):
                parts = values[:, [k for k, user in enumerate(users) if user == id]].sum(axis=1)
                np.testing.assert_allclose(parts, whole.return_flow.values[0, 0, i], rtol=1e-12, atol=1e-12)
            continue
        assert list(bmi.element_ids(name)) == whole[f"{name.split('__')[0]}_id"].values.tolist()
        np.testing.assert_allclose(
            values.T, whole[quantity].values[0, 0], rtol=1e-13, atol=1e-11, err_msg=name
        )


def test_the_state_before_the_first_step_is_told():
    bmi = start(LIBRARY / "aquifer_tiers.yaml")
    assert value(bmi, "aquifer__groundwater_depth", "ground") == pytest.approx(5.0, rel=1e-14)
    assert value(bmi, "aquifer__groundwater_storage", "ground") == pytest.approx(
        100 * 0.05 * 7 * 100, rel=1e-14
    )
    assert value(start(LIBRARY / "quota_reserve.yaml"), "quota__quota_remaining", "q_river") == 1200.0


# ---------------------------------------------------------------- what is set


def changed_copy(folder: Path, model: str, changes: dict[tuple[str, str], float]) -> Path:
    """A copy of a library model whose series have other values: (first part of the date, column) -> value."""
    shutil.copy(LIBRARY / model, folder / model)
    (folder / "data").mkdir()
    with (LIBRARY / "data" / "weather_daily.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    for (date, column), new in changes.items():
        for row in table:
            if row["date"].startswith(date):
                row[column] = repr(new)
    with (folder / "data" / "weather_daily.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    return folder / model


def test_river_flow_goes_through_the_intake(tmp_path):
    """Setting it is running with a series that holds the value: floor, share, gate and closing included."""
    days = {"2001-04-10": 251.0, "2001-04-11": 100.0, "2001-05-02": 5000.0}
    other = changed_copy(tmp_path, "daily_step.yaml", {(day, "river_m3s"): new for day, new in days.items()})
    bmi = start(LIBRARY / "daily_step.yaml")
    assert bmi.get_var_units("river__river_flow") == "m3 s-1"
    found = []
    for t in range(200):
        new = days.get(str(np.datetime64("2001-01-01") + t))
        if new is not None:
            bmi.set_value("river__river_flow", np.array([new]))
        bmi.update()
        found.append(value(bmi, "source__source_withdrawal", "intake"))
    expected = of_file(other, "source_withdrawal")[:200, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert not np.allclose(expected, of_file(LIBRARY / "daily_step.yaml", "source_withdrawal")[:200, 0])


def test_weather_goes_through_all_that_it_drives(tmp_path):
    """From the first day of a month, whose sums of rain and evaporation set the need of its days."""
    changes = {("2001-04-01", "rain_mm"): 40.0, ("2001-05-01", "et0_mm"): 9.0}
    other = changed_copy(tmp_path, "daily_step.yaml", changes)
    bmi = start(LIBRARY / "daily_step.yaml")
    names = ("water_supply", "storage_volume", "evaporation", "rain_on_store")
    found: dict[str, list[float]] = {name: [] for name in names}
    for t in range(200):
        if t == 90:
            bmi.set_value("zone__rain", np.array([40.0]))
        if t == 120:
            bmi.set_value("zone__reference_evapotranspiration", np.array([9.0]))
        bmi.update()
        for name, values in found.items():
            kind = "demand" if name == "water_supply" else "store"
            values.append(float(bmi.get_value_ptr(f"{kind}__{name}")[0]))
    plain = api.load(LIBRARY / "daily_step.yaml").run()
    whole = api.load(other).run()
    for name, values in found.items():
        expected = whole[name].values[0, 0, 0, :200]
        np.testing.assert_allclose(values, expected, rtol=1e-11, atol=1e-11, err_msg=name)
        assert not np.allclose(expected, plain[name].values[0, 0, 0, :200]), name


def test_runoff_given_as_volumes_can_be_set_as_flow():
    bmi = start()
    own = value(bmi, "river__river_flow", "river")
    runoff = api.load(CITY).series["runoff"][0]
    assert own == pytest.approx(runoff * 1e4 / (31 * 86_400), rel=1e-13)
    give(bmi, "river__river_flow", "river", own / 2)
    assert value(bmi, "river__river_flow", "river") == own / 2
    bmi.update()
    available = runoff / 2 * (1 - 0.2)  # less what stays in the river
    assert value(bmi, "source__source_available", "river") == pytest.approx(
        min(available, 40 * 31), rel=1e-12
    )


def test_what_is_set_counts_for_one_step(city):
    plain = start()
    own = city.get_value_ptr("demand__water_demand").copy()
    city.set_value("demand__water_demand", 0.5 * own)
    city.update()
    plain.update()
    np.testing.assert_allclose(city.get_value_ptr("demand__water_supply"), 0.5 * own, rtol=1e-12)
    for name in city.get_input_var_names():
        np.testing.assert_array_equal(city.get_value_ptr(name), plain.get_value_ptr(name), err_msg=name)


def test_an_input_can_be_written_in_place(city):
    pointer = city.get_value_ptr("demand__water_demand")
    pointer[0] = 0.0
    city.update()
    assert value(city, "demand__water_supply", city.element_ids("demand__water_demand")[0]) == 0.0
    assert city.get_value_ptr("demand__water_demand") is pointer and pointer[0] > 0.0


def test_setting_the_models_own_values_changes_not_a_bit():
    plain, set_ = start(LIBRARY / "two_reservoirs.yaml"), start(LIBRARY / "two_reservoirs.yaml")
    while plain.get_current_time() < plain.get_end_time():
        for name in set_.get_input_var_names():
            set_.set_value(name, plain.get_value_ptr(name).copy())
        plain.update()
        set_.update()
        for name in names(plain):
            assert np.array_equal(plain.get_value_ptr(name), set_.get_value_ptr(name)), name


def test_recharge_and_inflow_are_water():
    plain, more = start(), start()
    before = value(more, "store__storage_volume", "lake")
    give(more, "aquifer__aquifer_recharge", "wells", value(more, "aquifer__aquifer_recharge", "wells") + 70.0)
    give(more, "store__store_inflow", "lake", 55.0)
    plain.update()
    more.update()
    gain = value(more, "aquifer__groundwater_storage", "wells") - value(
        plain, "aquifer__groundwater_storage", "wells"
    )
    pumped = value(plain, "aquifer__aquifer_pumping", "wells") - value(
        more, "aquifer__aquifer_pumping", "wells"
    )
    assert gain == pytest.approx(70.0 + pumped, rel=1e-9)
    # the store, from what is read alone: what came in is what went out, was kept or evaporated
    links, flow = more.element_ids("link__link_flow"), more.get_value_ptr("link__link_flow")
    into = 0.97 * flow[links.index("river_lake")]
    out = sum(flow[i] for i, link in enumerate(links) if link.startswith("lake_"))
    kept = value(more, "store__storage_volume", "lake") - before
    fate = sum(value(more, f"store__{name}", "lake") for name in ("evaporation", "seepage", "spill"))
    rain = value(more, "store__rain_on_store", "lake")
    assert 55.0 + into + rain == pytest.approx(out + kept + fate, abs=1e-9)


def test_what_a_source_has_can_be_set():
    bmi = start(LIBRARY / "daily_step.yaml")
    bmi.update_until(100.0)
    give(bmi, "source__source_limit_hydrology", "intake", 1.5)
    bmi.update()
    assert value(bmi, "source__source_available", "intake") == pytest.approx(1.5, rel=1e-14)
    give(bmi, "source__source_limit_hydrology", "intake", 1e6)  # the gate still holds
    bmi.update()
    assert value(bmi, "source__source_available", "intake") == pytest.approx(3 * 8.64, rel=1e-12)


def test_a_need_beyond_the_plan_is_served_but_nothing_was_kept_for_it():
    """With a yearly quota of 1200 and residents planned at 2 a day, a doubled need comes at the farm's cost."""
    plain, more = start(LIBRARY / "quota_reserve.yaml"), start(LIBRARY / "quota_reserve.yaml")
    for _ in range(3):
        plain.update()
        own = value(more, "demand__water_demand", "residents")
        give(more, "demand__water_demand", "residents", 2 * own)
        kept = [bmi.run.stepper.forcing.planned_need.copy() for bmi in (plain, more)]
        more.update()
        assert np.array_equal(*kept)
        assert value(more, "demand__water_supply", "residents") == pytest.approx(2 * own, rel=1e-12)
    np.testing.assert_array_equal(
        plain.run.stepper.last("reserve_need"), more.run.stepper.last("reserve_need")
    )
    used = [value(bmi, "quota__quota_remaining", "q_river") for bmi in (plain, more)]
    assert used[1] < used[0]


def test_wrong_water_is_refused_all_at_once_and_nothing_moves(city):
    give(city, "demand__water_demand", "farms", -1.0)
    give(city, "store__store_inflow", "lake", float("nan"))
    give(city, "zone__rain", "town", float("inf"))
    with pytest.raises(UsageError) as caught:
        city.update()
    assert {issue.where for issue in caught.value.issues} == {
        "water_demand.farms", "store_inflow.lake", "rain.town",
    }  # fmt: skip
    assert city.get_current_time() == 0.0
    give(city, "demand__water_demand", "farms", 1.0)
    give(city, "store__store_inflow", "lake", 0.0)
    give(city, "zone__rain", "town", 0.0)
    city.update()
    assert city.get_current_time() == 31.0


def test_weather_that_is_in_the_program_is_refused(tmp_path):
    """A lake that hands on a share which depends on rain, to a place whose water is used again."""
    model = tmp_path / "lake.yaml"
    model.write_text(LAKE)
    (tmp_path / "data").mkdir()
    shutil.copy(LIBRARY / "data" / "weather_daily.csv", tmp_path / "data")
    bmi = start(model)
    bmi.update()
    give(bmi, "zone__rain", "town", 33.0)
    with pytest.raises(UsageError, match="returned share follows"):
        bmi.update()


LAKE = """
schema_version: 1
name: {zh: 湖, en: Lake}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2001-12, step: month}
zones: {town: {}}
series:
  rain: {file: data/weather_daily.csv, column: rain_mm, units: mm, kind: depth}
  et0: {file: data/weather_daily.csv, column: et0_mm, units: mm, kind: depth}
climate: {rain: rain, et0: et0}
sources:
  river: {type: catchment, zone: town, runoff: 10 万m3/d}
works:
  reach: {type: junction, outlet: true}
links:
  fill: {from: river, to: lake}
  fresh: {from: river, to: town_park}
  down: {from: reach, to: town_park}
demands:
  lake:
    type: lake_ecology
    zone: town
    area: 3 km2
    evaporation_factor: 1.1
    exchange: 2000 mm/yr
    flows_on: {to: reach, share: 1}
  town_park: {type: public, zone: town, need: 1 万m3/d}
priorities:
  - demands: [lake_ecology]
  - demands: [public]
reserve: {mode: none}
"""


def test_an_infeasible_step_names_the_constraint(tmp_path):
    bmi = start(LIBRARY / "minimum_flow.yaml")
    bmi.update()
    bmi.set_value("river__river_flow", np.array([0.1]))
    with pytest.raises(InfeasibleError, match=r"links\.reach.*2001-02-01"):
        bmi.update()
    with pytest.raises(UsageError, match="no step left"):
        bmi.update()


# ---------------------------------------------------------------- which run


def test_a_file_may_name_model_overrides_and_realization(tmp_path):
    (tmp_path / "setup.yaml").write_text(f"model: {CITY}\noverrides: ['demands.households.people=10 万人']\n")
    bmi = start(tmp_path / "setup.yaml")
    bmi.update()
    supply = of_file(CITY, "water_supply", ("demands.households.people=10 万人",))
    np.testing.assert_allclose(bmi.get_value_ptr("demand__water_supply"), supply[0], rtol=1e-12)
    (tmp_path / "setup.yaml").write_text(f"model: {ROOT / 'configs/jinan/model.yaml'}\nrealization: 1\n")
    one = start(tmp_path / "setup.yaml")
    assert one.run.case.realization == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: m.yaml\noverride: [a=1]\n", r"setup\.yaml:2:1: .*did you mean 'overrides'"),
        ("model: m.yaml\nrealization: -1\n", r"setup\.yaml:2:.*realization"),
        ("model: 3\n", r"setup\.yaml:1:"),
        ("model: m.yaml\n", r"m\.yaml"),
    ],
)
def test_a_wrong_setup_is_told_with_its_place(tmp_path, text, message):
    (tmp_path / "setup.yaml").write_text(text)
    with pytest.raises((ConfigError, UsageError), match=message):
        start(tmp_path / "setup.yaml")


def test_a_realization_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "setup.yaml").write_text(f"model: {CITY}\nrealization: 5\n")
    with pytest.raises(UsageError, match="no realization 5"):
        start(tmp_path / "setup.yaml")


# ---------------------------------------------------------------- the real judge


@pytest.mark.peers
def test_bmi_tester_passes(tmp_path):
    program = shutil.which(
        "bmi-test", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    assert program, "bmi-test is not installed: run `make test-peers`"
    folder = tmp_path / "files"
    folder.mkdir()
    for file in starter.MODEL.parent.iterdir():
        if file.is_file() and file.suffix in (".yaml", ".csv"):
            shutil.copy(file, folder)
    command = [
        program,
        "waterbal.bmi:WaterbalBmi",
        "--config-file",
        starter.MODEL.name,
        "--root-dir",
        str(folder),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "passed" in done.stdout and "failed" not in done.stdout
