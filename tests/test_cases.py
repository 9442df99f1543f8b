"""Worked examples with known answers, as small models run through the public API.

Each case names where its numbers come from; none of them was written from the engine's own output.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import waterbal
from waterbal import outputs
from waterbal.api import rebuild
from waterbal.errors import DataError, InfeasibleError, UsageError
from waterbal.results import netcdf

HEAD = """\
schema_version: 1
id: case
name: {zh: 算例, en: Worked example}
provenance: {source: worked example, grade: assumed}
time: {start: 2001-01, end: 2001-12, step: month}
zones: {town: {}}
climate: {rain: 0 mm/d, et0: 0 mm/d}
reserve: {mode: none}
"""


@pytest.fixture
def run(tmp_path: Path):
    """Run a model given as text."""

    def runner(text: str, *overrides: str, head: str = HEAD):
        path = tmp_path / "model.yaml"
        path.write_text(head + text, encoding="utf-8")
        return waterbal.load(path, overrides).run()

    return runner


def per_day(dataset, variable: str, element: str, name: str) -> np.ndarray:
    """Mean daily volume of one element in every step [1e4 m3/d]."""
    at = [str(id) for id in dataset[f"{element}_id"].values.astype(str)].index(name)
    volumes = dataset[variable].isel({element: at, "scenario": 0, "realization": 0}).values
    bounds = dataset["time_bnds"].values.astype("datetime64[D]")
    return volumes / (bounds[:, 1] - bounds[:, 0]).astype(float)


def of(dataset, variable: str, element: str, name: str) -> float:
    """One number of an element that does not change in time."""
    at = [str(id) for id in dataset[f"{element}_id"].values.astype(str)].index(name)
    return float(dataset[variable].isel({element: at}).values.squeeze())


ONE_SOURCE = """\
sources: {river: {type: catchment, zone: town, runoff: 1000 万m3/d}}
links: {pipe: {from: river, to: users}}
priorities: [{demands: [users]}]
"""


def test_gross_need_from_net_need(run):
    """1e6 people, 120 L/(person d), leakage 9 % of system input: 4380 net, 4813.19 gross."""
    demand = (
        "demands: {users: {type: residential, zone: town, people: 100 万人, norm: 120 L/(person d),\n"
        "  network_loss: 0.09}}\n"
    )
    dataset = run(ONE_SOURCE + demand)
    assert dataset["water_demand_net"].sum().item() == pytest.approx(4380.0, abs=0.01)
    assert dataset["water_demand"].sum().item() == pytest.approx(4813.19, abs=0.01)


def test_intensity_declines_to_its_floor(run):
    """20 m3 per 1e4 yuan falling 5 % a year is 11.9747 after ten years."""
    demand = (
        "demands: {users: {type: industry, zone: town, value_added: 1 亿元,\n"
        "  intensity: {from: 2001, initial: 20 m3/万元, decline: 0.05}}}\n"
    )
    dataset = run(ONE_SOURCE + demand, "time.planning_year=2011")
    assert dataset["water_demand"].sum().item() == pytest.approx(11.9747, abs=1e-4)


def test_a_lake_loses_what_evaporates_and_seeps(run):
    """5 km2, evaporation 1000 mm, rain 600 mm, seepage 2 mm/d over a year of 365 days: 565."""
    head = HEAD.replace(
        "climate: {rain: 0 mm/d, et0: 0 mm/d}",
        f"climate: {{rain: {600 / 365!r} mm/d, et0: {1000 / 365!r} mm/d}}",
    )
    demand = "demands: {users: {type: lake_ecology, zone: town, area: 5 km2, evaporation_factor: 1, seepage: 2 mm/d}}\n"
    dataset = run(ONE_SOURCE + demand, head=head)
    assert dataset["water_demand"].sum().item() == pytest.approx(565.0, abs=0.01)


def test_requirement_with_loss_and_leakage_to_groundwater(run):
    """WEAP: 44.8 at 45 % loss needs 81.4545. WSIMOD: 5 at 20 % withdraws 6.25, of which 1.25 leaks."""
    demand = "demands: {users: {type: public, zone: town, need: 44.8 万m3/d, network_loss: 0.45}}\n"
    assert per_day(run(ONE_SOURCE + demand), "water_supply", "demand", "users")[0] == pytest.approx(
        81.4545, abs=1e-4
    )
    text = """\
sources:
  river: {type: catchment, zone: town, runoff: 1000 万m3/d}
  ground: {type: aquifer, zone: town, area: 1000 km2, specific_yield: 0.1, initial_depth: 5 m, floor_depth: 50 m,
    wells: 0 万m3/d}
