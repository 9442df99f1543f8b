"""Load state: every number in one band, published bounds, W / W0 and G / G0 of a model by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from waterbal import api
from waterbal.capacity.load_state import groundwater_state, load_state, of_case, worst
from waterbal.capacity.thresholds import FILE, ThresholdSet, threshold_sets
from waterbal.errors import ConfigError, UsageError

RAW = yaml.safe_load(FILE.read_text(encoding="utf-8"))["sets"]
MODEL = """
schema_version: 1
name: {{zh: 城, en: Town}}
provenance: {{source: test, grade: assumed}}
time: {{start: 2001-01, end: 2002-12, step: month}}
zones: {{town: {{}}}}
sources:
  river: {{type: river_intake, capacity: {river} 万m3/d, cost: 0.1 元/m3}}
  rain: {{type: river_intake, capacity: 0.1 万m3/d, cost: 0.1 元/m3}}
  wells: {{type: aquifer, name: {{zh: 水源井, en: Wells}},
          zone: town, area: 900 km2, specific_yield: 0.1, initial_depth: 1 m, floor_depth: 50 m,
          wells: 0.4 万m3/d, cost: 0.9 元/m3}}
links:
  river_people: {{from: river, to: people}}
  rain_people: {{from: rain, to: people}}
  wells_people: {{from: wells, to: people}}
demands:
  people: {{type: residential, zone: town, people: 10 万人, norm: 200 L/(person d)}}
quotas:
  total: {{of: [river, wells], volume: 730 万m3/yr, reset_month: 1}}
  ground: {{of: [wells], volume: 146 万m3/yr, reset_month: 1}}
