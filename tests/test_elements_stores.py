"""Reservoirs, works and links."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from tests.elementkit import YEAR, one, rows, town

LAKE = {
    "type": "reservoir", "capacity": "11800 万m3", "dead": "1200 万m3",
    "shape": {"full_area": "11 km2", "exponent": 0.1}, "initial_share": 0.5, "evaporation_factor": 1.1,
    "seepage": "0.5 mm/d",
}  # fmt: skip
YEARS = {"start": "2027-01", "end": "2031-12", "step": "month"}


def store(fields, **sections):
    return one("stores", fields, **sections)


def work(fields, **sections):
    return one("works", fields, **sections)


def link(fields, **sections):
    ends = {
        "sources": {"a": {"type": "catchment", "zone": "town", "runoff": "1 万m3/d"}},
        "demands": {"b": town()},
    }
    return rows(links={"x": {"from": "a", "to": "b"} | fields}, **ends, **sections).links[0]


def test_a_reservoir_by_hand():
    row = store(LAKE, climate={"rain": "1 mm/d", "et0": "3 mm/d"})
    assert (row.capacity[0], row.dead[0], row.initial) == (11800.0, 1200.0, 6500.0)
    np.testing.assert_allclose(row.evaporation[:2], [1.1 * 93, 1.1 * 84])
    np.testing.assert_allclose([row.rain[0], row.seepage[0]], [31.0, 15.5])
    assert row.area_full == pytest.approx(11.0)


@pytest.mark.parametrize("exponent", [0.05, 0.1, 0.3, 0.5, 0.7, 0.95])
@pytest.mark.parametrize("dead", [0.0, 5.0, 1200.0])
def test_the_table_of_a_curve_is_within_a_thousandth_of_it(exponent, dead):
    fields = LAKE | {"dead": f"{dead} 万m3", "shape": {"full_area": "11 km2", "exponent": exponent}}
    row = store(fields)
    volume = np.geomspace(max(dead, 11.8), 11800, 5000)
    table = np.interp(volume, row.curve_volume, row.curve_area)
    np.testing.assert_allclose(table, 11 * (volume / 11800) ** exponent, rtol=1e-3)
    assert row.curve_volume[0] == 0.0 and np.all(np.diff(row.curve_volume) > 0)


def test_a_part_of_a_shared_reservoir_is_alike_in_shape():
    whole, part = store(LAKE), store(LAKE | {"area_share": 0.4})
    assert part.capacity[0] - part.dead[0] == pytest.approx(0.4 * 10600)
    share = np.interp(0.4 * 5000, part.curve_volume, part.curve_area)
    assert share == pytest.approx(0.4 * np.interp(5000, whole.curve_volume, whole.curve_area))


def test_first_filling_grows_to_the_end_of_each_step_from_empty():
    row = store(LAKE | {"from_year": 2028, "fill_years": 2}, time=YEARS)
    assert row.initial == 0.0
    assert row.capacity[:12].tolist() == [0.0] * 12
    assert row.capacity[12] == pytest.approx(11800 / 2 * 31 / 366)
    assert row.capacity[23] == pytest.approx(5900.0)
    assert row.capacity[35] == pytest.approx(11800.0)
    assert row.capacity[-1] == 11800.0
    assert row.evaporation[:12].tolist() == [0.0] * 12
    np.testing.assert_allclose(row.dead, np.minimum(row.capacity, 1200))


@pytest.mark.parametrize(("year", "part"), [(2027, 0.0), (2028, 0.5), (2029, 1.0), (2035, 1.0)])
def test_one_planning_year_takes_the_filling_at_its_end(year, part):
    row = store(LAKE | {"from_year": 2028, "fill_years": 2}, time=YEAR | {"planning_year": year})
    assert row.capacity.tolist() == [11800.0 * part] * 12
    assert row.initial == min(6500.0, 11800.0 * part)


def test_flood_limit_and_reserve_curve():
    limit = {"by_month": [11800] * 5 + [8000] * 4 + [11800] * 3, "unit": "万m3"}
    row = store(LAKE | {"flood_limit": limit, "reserve": {"share_of_active": [0.5] * 12}})
    assert row.capacity[5] == 8000.0
    assert row.reserve is not None
    np.testing.assert_allclose(row.reserve[[0, 5]], [1200 + 0.5 * 10600, 1200 + 0.5 * 6800])
    volume = store(LAKE | {"reserve": {"volume": "3000 万m3"}, "area_share": 0.5})
    assert volume.reserve is not None and volume.reserve[0] == 1500.0


def test_a_curve_of_points_is_taken_as_it_is():
    points = [{"volume": f"{v} 万m3", "area": f"{a} km2"} for v, a in ((0, 0.5), (100, 2), (11800, 11))]
    row = store({k: v for k, v in LAKE.items() if k != "shape"} | {"curve": points})
    assert row.curve_volume.tolist() == [0.0, 100.0, 11800.0]
    assert row.curve_area.tolist() == [0.5, 2.0, 11.0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dead": "12000 万m3"}, "dead storage is above capacity"),
        ({"reserve": {"volume": "12000 万m3"}}, "the reserve is above capacity"),
        ({"flood_limit": "1000 万m3"}, "flood limit is below dead"),
        ({"initial": "1 万m3"}, "either initial or initial_share"),
        (
            {"curve": [{"volume": "0 万m3", "area": "0 km2"}, {"volume": "1 万m3", "area": "1 km2"}]},
            "shape or curve",
        ),
        ({"fill_years": 2}, "needs from_year"),
        ({"reserve": {}}, "either share_of_active or volume"),
        ({"seepage_to": "g"}, "belong together"),
    ],
)
def test_a_reservoir_that_contradicts_itself_is_refused(fields, words):
    with pytest.raises(ValidationError, match=words):
        store(LAKE | fields)


def test_works_in_stages_of_the_largest_day():
    stages = [{"from": 2023, "capacity": "20 万m3/d"}, {"from": 2032, "capacity": "30 万m3/d"}]
    fields = {
        "type": "treatment",
        "capacity": stages,
        "basis": "max_day",
        "peak_factor": 1.3,
        "own_use": 0.05,
    }
    capacity = {y: work(fields, time=YEAR | {"planning_year": y}).capacity[0] for y in (2022, 2031, 2032)}
    assert capacity == pytest.approx({2022: 0.0, 2031: 20 / 1.3 * 31, 2032: 30 / 1.3 * 31})
    row = work(fields)
    np.testing.assert_allclose(row.recovery, 0.95)
    assert not row.outlet and not row.overflow and np.all(np.isinf(row.output_limit))


def test_wastewater_works_overflow_and_junctions_do_not():
    row = work({"type": "wastewater", "capacity": "2 万m3/d", "recovery": 0.9})
    assert row.outlet and row.overflow and row.usable[0] == 0.9
    plain = work({"type": "junction"})
    assert not plain.outlet and np.all(np.isinf(plain.capacity)) and plain.recovery[0] == 1.0
    lossy = work({"type": "junction", "loss": 0.1, "capacity": "1 万m3/d", "outlet": True})
    assert (
        lossy.outlet
        and lossy.overflow
        and lossy.usable[0] == pytest.approx(0.9)
        and lossy.capacity[0] == 31.0
    )


def test_a_link_by_default_takes_everything():
    row = link({})
    assert np.all(np.isinf(row.capacity)) and np.all(row.gain == 1.0) and np.all(row.minimum == 0.0)


def test_a_link_is_closed_outside_its_months_and_years():
    row = link({"capacity": "3 万m3/d", "months": [11, 12, 1], "minimum": "1 万m3/d", "loss": 0.01})
    np.testing.assert_allclose(row.capacity[[0, 1, 10]], [93, 0, 90])
    np.testing.assert_allclose(row.minimum[[0, 1, 10]], [31, 0, 30])
    np.testing.assert_allclose(row.gain, 0.99)
    time = YEARS
    built = link({"from_year": 2028, "until_year": 2030}, time=time).capacity
    assert (built[11], built[12], built[47], built[48]) == (0.0, np.inf, np.inf, 0.0)


def test_a_link_to_itself_is_refused():
    with pytest.raises(ValidationError, match="ends where it starts"):
        link({"to": "a"})
