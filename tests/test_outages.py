"""Outages: what is lost is lost, exactly, and nothing else changes."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.elementkit import problems, river, rows, town
from tests.studykit import study
from waterbal import api
from waterbal.errors import ConfigError

DUST = 1e-12
"""Rounding of the engine [1e4 m3]."""
ONE = "configs/library/one_source.yaml"


def run(path, *overrides):
    case = api.load(path, overrides)
    return case, case.run()


def monthly_reference(
    months: int, need: float, flows: list[float], lost: set[int], left: float
) -> list[float]:
    """Supply per day of each month when a river of ``flows`` a day is all there is, through works that lose 5 %."""
    return [min(need, 0.95 * flows[m % 12] * (left if m in lost else 1.0)) for m in range(months)]


@pytest.mark.parametrize("left", [0.0, 0.3])
def test_three_months_without_the_only_source(left):
    case, result = run(ONE, f"outages={{dry: {{of: [river], from: 2002-06, months: 3, left: {left}}}}}")
    days = case.rows().axis.days
    need = 8 * 120 / 1000 / 0.91
    flows = [1.0, 1.0, 1.0, 2, 3, 5, 9, 8, 4, 3, 2, 1.5]
    expected = monthly_reference(48, need, flows, {17, 18, 19}, left)
    np.testing.assert_allclose(
        result.water_supply.values.squeeze(), np.array(expected) * days, rtol=1e-9, atol=1e-9
    )
    shortage = result.water_shortage.values.squeeze()
    without = run(ONE)[1].water_shortage.values.squeeze()
    lost = need * days[17:20].sum() if left == 0.0 else 0.0
    assert (shortage - without).sum() == pytest.approx(lost, rel=1e-9, abs=1e-9)
    assert json.loads(result.attrs["waterbal_outages"]) == [
        {"id": "dry", "of": ["river"], "first": "2002-06", "last": "2002-08", "left": left, "every": None}
    ]


def test_the_report_names_outages():
    from waterbal.report import balance

    outages = (
        "{x: {of: [river], from: 2002-02, months: 1}, y: {of: [plant], from: 2001-12, months: 2, every: 2}}"
    )
    told = balance.as_dict(run(ONE, f"outages={outages}")[1])
    english, chinese = balance.notes(told, "en"), balance.notes(told, "zh")
    assert "Outage of river from 2002-02 to 2002-02: 0.0% is left" in english
    assert "停供：plant，2001-12 至 2002-01，剩余能力 0.0%，每 2 年重复" in chinese


@pytest.mark.parametrize("lost", ["river", "plant", "river_plant", "plant_people"])
def test_any_part_of_a_chain_breaks_it(lost):
    """The main and the works have no stated capacity on one of the links; a loss stops them all the same."""
    _, result = run(ONE, f"outages={{x: {{of: [{lost}], year: 3, month: 12, months: 2}}}}")
    supply = result.water_supply.values.squeeze()
    assert (np.abs(supply[[35, 36]]) < DUST).all()
    kept, others = (
        np.delete(values, [35, 36]) for values in (supply, run(ONE)[1].water_supply.values.squeeze())
    )
    # a limit more in the program may move the last bit
    np.testing.assert_allclose(kept, others, rtol=1e-14)


def test_an_outage_that_comes_again():
    _, result = run(ONE, "outages={x: {of: [river], from: 2001-05, months: 1, every: 2}}")
    assert np.flatnonzero(result.water_supply.values.squeeze() < DUST).tolist() == [4, 28]


@pytest.mark.parametrize("step", ["dekad", "day"])
def test_finer_steps(step):
    case, result = run(ONE, f"time.step={step}", "outages={x: {of: [river], from: 2002-02, months: 1}}")
    axis = case.rows().axis
    out = (axis.year == 2002) & (axis.month == 2)
    supply = result.water_supply.values.squeeze()
    assert (np.abs(supply[out]) < DUST).all() and (supply[~out] > 0).all()
    assert axis.days[out].sum() == 28


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    left=st.floats(0, 0.99), begin=st.integers(1, 12), months=st.integers(1, 8), other=st.floats(0, 0.99),
    every=st.sampled_from([None, 1, 2]),
)  # fmt: skip
def test_rows_against_a_loop(left, begin, months, other, every):
    time = {"start": "2001-01", "end": "2004-12", "step": "month"}
    parts = {
        "time": time,
        "sources": {"a": river(capacity="8 万m3/d")},
        "links": {"l": {"from": "a", "to": "d", "capacity": "5 万m3/d", "minimum": "1 万m3/d"}},
        "demands": {"d": town()},
    }
    again = {} if every is None else {"every": every}
    outages = {
        "one": {"of": ["a", "l"], "year": 2, "month": begin, "months": months, "left": left} | again,
        "two": {"of": ["l"], "from": "2002-06", "months": 2, "left": other},
    }
    before, after = rows(**parts), rows(**parts, outages=outages)
    for t in range(48):
        year, month = divmod(t, 12)
        share = {"a": 1.0, "l": 1.0}
        first = 12 + begin - 1
        repeats = [first + 12 * every * k for k in range(10)] if every else [first]
        if any(start <= t < start + months for start in repeats):
            share = {"a": left, "l": left}
        if (year, month) in ((1, 5), (1, 6)):
            share["l"] = min(share["l"], other)
        for kind, limit in before.sources[0].limits.items():
            assert after.sources[0].limits[kind][t] == pytest.approx(limit[t] * share["a"], rel=1e-12)
        link = before.links[0]
        assert after.links[0].capacity[t] == pytest.approx(link.capacity[t] * share["l"], rel=1e-12)
        assert after.links[0].minimum[t] == pytest.approx(link.minimum[t] * min(share.values()), rel=1e-12)


def test_a_store_that_is_lost_keeps_its_water(tmp_path):
    study(tmp_path, check=False)
    model = tmp_path / "model.yaml"
    _, base = run(model, "reserve.mode=none")
    _, out = run(model, "reserve.mode=none", "outages={x: {of: [lake], from: 2005-07, months: 4}}")
    leaving = [j for j, tail in enumerate(base.link_tail.values) if tail == "lake"]
    when = (out.time.dt.year == 2005) & out.time.dt.month.isin([7, 8, 9, 10])
    assert float(out.link_flow.isel(link=leaving).where(when, drop=True).sum()) < DUST
    assert float(base.link_flow.isel(link=leaving).where(when, drop=True).sum()) > 50.0
    filling = out.link_flow.isel(link=base.link_id.values.tolist().index("river_lake")).where(when, drop=True)
    assert float(filling.sum()) > 0.0


def test_returns_pass_by_a_plant_that_is_lost(tmp_path):
    study(tmp_path, check=False)
    _, out = run(tmp_path / "model.yaml", "outages={x: {of: [reuse, plant], from: 2005-07, months: 2}}")
    when = (out.time.dt.year == 2005) & out.time.dt.month.isin([7, 8])
    for link in ("reuse_factories", "reuse_parks", "plant_households"):
        flow = out.link_flow.isel(link=out.link_id.values.tolist().index(link)).where(when, drop=True)
        assert abs(float(flow.sum())) < DUST


def test_nobody_knows_of_an_outage_before_it_comes(tmp_path):
    """With planned reserves every step before the outage is bit for bit as it was."""
    study(tmp_path, check=False)
    model = tmp_path / "model.yaml"
    _, base = run(model)
    _, out = run(model, "outages={x: {of: [river, wells], from: 2005-07, months: 3}}")
    before = int(
        ((base.time.dt.year < 2005) | ((base.time.dt.year == 2005) & (base.time.dt.month < 7))).sum()
    )
    for name in ("water_supply", "storage_volume", "link_flow"):
        assert np.array_equal(base[name].values[..., :before], out[name].values[..., :before]), name
    assert not np.array_equal(base.water_supply, out.water_supply)


def test_a_result_repeats_its_outage(tmp_path):
    from waterbal.results import netcdf

    _, result = run(ONE, "outages={x: {of: [river], from: 2002-02, months: 1}}")
    netcdf.write(result, tmp_path / "x.nc")
    again = api.rebuild(tmp_path / "x.nc").run()
    assert np.array_equal(again.water_supply, result.water_supply)
    assert again.attrs["waterbal_outages"] == result.attrs["waterbal_outages"]


UNKNOWN = "is not a source, link, works or store"
WRONG = [
    ({"of": ["riber"], "from": "2001-02"}, "of.0", f"'riber' {UNKNOWN}", "river"),
    ({"of": ["users"], "from": "2001-02"}, "of.0", f"'users' {UNKNOWN}", ""),
    ({"of": ["river"], "from": "2000-12"}, "from", "the outage begins in 2000-12, which is not in the run", ""),
    ({"of": ["river"], "year": 2, "month": 1}, "year", "the outage begins in 2002-01, which is not in the run", ""),
    (
        {"of": ["l"], "from": "2001-02", "left": 0.5}, "left",
        "l has no capacity that a share of 0.5 could be left of", "",
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong[2][:30])
def test_outages_are_checked(wrong):
    outage, *expected = wrong
    parts = {
        "sources": {"river": river()},
        "links": {"l": {"from": "river", "to": "users"}},
        "demands": {"users": town()},
    }
    ((path, message, _, near),) = problems(**parts, outages={"x": {"months": 2} | outage})
    assert [path.removeprefix("outages.x."), message, near] == expected


def test_an_outage_in_the_warm_up_is_refused():
    with pytest.raises(ConfigError, match="in the part of the record that warms up the run"):
        api.load(ONE, ["time.warm_up=1 years", "outages={x: {of: [river], from: 2001-03, months: 1}}"])


@pytest.mark.parametrize(
    "outage",
    [
        "{of: [river], months: 1}",
        "{of: [river], months: 1, from: 2001-02, year: 2, month: 1}",
        "{of: [river], months: 1, year: 2}",
        "{of: [river], months: 0, from: 2001-02}",
        "{of: [river], months: 1, from: 2001-02, left: 1}",
        "{of: [river], months: 13, from: 2001-02, every: 1}",
        "{of: [river, river], months: 1, from: 2001-02}",
        "{of: [], months: 1, from: 2001-02}",
    ],
)
def test_what_an_outage_cannot_be(outage):
    with pytest.raises(ConfigError) as caught:
        api.load(ONE, [f"outages={{x: {outage}}}"])
    assert len(caught.value.issues) == 1