links: {pipe: {from: river, to: users}, unused: {from: ground, to: users}}
demands:
  users: {type: public, zone: town, people: 100 万人, norm: 50 L/(person d), network_loss: 0.2, leakage_to: ground,
    leakage_share: 1}
priorities: [{demands: [users]}]
"""
    dataset = run(text)
    assert per_day(dataset, "source_withdrawal", "source", "river") == pytest.approx(np.full(12, 6.25))
    recharge = dataset["groundwater_recharge"].isel(aquifer=0).values.squeeze()
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    assert recharge / days == pytest.approx(np.full(12, 1.25))


def test_stranded_water(run):
    """Preference order alone strands the reclaimed water; the lexicographic optimum does not."""
    text = """\
sources:
  reuse: {type: catchment, zone: town, runoff: 5 万m3/d, cost: 2 元/m3}
  wells: {type: catchment, zone: town, runoff: 10 万m3/d, cost: 1 元/m3}
links:
  reuse_factory: {from: reuse, to: factory}
  wells_factory: {from: wells, to: factory}
  wells_people: {from: wells, to: people}
demands:
  factory: {type: industry, zone: town, need: 5 万m3/d}
  people: {type: residential, zone: town, need: 10 万m3/d}
priorities: [{demands: [factory]}, {demands: [people]}]
"""
    dataset = run(text)
    assert per_day(dataset, "water_supply", "demand", "factory") == pytest.approx(np.full(12, 5.0))
    assert per_day(dataset, "water_supply", "demand", "people") == pytest.approx(np.full(12, 10.0))


def test_quality_matching(run):
    """Clean 70, reclaimed 40, potable need 60, green need 40: nobody is short even if green comes first."""
    text = """\
sources:
  clean: {type: catchment, zone: town, runoff: 70 万m3/d}
  reused: {type: catchment, zone: town, runoff: 40 万m3/d, cost: 1 元/m3}
links:
  clean_people: {from: clean, to: people}
  clean_green: {from: clean, to: parks}
  reused_green: {from: reused, to: parks}
demands:
  people: {type: residential, zone: town, need: 60 万m3/d}
  parks: {type: green, zone: town, need: 40 万m3/d}
priorities: [{demands: [parks]}, {demands: [people]}]
"""
    assert run(text)["water_shortage"].sum().item() == pytest.approx(0.0, abs=1e-9)


def shared(needs: list[float], supply: float, sharing: str) -> str:
    names = "abcdefgh"[: len(needs)]
    links = "".join(f"  to_{n}: {{from: river, to: user_{n}}}\n" for n in names)
    demands = "".join(
        f"  user_{n}: {{type: industry, zone: town, need: {need} 万m3/d}}\n"
        for n, need in zip(names, needs, strict=True)
    )
    users = ", ".join(f"user_{n}" for n in names)
    return (
        f"sources: {{river: {{type: catchment, zone: town, runoff: {supply} 万m3/d}}}}\n"
        f"links:\n{links}demands:\n{demands}priorities: [{{demands: [{users}], sharing: {sharing}}}]\n"
    )


@pytest.mark.parametrize(
    ("needs", "supply", "sharing", "expected"),
    [
        ([30, 25, 15, 80], 120, "first_listed", [30, 25, 15, 50]),
        ([30, 25, 15, 80], 120, "equal_share", [24, 20, 12, 64]),
        # Keshav, An Engineering Approach to Computer Networking, 1997, pp. 215-217
        ([2, 2.6, 4, 5], 10, "equal_volume", [2, 2.6, 2.7, 2.7]),
        ([2, 2.6, 4, 5], 10, "equal_share", [1.470588, 1.911765, 2.941176, 3.676471]),
    ],
)
def test_sharing_rules(run, needs, supply, sharing, expected):
    dataset = run(shared(needs, supply, sharing))
    for name, value in zip("abcd", expected, strict=True):
        assert per_day(dataset, "water_supply", "demand", f"user_{name}") == pytest.approx(
            np.full(12, value), rel=1e-6
        )


def test_senior_and_junior_rights(run):
    """StateMod manual, section 3.1: inflow 25, A takes 6 and B 19; with a reservoir B gets 20."""
    text = """\
sources: {river: {type: catchment, zone: town, runoff: 25 万m3/d}}
works: {reach: {type: junction, outlet: true}}
links:
  head: {from: river, to: reach}
  to_a: {from: reach, to: a, capacity: 12 万m3/d}
  to_b: {from: reach, to: b, capacity: 30 万m3/d}