priorities: [{{demands: [people]}}]
reserve: {{mode: none}}
capacity:
  drivers: {{people: {{grows: [residential]}}}}
{load}"""
LOAD = "  load: {total: total, groundwater: ground, set: national_2016}\n"


def case(folder, river: float = 1.3, load: str = LOAD):
    """Load a town that needs 730, of which 36.5 are rain that does not count."""
    path = folder / "model.yaml"
    path.write_text(MODEL.format(river=river, load=load), encoding="utf-8")
    return api.load(path)


# ---- bands


def test_published_bounds():
    """89.9, 90, 99.9, 100, 119.9, 120 % of W0."""
    states = load_state(np.array([89.9, 90.0, 99.9, 100.0, 119.9, 120.0]) / 100.0)
    assert [band.name.zh for band in states] == ["不超载", "临界", "临界", "超载", "超载", "严重超载"]
    assert [load_state(value / 100.0).level for value in (89.9, 90, 99.9, 100, 119.9, 120)] == [
        0,
        1,
        1,
        2,
        2,
        3,
    ]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (-0.11, "不超载"), (-0.1, "临界"), (-0.0920, "临界"), (0.0, "临界"), (0.0201, "一般超载"), (0.0470, "一般超载"),
        (0.1, "一般超载"), (0.2, "一般超载"), (0.2001, "中度超载"), (0.5, "中度超载"), (0.5001, "严重超载"),
    ],
)  # fmt: skip
def test_bands_of_a_study_of_its_own(value, name):
    """The paper leaves -0.1 and 0 to 0.1 without a band in its text; here every number has one."""
    assert load_state(value, "xpcc_2018").name.zh == name


def inside(value: float, bands: list[dict], k: int) -> bool:
    """Judge one band by its own bounds and those of the band before it."""
    before, own = bands[k - 1] if k else {}, bands[k]
    above = k == 0 or (value >= before["below"] if "below" in before else value > before["up_to"])
    upper = value < own["below"] if "below" in own else value <= own.get("up_to", math.inf)
    return above and upper


@given(value=st.floats(allow_nan=False), name=st.sampled_from(sorted(RAW)))
def test_every_number_is_in_one_band(value, name):
    bands = RAW[name]["bands"]
    found = [k for k in range(len(bands)) if inside(value, bands, k)]
    assert found == [load_state(value, name).level]


@given(
    value=st.sampled_from([0.9, 1.0, 1.2, -0.1, 0.0, 0.2, 0.5]),
    up=st.sampled_from([-math.inf, 0.0, math.inf]),
)
def test_bounds_and_their_neighbours_are_in_one_band(value, up):
    near = value if up == 0.0 else float(np.nextafter(value, up))
    for name, spec in RAW.items():
        found = [k for k in range(len(spec["bands"])) if inside(near, spec["bands"], k)]
        assert found == [load_state(near, name).level]


@given(a=st.floats(allow_nan=False), b=st.floats(allow_nan=False), name=st.sampled_from(sorted(RAW)))
def test_a_larger_load_is_never_a_better_state(a, b, name):
    low, high = sorted((a, b))
    assert load_state(low, name).level <= load_state(high, name).level


def test_arrays_keep_their_shape():
    states = load_state(np.array([[0.5, 0.95], [1.1, 7.0]]))
    assert states.shape == (2, 2)
    assert [band.id for band in states.ravel()] == [
        "not_overloaded",
        "critical",
        "overloaded",
        "severely_overloaded",
    ]
    assert load_state(np.zeros((0, 3))).shape == (0, 3)


def test_an_unknown_set_is_told_with_the_nearest():
    with pytest.raises(UsageError) as error:
        load_state(1.0, "national_2061")
    assert error.value.issues[0].nearest == "national_2016"
    assert "xpcc_2018" in error.value.issues[0].expected


def test_what_is_not_a_number_has_no_state():
    with pytest.raises(UsageError, match="not a number"):
        load_state(np.array([1.0, np.nan]))


def test_sets_say_where_they_are_from():
    for spec in threshold_sets().values():
        assert spec.version and spec.source and spec.grade in ("found", "assumed")
    assert threshold_sets()["national_2016"].grade == "assumed"


@pytest.mark.parametrize(
    "bands",
    [
        [{"below": 1.0}, {"below": 0.9}, {}],
        [{"below": 1.0}, {"below": 1.0}, {}],
        [{"below": 1.0}, {"up_to": 2.0}],
        [{"below": 1.0, "up_to": 1.0}, {}],
        [{}, {}],
    ],
)
def test_bands_that_do_not_cover_every_number_once_are_refused(bands):
    label = {"zh": "级", "en": "band"}
    raw = RAW["national_2016"] | {
        "bands": [{"id": f"b{k}", "name": label} | band for k, band in enumerate(bands)]
    }
    with pytest.raises(ValueError):
        ThresholdSet.model_validate(raw)


# ---- groundwater


@pytest.mark.parametrize(
    ("value", "overdraft", "deep", "expected"),
    [
        (0.5, None, False, "not_overloaded"),
        (0.5, -0.2, False, "not_overloaded"),
        (0.5, 0.0, False, "not_overloaded"),
        (0.5, 0.001, False, "overloaded"),
        (0.5, 0.299, False, "overloaded"),
        (0.5, 0.3, False, "severely_overloaded"),
        (0.5, 1.3, False, "severely_overloaded"),
        (0.95, 0.0, False, "critical"),
        (0.95, None, True, "overloaded"),
        (1.2, 0.1, True, "severely_overloaded"),
    ],
)
def test_groundwater_is_as_bad_as_its_worst_sign(value, overdraft, deep, expected):
    assert groundwater_state(value, overdraft, deep_confined=deep).id == expected


def test_a_set_without_a_rule_for_groundwater_refuses_one():
    assert groundwater_state(0.1, set="xpcc_2018").id == "slightly_overloaded"
    with pytest.raises(UsageError) as error:
        groundwater_state(0.1, 0.2, set="xpcc_2018")
    assert "national_2016" in error.value.issues[0].expected


def test_the_worst_element_decides():
    assert worst(load_state(np.array([0.5, 1.1, 0.95]))).id == "overloaded"


# ---- a model


def test_load_of_a_model_by_hand(tmp_path):
    """Need 730: river 474.5 and wells 146 count, rain 36.5 does not; 73 are short."""
    told = of_case(case(tmp_path), 1)
    loads = {(load.element, load.counted): load for load in told.loads}
    assert list(loads) == [("total", "needed"), ("total", "used"), ("groundwater", "used")]
    used, needed, ground = loads["total", "used"], loads["total", "needed"], loads["groundwater", "used"]
    assert (used.use, used.limit, used.quota) == (pytest.approx(620.5), pytest.approx(730.0), "total")
    assert needed.use == pytest.approx(730.0 - 36.5)
    assert (used.value, used.band.id) == (pytest.approx(0.85), "not_overloaded")
    assert (needed.value, needed.band.id) == (pytest.approx(0.95), "critical")
    assert (ground.use, ground.limit, ground.value) == (
        pytest.approx(146.0),
        pytest.approx(146.0),
        pytest.approx(1.0),
    )
    assert (
        ground.band.id == "overloaded"
    )  # a quota that is used up is one, whatever the last digit of the sum
    assert (told.overall("used").id, told.overall("needed").id) == ("overloaded", "overloaded")
    assert (told.set, told.version, told.grade) == ("national_2016", "2016-2019", "assumed")
    assert (ground.name.zh, ground.name.en) == ("水源井用水指标", "Wells: quota")  # after what it caps


def test_without_a_gap_needed_is_used(tmp_path):
    told = of_case(case(tmp_path, river=3.0), 1)
    needed, used = (load for load in told.loads if load.element == "total")
    assert needed.use == pytest.approx(used.use, rel=1e-9)


def test_a_set_that_counts_the_excess(tmp_path):
    """(D - S) / S with D what is needed and S the quota: -0.05."""
    told = of_case(case(tmp_path, load=LOAD.replace("national_2016", "xpcc_2018")), 1)
    assert told.loads[0].value == pytest.approx(693.5 / 730.0 - 1.0)
    assert told.loads[0].band.name.zh == "临界"


def test_a_model_that_does_not_say_is_told_what_to_write(tmp_path):
    with pytest.raises(ConfigError) as error:
        of_case(case(tmp_path, load=""), 1)
    assert "W0" in error.value.issues[0].message and "'load'" in error.value.issues[0].expected


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    load = "  load: {total: totla, groundwater: soil, set: nation_2016}\n"
    with pytest.raises(ConfigError) as error:
        of_case(case(tmp_path, load=load), 1)
    total, ground, named = error.value.issues
    assert (total.where, total.nearest) == ("capacity.load.total", "total")
    assert ground.where == "capacity.load.groundwater" and "total, ground" in ground.expected
    assert named.nearest == "national_2016"
    assert total.line > 0 and total.file.endswith("model.yaml")


def values(state):
    return {(load.element, load.counted): load for load in state.loads}


def test_only_who_can_be_given_counted_water_needs_it(tmp_path):
    """A park that rain alone reaches lacks 3 a day: no water that counts could close that gap."""
    park = MODEL.replace(
        "links:",
        "  shower: {{type: river_intake, capacity: 1 万m3/d}}\nlinks:\n  s_p: {{from: shower, to: park}}",
    )
    park = park.replace("priorities: [", "priorities: [{{demands: [park]}}, ")
    park = park.replace("quotas:", "  park: {{type: green, zone: town, need: 4 万m3/d}}\nquotas:")
    found = []
    for text in (MODEL, park):
        path = tmp_path / "model.yaml"
        path.write_text(text.format(river=1.3, load=LOAD), encoding="utf-8")
        found.append(values(of_case(api.load(path), 1))["total", "needed"].use)
    assert found[1] == pytest.approx(found[0])


def test_what_is_lost_on_the_way_to_a_gap_counts(tmp_path):
    """730 are needed, 36.5 are rain; a pipe that loses a fifth brings 1 a day of the river, and there are no wells."""
    text = MODEL.replace("{{from: river, to: people}}", "{{from: river, to: people, loss: 0.2}}")
    text = text.replace("wells: 0.4", "wells: 0").replace("ground, set", "total, set")
    path = tmp_path / "model.yaml"
    path.write_text(text.format(river=1.0, load=LOAD.replace("groundwater: ground, ", "")), encoding="utf-8")
    found = values(of_case(api.load(path), 1))
    assert found["total", "used"].use == pytest.approx(365.0)
    assert found["total", "needed"].use == pytest.approx((730.0 - 36.5) / 0.8)


def test_a_quota_year_that_the_record_breaks_off_is_left_out(tmp_path):
    """Wells give 0.8 a day until the 146 of the year are gone; the last half year may use all: no overload."""
    text = MODEL.replace("wells: 0.4", "wells: 0.8").replace(
        "volume: 146 万m3/yr, reset_month: 1", "volume: 146 万m3/yr, reset_month: 7"
    )
    text = text.replace("cost: 0.9", "cost: 0.01").replace("end: 2002-12", "end: 2004-12")
    path = tmp_path / "model.yaml"
    path.write_text(text.format(river=1.3, load=LOAD), encoding="utf-8")
    ground = values(of_case(api.load(path), 1))["groundwater", "used"]
    assert ground.use == pytest.approx(146.0)
    assert ground.value == pytest.approx(1.0)


def test_what_is_needed_is_of_the_same_years_as_what_is_used(tmp_path):
    """The river alone has 1.3 of the 2 a day, of which 400 a year from July on: 730 - 36.5 are needed every year."""
    text = MODEL.replace("wells: 0.4", "wells: 0").replace(
        "volume: 730 万m3/yr, reset_month: 1", "volume: 400 万m3/yr, reset_month: 7"
    )
    text = text.replace("start: 2001-01, end: 2002-12", "start: 2001-01, end: 2003-12")
    path = tmp_path / "model.yaml"
    path.write_text(text.format(river=1.3, load=LOAD.replace("groundwater: ground, ", "")), encoding="utf-8")
    found = values(of_case(api.load(path), 1))
    assert found["total", "used"].use == pytest.approx(400.0)
    assert found["total", "needed"].use == pytest.approx(730.0 - 36.5)
