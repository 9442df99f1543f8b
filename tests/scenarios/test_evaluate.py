"""What a member of a batch gives: the run of its model, whatever it is simulated with."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.citykit import MODEL, write_city
from waterbal import api
from waterbal.errors import ConfigError
from waterbal.results import closure, kept
from waterbal.scenarios.evaluate import Evaluator


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return write_city(tmp_path_factory.mktemp("city"))


class Study:
    """Scenarios of one model by overrides."""

    def __init__(self, path, *overrides):
        self.path, self.overrides = path, overrides
        self.scenarios = [SimpleNamespace(id=f"s{i}") for i in range(len(overrides))]

    def case(self, number):
        return api.load(self.path, self.overrides[number])


PLENTY = ["demands.homes.people=10 万人"]
SCARCE = ["demands.homes.people=60 万人", "quotas.permit.cut=0.6"]


@pytest.fixture(scope="module", params=["metrics", "yearly", "full"])
def evaluated(request, city):
    evaluator = Evaluator(Study(city, [], SCARCE, PLENTY), request.param)
    arrays, messages = evaluator.members(1, 0, 9, threads=2)
    assert messages == [""] * 9
    return evaluator, arrays


def test_a_member_is_the_run_of_its_model(evaluated, city):
    evaluator, arrays = evaluated
    balance = api.load(city, SCARCE, realization=6).run()
    compared = 0
    for name, values in arrays.items():
        if name in balance:
            np.testing.assert_array_equal(values[6], balance[name].values[0, 0], err_msg=name)
            compared += 1
    assert compared >= 50
    for name in evaluator.fixed_schema():
        np.testing.assert_array_equal(evaluator.fixed(1)[name], balance[name].values)


def test_arrays_are_as_the_schema_says(evaluated):
    evaluator, arrays = evaluated
    schema = evaluator.schema()
    assert list(arrays) == list(schema)
    for name, kind in schema.items():
        assert arrays[name].shape == (9, *kind.shape), name
        assert arrays[name].dtype == np.dtype(kind.dtype)
        assert kind.attributes["long_name"] and kind.attributes["long_name_zh"]
    frame = evaluator.frame()
    named = set(map(str, frame.sizes))
    assert frame.attrs["waterbal_kernel"].startswith("sha256:")
    assert {dim for kind in schema.values() for dim in kind.dims} <= named


def test_a_member_depends_on_nothing_it_is_simulated_with(evaluated, city):
    evaluator, arrays = evaluated
    other = Evaluator(Study(city, [], SCARCE, PLENTY), evaluator.keep, template=1)
    for first, last, threads in ((3, 4, 1), (7, 9, 2), (0, 5, 1)):
        part, _ = other.members(1, first, last, threads)
        for name, values in part.items():
            np.testing.assert_array_equal(values, arrays[name][first:last], err_msg=name)


WEATHER = [
    "{kind: observed, sites: [rain, et0], rotate: true}",
    "{kind: resampled, sites: [rain, et0], seed: 4, delta: {rain: 0.9}}",
    "{kind: generated, sites: [rain, et0], seed: 4}",
]
CUT_BY_RIVER = (
    "quotas.permit.cut={flow: {series: river}, years: 2, first: 1.0, "
    "points: [{flow: 12000 万m3/yr, factor: 0.4}, {flow: 30000 万m3/yr, factor: 1.1}]}"
)


@pytest.mark.parametrize("hydrology", WEATHER)
def test_sampled_weather_everywhere_and_still_a_member_depends_on_itself_alone(city, hydrology):
    """Rain that makes runoff and need, and a river that cuts the quota, in all realizations at once and alone."""
    overrides = [f"hydrology={hydrology}", CUT_BY_RIVER]
    together, _ = Evaluator(Study(city, overrides), "full").members(0, 0, 6)
    pairs, _ = Evaluator(Study(city, overrides), "full").members(0, 3, 5)
    alone = api.load(city, overrides, realization=4).run()
    for name, values in together.items():
        np.testing.assert_array_equal(values[3:5], pairs[name], err_msg=name)
        if name in alone:
            np.testing.assert_array_equal(values[4], alone[name].values[0, 0], err_msg=name)
    runoff = together["source_limit"][:, 1, 2]  # the catchment, limited by hydrology
    assert np.ptp(runoff, axis=0).max() > 0


@pytest.mark.parametrize("hydrology", WEATHER)
def test_mean_runoff_is_the_stated_one_over_many_realizations(city, hydrology):
    case = api.load(city, [f"hydrology={hydrology.replace(', delta: {rain: 0.9}', '')}"])
    count = 16 if "rotate" in hydrology else 200
    ((rows, _),) = case.realizations(0, count)
    annual = rows.sources[1].limits["hydrology"].mean() * 12  # usable share 0.5 of 600
    assert annual == pytest.approx(300.0, rel=1e-9 if "rotate" in hydrology else 0.06)


@pytest.mark.parametrize("hydrology", [*WEATHER, "{kind: observed, sites: [rain, et0]}"])
def test_what_comes_later_changes_nothing_before(city, hydrology):
    """Reserves are planned for; still, other weather from the fifth year on leaves the first four as they were."""
    overrides = [f"hydrology={hydrology}", CUT_BY_RIVER]
    case = api.load(city, overrides)
    changed = {name: values.copy() for name, values in case.series.items()}
    for name in changed:
        changed[name][48:] *= 0.5
    other = replace(case, series=changed)
    one, two = (c.run()["water_supply"].values[0, 0] for c in (case, other))
    assert np.abs(one[:, 48:] - two[:, 48:]).max() > 0.1
    np.testing.assert_allclose(one[:, :48], two[:, :48], atol=1e-7)


def test_realizations_differ_and_scenarios_meet_the_same_river(city):
    evaluator = Evaluator(Study(city, [], SCARCE), "full")
    plain, _ = evaluator.members(0, 0, 3)
    scarce, _ = evaluator.members(1, 0, 3)
    canal = 0
    assert np.ptp(plain["source_available"][:, canal], axis=0).max() > 0
    np.testing.assert_array_equal(plain["source_available"][:, canal], scarce["source_available"][:, canal])


def test_means_are_those_of_the_series(city):
    evaluator = Evaluator(Study(city, SCARCE), "full")
    arrays, _ = evaluator.members(0, 0, 2)
    years = 6
    for name in kept.MEANS:
        series = name.name.removeprefix("mean_annual_")
        series = {"demand": "water_demand", "supply": "water_supply", "shortage": "water_shortage"}.get(
            series, series
        )
        if name.name.startswith("mean_annual_") and series in arrays:
            expected = arrays[series].sum(axis=-1) / years
            np.testing.assert_allclose(arrays[name.name], expected, rtol=1e-9, atol=1e-9, err_msg=name.name)
    np.testing.assert_allclose(arrays["mean_storage_volume"], arrays["storage_volume"].mean(axis=-1))
    np.testing.assert_array_equal(arrays["lowest_storage_volume"], arrays["storage_volume"].min(axis=-1))
    np.testing.assert_allclose(arrays["largest_groundwater_depth"], arrays["groundwater_depth"].max(axis=-1))
    cost = sum(
        arrays[f"{element}_cost"].sum(axis=(1, 2)) for element in ("source", "aquifer", "link", "node")
    )
    energy = sum(
        arrays[f"{element}_energy"].sum(axis=(1, 2)) for element in ("source", "aquifer", "link", "node")
    )
    np.testing.assert_allclose(arrays["mean_annual_cost"], cost / years)
    np.testing.assert_allclose(arrays["mean_annual_energy"], energy / years)


def test_years_add_up(city):
    study = Study(city, SCARCE)
    yearly, _ = Evaluator(study, "yearly").members(0, 0, 2)
    full, _ = Evaluator(study, "full").members(0, 0, 2)
    by_year = full["water_supply"].reshape(2, -1, 6, 12)
    np.testing.assert_allclose(yearly["yearly_water_supply"], by_year.sum(axis=-1))
    np.testing.assert_array_equal(yearly["yearly_storage_volume"], full["storage_volume"][..., 11::12])
    residual = full["balance_residual"].reshape(2, 6, 12)
    np.testing.assert_array_equal(yearly["yearly_balance_residual"], residual.max(axis=-1))


def test_a_member_that_fails_is_named_and_tells_nothing(city):
    impossible = ["links.canal_lake.minimum=9 万m3/d"]
    evaluator = Evaluator(Study(city, [], impossible), "metrics")
    arrays, messages = evaluator.members(1, 0, 3)
    assert (arrays["member_status"] == 1).all()
    assert np.isnan(arrays["reliability_step"]).all()
    assert all(messages)
    assert "scenario s1, realization 2" in messages[2] and "links.canal_lake" in messages[2]


def test_a_balance_that_does_not_close_is_found_by_the_audit(city, monkeypatch):
    evaluator = Evaluator(Study(city, []), "metrics")
    monkeypatch.setattr(closure, "TOLERANCE", -1.0)
    monkeypatch.setattr(closure.measure, "__defaults__", (-1.0,))
    arrays, messages = evaluator.members(0, 0, 3)
    assert arrays["member_status"].tolist() == [9, 0, 0]  # one in 64 is audited, the first among them
    assert "realization 0" in messages[0] and messages[1:] == ["", ""]


def test_scenarios_with_other_elements_are_refused(city):
    more = ["quotas.more={of: [canal], volume: 5000 万m3/yr, reset_month: 1}"]
    evaluator = Evaluator(Study(city, [], more))
    with pytest.raises(ConfigError, match=r"scenario s1 has other quotas than the first: more"):
        evaluator.members(1, 0, 1)


def test_a_rotated_record_gives_the_same_bits_however_it_is_cut(tmp_path):
    """The mean rain that runoff refers to is that of the record, not of the years in the order they were drawn."""
    path = write_city(tmp_path, MODEL + "hydrology: {kind: observed, sites: [rain, et0], rotate: true}\n")
    evaluator = Evaluator(Study(path, []), "full")
    together, _ = evaluator.members(0, 0, 5)
    for k in range(5):
        alone, _ = evaluator.members(0, k, k + 1)
        run = api.load(path, [], realization=k).run()
        for name in ("water_supply", "source_withdrawal", "storage_volume"):
            np.testing.assert_array_equal(together[name][k], alone[name][0], err_msg=name)
            np.testing.assert_array_equal(together[name][k], run[name].values[0, 0], err_msg=name)


def test_weather_that_changes_a_coefficient_gets_a_program_of_its_own(tmp_path):
    """A lake whose outflow share follows the weather: the share is in the program, so no two members share one."""
    text = MODEL.replace(
        "priorities:",
        "  pond: {type: lake_ecology, zone: land, area: 0.5 km2, evaporation_factor: 1.1, exchange: 500 mm/yr,\n"
        "         flows_on: {to: reuse, share: 0.5}}\npriorities:",
    ).replace("quotas:\n", "", 1)
    text = text.replace("  permit: {of: [canal], volume: 900 万m3/yr, reset_month: 7}\n", "")
    text = text.replace("[{demands: [homes]}", "[{demands: [homes, pond]}")
    text = text.replace("  reuse_farms", "  lake_pond: {from: lake, to: pond}\n  reuse_farms")
    text += "hydrology: {kind: observed, sites: [rain, et0], rotate: true}\n"
    path = write_city(tmp_path, text)
    study = Study(path, [])
    together, _ = Evaluator(study, "full").members(0, 0, 4)
    alone = api.load(path, [], realization=3).run()
    np.testing.assert_array_equal(together["water_supply"][3], alone["water_supply"].values[0, 0])
    assert np.ptp(together["return_flow"], axis=0).max() > 0