demands:
  a: {type: irrigation, zone: town, need: 6 万m3/d,
    tiers: [{label: senior, share: 0.66666666666666663}, {label: junior, share: 0.33333333333333337}]}
  b: {type: irrigation, zone: town, need: 20 万m3/d,
    tiers: [{label: senior, share: 0.5}, {label: junior, share: 0.5}]}
priorities:
  - demands: [b/senior]
  - demands: [a/senior]
  - demands: [a/junior]
  - demands: [b/junior]
"""
    dataset = run(text)
    assert per_day(dataset, "water_supply", "demand", "a") == pytest.approx(np.full(12, 6.0))
    assert per_day(dataset, "water_supply", "demand", "b") == pytest.approx(np.full(12, 19.0))
    store = """\
stores:
  lake: {type: reservoir, zone: town, capacity: 1000 万m3, dead: 0 万m3, shape: {full_area: 1 km2, exponent: 0},
    initial: 1000 万m3, evaporation_factor: 1, seepage: 0 mm/d}
"""
    links = "links:\n  release: {from: lake, to: reach}\n"
    dataset = run(store + text.replace("links:\n", links, 1))
    assert per_day(dataset, "water_supply", "demand", "b") == pytest.approx(np.full(12, 20.0))


def test_reuse_loop_in_the_same_step(run):
    """100 of fresh water, 40 % of all use comes back reclaimed: total use 100 / (1 - 0.4)."""
    text = """\
sources:
  river: {type: catchment, zone: town, runoff: 100 万m3/d}
  plant: {type: reclaimed, zone: town, capacity: 1000 万m3/d, recovery: 0.5}
links: {fresh: {from: river, to: users}, reused: {from: plant, to: users}}
demands:
  users: {type: industry, zone: town, need: 900 万m3/d, returns: [{to: plant, share: 0.8}]}
priorities: [{demands: [users]}]
"""
    assert per_day(run(text), "water_supply", "demand", "users") == pytest.approx(
        np.full(12, 166.6666667), rel=1e-8
    )


@pytest.mark.parametrize(("storage", "yield_"), [(0, 0.0), (20, 5.0), (40, 10.0)])
def test_delivery_window_needs_storage(run, storage, yield_):
    """15 a month from October to May, none otherwise: the firm yield rises with storage, 40 carries 10."""
    head = HEAD.replace("start: 2001-01, end: 2001-12", "start: 2001-10, end: 2003-09")
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    open_months = (1, 2, 3, 4, 5, 10, 11, 12)
    flow = ", ".join(repr(15 / d) if m in open_months else "0" for m, d in enumerate(days, 1))
    need = ", ".join(repr(max(yield_, 1.0) / d) for d in days)
    text = f"""\
sources: {{yangtze: {{type: catchment, zone: town, runoff: {{by_month: [{flow}], unit: 万m3/d}}}}}}
stores:
  basin: {{type: reservoir, zone: town, capacity: {max(storage, 1e-9)} 万m3, dead: 0 万m3,
    shape: {{full_area: 0.01 km2, exponent: 0}}, initial: 0 万m3, evaporation_factor: 1, seepage: 0 mm/d,
    value: 1 元/m3}}
links:
  direct: {{from: yangtze, to: users}}
  into: {{from: yangtze, to: basin}}
  out: {{from: basin, to: users}}
demands: {{users: {{type: public, zone: town, need: {{by_month: [{need}], unit: 万m3/d}}}}}}
priorities: [{{demands: [users]}}]
"""
    dataset = run(text, head=head)
    short = dataset["water_shortage"].sum().item()
    if yield_ > 0.0:
        assert short == pytest.approx(0.0, abs=1e-6)
    else:
        assert short == pytest.approx(8.0, abs=1e-6)  # four closed months a year without a store


def test_take_or_pay(run):
    """Allotment 1000 at 0.8 fixed and 0.5 per m3 taken: 800 if nothing is taken, 1300 if all is."""
    for need, cost in ((0, 800.0), (1000, 1300.0)):
        text = f"""\
sources:
  yangtze: {{type: transfer, zone: town, capacity: 100 万m3/d, months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    allotment: 1000 万m3/yr, reset_month: 1, fixed_price: 0.8 元/m3, cost: 0.5 元/m3}}
links: {{pipe: {{from: yangtze, to: users}}}}
demands: {{users: {{type: public, zone: town, need: {{annual: {need} 万m3/yr}}}}}}
priorities: [{{demands: [users]}}]
"""
        assert run(text)["source_cost"].sum().item() == pytest.approx(cost, rel=1e-9)


def test_reliability_resilience_vulnerability(run, tmp_path):
    """Hashimoto et al. 1982 definitions; need 10, five failures in three events."""
    supply = [10, 10, 8, 6, 10, 10, 10, 9, 10, 5, 7, 10]
    (tmp_path / "supply.csv").write_text(
        "year,month,supply\n" + "".join(f"2001,{m},{v}\n" for m, v in enumerate(supply, 1)), encoding="utf-8"
    )
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    need = ", ".join(repr(10 / d) for d in days)
    text = f"""\
series: {{supply: {{file: supply.csv, column: supply, units: 万m3, kind: volume}}}}
sources: {{river: {{type: catchment, zone: town, runoff: {{series: supply}}}}}}
links: {{pipe: {{from: river, to: users}}}}
demands: {{users: {{type: public, zone: town, need: {{by_month: [{need}], unit: 万m3/d}}}}}}
priorities: [{{demands: [users]}}]
"""
    dataset = run(text)
    expected = {
        "reliability_step": 0.5833333,
        "reliability_volumetric": 0.875,
        "resilience": 0.6,
        "vulnerability_mean_event_maximum": 3.3333333,
        "vulnerability_maximum": 5.0,
    }
    for name, value in expected.items():
        assert of(dataset, name, "demand", "users") == pytest.approx(value, abs=1e-6), name


def test_annual_reliability_is_m_over_n_plus_1(run):
    """Thirty years without failure support 30/31, not 1."""
    head = HEAD.replace("end: 2001-12", "end: 2030-12")
    demand = "demands: {users: {type: public, zone: town, need: 1 万m3/d}}\n"
    assert of(run(ONE_SOURCE + demand, head=head), "reliability_annual", "demand", "users") == pytest.approx(
        30 / 31
    )


def test_rain_from_a_roof(run):
    """1 km2, coefficient 0.85, 600 mm in 40 events with 2 mm first flush each: at most 44.2."""
    head = HEAD.replace("climate: {rain: 0 mm/d,", f"climate: {{rain: {600 / 365!r} mm/d,")
    text = """\
sources:
  roofs: {type: rain_harvest, zone: town, area: 1 km2, runoff_coefficient: 0.85, first_flush: 2 mm, events: EVENTS}
links: {pipe: {from: roofs, to: users}}
demands: {users: {type: green, zone: town, need: 100 万m3/d}}
priorities: [{demands: [users]}]
"""
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    events = "[" + ", ".join(repr(40 * d / 365) for d in days) + "]"
    dataset = run(text.replace("EVENTS", events), head=head)
    assert dataset["water_supply"].sum().item() == pytest.approx(44.2, abs=0.01)


def test_an_impossible_minimum_names_its_link_and_where_it_is_written(run, tmp_path):
    text = """\
sources: {river: {type: catchment, zone: town, runoff: 10 万m3/d}}
works: {weir: {type: junction, outlet: true}}
links:
  reach: {from: river, to: weir, minimum: 12 万m3/d}
  pipe: {from: weir, to: users}
demands: {users: {type: public, zone: town, need: 1 万m3/d}}
priorities: [{demands: [users]}]
"""
    with pytest.raises(InfeasibleError) as caught:
        run(text)
    [issue] = caught.value.issues
    assert (issue.where, issue.line) == ("links.reach", 12)
    assert issue.file.endswith("model.yaml")


def test_a_result_never_replaces_a_file_that_is_none(run, tmp_path):
    demand = "demands: {users: {type: public, zone: town, need: 1 万m3/d}}\n"
    dataset = run(ONE_SOURCE + demand)
    result, foreign = tmp_path / "result.nc", tmp_path / "input.nc"
    netcdf.write(dataset, result)
    dataset[["water_supply"]].drop_attrs().to_netcdf(foreign)
    outputs.check(result)
    with pytest.raises(UsageError, match="no result of waterbal"):
        outputs.check(foreign)


def test_a_part_of_a_result_does_not_rebuild_a_run(run, tmp_path):
    demand = "demands: {users: {type: public, zone: town, need: 1 万m3/d}}\n"
    part = tmp_path / "part.nc"
    run(ONE_SOURCE + demand)[["water_supply"]].drop_attrs().to_netcdf(part)
    with pytest.raises(DataError):
        rebuild(part)


def test_a_value_from_the_command_line_is_an_assumption(tmp_path):
    jinan = Path(__file__).parent.parent / "configs" / "jinan" / "model.yaml"
    overrides = ["stores.rs_queshan.capacity=3000 万m3", "parameters.wt_linkong.capacity=20000 m3/d"]
    numbers = {entry.path: entry for entry in waterbal.load(jinan, overrides).model.assumptions()}
    changed = next(entry for path, entry in numbers.items() if path.startswith("stores.rs_queshan.capacity"))
    assert (changed.grade, changed.source) == ("assumed", "set on the command line")
