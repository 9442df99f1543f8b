"""Frontiers against lines and corners that are known by hand, cases of the field, and where they are not monotone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests import frontierkit as kit
from waterbal.capacity.datasets import frontier_dataset
from waterbal.capacity.frontier import (
    BEYOND,
    INSIDE,
    OUTSIDE,
    frontier,
    plan_amounts,
    rays,
    search_rays,
    together,
)
from waterbal.capacity.judging import trials
from waterbal.capacity.search import FOUND, INFEASIBLE, LIMITED, UNBOUNDED, Options, Search, run
from waterbal.errors import ConfigError, UsageError

FINE = Options(1e-6, 4, 2)
QUICK = Options(1e-3, 4, 2)


def scale_along(ground, direction, options=FINE):
    low, _, high, _ = ground.question.room(direction)
    return run([Search(direction, -1, low, high)], trials(ground), options)[0]


# ---- a quota that two share: the frontier is a line


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """People 400 and land 300 on 1000 of one quota: people + land = 1000."""
    quota = {"q": {"of": ["river"], "volume": "1000 万m3/yr", "reset_month": 1}}
    sections = kit.town_and_farms(400.0, 300.0, {"river": (5000.0, "town farms")}, quotas=quota)
    return kit.ground(tmp_path_factory.mktemp("shared"), sections)


@pytest.fixture(scope="module")
def line(shared):
    plans = {
        "small": {"people": 300.0, "land": 100.0},
        "on": {"people": 500.0, "land": 499.9},
        "large": {"people": 900.0, "land": 300.0},
    }
    return frontier(shared, ["people", "land"], 9, Options(1e-4, 4, 2), plans)


def test_a_shared_quota_gives_a_straight_line(line):
    for point in line.points:
        assert point.found.status == FOUND
        assert point.amounts["people"] + point.amounts["land"] == pytest.approx(1000.0, abs=0.08)
        assert point.requirement.endswith(".guarantee")
        assert not point.limit
    assert not any(point.dominated for point in line.points)
    assert line.monotone
    assert not line.non_monotone
    people = [point.amounts["people"] for point in line.points]
    assert people[0] == 0.0
    assert people == sorted(people)
    middle = line.points[4]  # the ray through the plan
    assert middle.found.scale == pytest.approx(1000.0 / 700.0, abs=2e-4)


def test_the_maxima_alone_leave_the_others_at_plan_and_never_hold_together(line, shared):
    people, land = line.alternatives["people"], line.alternatives["land"]
    assert people.amounts == pytest.approx({"people": 700.0, "land": 300.0}, abs=0.1)
    assert land.amounts == pytest.approx({"people": 400.0, "land": 600.0}, abs=0.1)
    both = replace(
        shared.question.directions["mix"], along={"people": people.found.scale, "land": land.found.scale}
    )
    question = replace(shared.question, directions={"both": both})
    assert not together(shared, question)([Search("both", -1, 0.0, np.inf)], [1.0])[0]
    assert frontier_dataset(line)["alternative_carried"].attrs["long_name"].endswith("never simultaneous")


def test_plans_are_placed_on_their_own_ray(line):
    assert {name: plan.place for name, plan in line.plans.items()} == {
        "small": INSIDE, "on": INSIDE, "large": OUTSIDE,
    }  # fmt: skip
    assert line.plans["small"].point.found.scale == pytest.approx(2.5, abs=3e-4)
    assert line.plans["large"].point.found.scale == pytest.approx(1000.0 / 1200.0, abs=3e-4)
    assert line.plans["large"].amounts == pytest.approx({"people": 900.0, "land": 300.0})


def test_searches_side_by_side_are_those_one_after_the_other(shared):
    question = shared.question
    at_once = search_rays(shared, question, QUICK)
    for id in question.directions:
        alone = scale_along(shared, id, QUICK)
        assert at_once[id].found.scale == alone.scale
        assert at_once[id].found.tried == alone.tried


def test_threads_and_records_together_decide_nothing(tmp_path):
    sections = kit.drawn_town(2_000.0)
    sections["demands"]["farms"] = {
        "type": "irrigation", "zone": "town", "need": kit.need(1_500.0), "guarantee": 0.6,
    }  # fmt: skip
    sections["links"] |= kit.links(river_farms="river farms")
    sections["priorities"].append({"demands": ["farms"]})
    sections["capacity"]["drivers"]["land"] = {"grows": ["farms"], "area": "10 万亩"}
    found = []
    for threads in (1, 2):
        ground = kit.ground(tmp_path, sections, 20, years=("2001-01", "2010-12"), threads=threads)
        found.append(frontier(ground, ["people", "land"], 5, QUICK))
        for id, point in found[-1].alternatives.items():
            assert point.found.scale == scale_along(ground, id, QUICK).scale
    assert frontier_dataset(found[0]).identical(frontier_dataset(found[1]))


# ---- return flow: more people carry more land, until they take its water


def returning(folder, back=0.6):
    """People take 50 of their own and the rest from 60 that farms take too; 60 % of their use goes to the farms."""
    sections = kit.town_and_farms(
        50.0, 50.0, {"own": (50.0, "town"), "common": (60.0, "town farms")}, back=back
    )
    return kit.ground(folder, sections)


def land_at(people, back=0.6):
    """Land that people leave room for: own water first, then the common water."""
    return 60.0 - max(people - 50.0, 0.0) + back * people


def test_people_raise_the_land_that_is_carried_before_they_lower_it(tmp_path):
    found = frontier(returning(tmp_path), ["people", "land"], 17, Options(1e-5, 6, 3))
    pairs = [(point.amounts["people"], point.amounts["land"]) for point in found.points]
    for people, land in pairs[:-1]:
        if people < 109.9:  # beyond, people stop at the water that only they take
            assert land == pytest.approx(land_at(people), abs=0.01)
    lands = [land for _, land in pairs]
    peak = int(np.argmax(lands))
    assert 0 < peak < len(lands) - 1
    assert pairs[0] == (0.0, pytest.approx(60.0, abs=0.01))
    assert lands[peak] > 80.0
    assert [point.dominated for point in found.points[:peak]] == [True] * peak
    assert [point.raised for point in found.points[:2]] == [True, True]
    assert not any(point.raised for point in found.points[peak:])
    assert not found.points[peak].dominated
    assert not found.monotone
    assert not found.non_monotone  # along each ray all that is smaller holds
    assert frontier_dataset(found).attrs["frontier_monotone"] == 0


def test_without_return_flow_the_same_frontier_is_monotone(tmp_path):
    sections = kit.town_and_farms(50.0, 50.0, {"own": (50.0, "town"), "common": (60.0, "town farms")})
    found = frontier(kit.ground(tmp_path, sections), ["people", "land"], 9, Options(1e-4, 4, 2))
    for point in found.points:
        people, land = point.amounts["people"], point.amounts["land"]
        assert land <= land_at(people, back=0.0) + 0.01
    dominated = [point for point in found.points if point.dominated]
    assert all(point.amounts["people"] < 50.0 for point in dominated)
    assert found.monotone
    # up to 50 people cost the land nothing: there the frontier is flat, and only its corner is not dominated
    assert all(point.amounts["land"] == pytest.approx(60.0, abs=0.01) for point in dominated)


def test_what_holds_only_with_people_is_told_with_both_values(tmp_path):
    """A stream that reclaimed water alone feeds: nobody, no stream; too many, no water."""
    sections = kit.town_and_farms(50.0, 10.0, {"own": (75.0, "town"), "field": (100.0, "farms")}, back=0.6)
    sections["demands"]["stream"] = {
        "type": "public", "zone": "town", "need": kit.need(15.0), "guarantee": 0.5,
    }  # fmt: skip
    sections["links"] = kit.links(
        own_town="own town", field_farms="field farms", plant_stream="plant stream", plant_farms="plant farms"
    )
    sections["priorities"].append({"demands": ["stream"]})
    found = frontier(
        kit.ground(tmp_path, sections), ["people", "land"], 3, Options(1e-3, 10, 20),
        {"plan": {"people": 50.0, "land": 10.0}, "more": {"people": 80.0, "land": 10.0}},
    )  # fmt: skip
    alone = found.alternatives["people"]
    assert alone.found.status == INFEASIBLE  # with 0.5 x 50 people and fewer the stream gets less than 15
    assert np.isnan(alone.amounts["people"])
    assert alone.requirement == "demands.stream.guarantee"
    assert alone.found.non_monotone
    assert 0.5 <= alone.found.alternate <= 1.5
    assert found.plans["plan"].place == BEYOND
    assert found.plans["more"].place == OUTSIDE
    assert found.non_monotone
    told = frontier_dataset(found)
    assert np.isnan(told["alternative_carried"].sel(alternative="people", driver="people"))
    assert told["alternative_non_monotone"].sel(alternative="people") == 1
    assert told["alternative_alternate"].sel(alternative="people") == alone.found.alternate


# ---- cases


@pytest.fixture(scope="module")
def axes(tmp_path_factory):
    return kit.ground(tmp_path_factory.mktemp("axes"), kit.four_axes())


def test_case_four_axes(axes, tmp_path):
    question = axes.question
    mix = scale_along(axes, "mix", Options(1e-7, 4, 2))
    assert mix.scale == pytest.approx(1.169591, abs=1e-5)
    assert question.amounts("mix", mix.scale) == pytest.approx(
        {"people": 116.959, "land": 29.240, "production": 175.439, "city": 140.351}, abs=1e-3
    )
    alone = {id: scale_along(axes, id, Options(1e-7, 4, 2)) for id in kit.BASE}
    amounts = {id: question.amounts(id, found.scale)[id] for id, found in alone.items()}
    assert amounts == pytest.approx(
        {"people": 120.0, "land": 38.1818, "production": 391.667, "city": 192.5}, abs=1e-3
    )
    assert {id: found.status for id, found in alone.items()} == {
        "people": LIMITED, "land": FOUND, "production": FOUND, "city": FOUND,
    }  # fmt: skip
    assert question.room("people")[3] == "density"
    more = kit.ground(tmp_path, kit.four_axes(1000.0))
    assert scale_along(more, "mix").scale - mix.scale == pytest.approx(0.0584795, abs=2e-5)
    assert scale_along(more, "people").scale == alone["people"].scale  # the marginal value of water is 0


def test_four_axes_frontier_obeys_every_limit_and_names_what_binds(axes):
    found = frontier(axes, list(kit.BASE), 24, Options(1e-4, 3, 2))
    first = found.points[0]
    assert set(first.along.values()) == {1.0}  # the plan leads
    assert first.found.scale == pytest.approx(1.169591, abs=2e-4)
    water = land = 0
    for point in found.points:
        amounts = point.amounts
        crowded = kit.BASE["people"] * point.along["people"] > kit.BASE["city"] * point.along["city"]
        assert crowded == (point.found.status == INFEASIBLE)  # at any scale: then there is none
        if crowded:
            assert np.isnan(list(amounts.values())).all() and np.isnan(point.found.scale)
            assert point.limit == "density"
            land += 1
            continue
        use = {id: kit.NORMS[id] * amounts[id] for id in amounts}
        reclaimed = min(
            2500.0, 0.4 * use["people"] + 0.3 * use["production"],
            0.5 * use["production"] + 0.6 * use["city"],
        )  # fmt: skip
        carried = 17_500.0 + reclaimed
        assert use["land"] <= 14_500.0 * (1.0 + 1e-6)  # Yangtze water is not for land
        assert sum(use.values()) <= carried * (1.0 + 1e-5)
        assert amounts["people"] <= amounts["city"] * (1.0 + 1e-9)
        assert amounts["city"] <= 239.4 * (1.0 + 1e-9)
        if point.limit:
            land += 1
            assert point.limit in ("built", "density")
            assert not point.requirement
        elif use["land"] < 14_490.0:  # else Yangtze water is left over
            water += 1
            assert sum(use.values()) >= carried * (1.0 - 5e-4)
    assert water > 5
    assert land > 2
    assert {id: point.limit for id, point in found.alternatives.items()}["people"] == "density"


@pytest.mark.parametrize(("rate", "people"), [(0.0, 100.0), (0.2, 117.92), (0.4, 142.86), (1.0, 142.86)])
def test_case_reuse_cap(tmp_path, rate, people):
    ground = kit.ground(tmp_path, kit.reuse_cap(rate))
    found = scale_along(ground, "people")
    assert found.status == FOUND
    assert ground.question.amounts("people", found.scale)["people"] == pytest.approx(people, abs=0.01)


# ---- rays


def test_rays_are_the_same_every_time_and_fill_the_orthant():
    pair = rays(["a", "b"], 17)
    assert pair[0] == {"a": 0.0, "b": 1.0}
    assert pair[8] == pytest.approx({"a": 1.0, "b": 1.0})
    assert pair[16] == {"a": 1.0, "b": 0.0}
    many = np.array([list(ray.values()) for ray in rays(list("abcd"), 64)])
    assert np.array_equal(many, [list(ray.values()) for ray in rays(list("abcd"), 64)])
    assert np.array_equal(many[:10], [list(ray.values()) for ray in rays(list("abcd"), 10)])
    assert np.all(many.max(axis=1) == 1.0)
    assert np.all(many > 0.0)
    assert set(many.argmax(axis=1)) == {0, 1, 2, 3}
    unit = many / np.linalg.norm(many, axis=1, keepdims=True)
    # directions spread evenly over the orthant of a sphere: E x = Gamma(2) / (sqrt(pi) Gamma(2.5)) = 0.4244 for n = 4
    assert unit.mean(axis=0) == pytest.approx([0.42441] * 4, abs=0.03)
    assert (unit**2).mean(axis=0) == pytest.approx([0.25] * 4, abs=0.04)


def test_dataset_goes_through_netcdf(line, tmp_path):
    told = frontier_dataset(line)
    path = tmp_path / "frontier.nc"
    told.to_netcdf(path)
    with xr.open_dataset(path) as again:
        xr.testing.assert_allclose(again.load(), told)
    carried = told["point_carried"].sel(driver="people") + told["point_carried"].sel(driver="land")
    assert carried.values == pytest.approx(1000.0, abs=0.1)
    assert told["driver_unit"].values.tolist() == ["1e4 person", "1e4 mu"]
    assert told["plan_place"].values.tolist() == [INSIDE, INSIDE, OUTSIDE]
    for name, variable in told.data_vars.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["long_name_zh"], name


def test_plan_of_another_case_is_where_its_own_amounts_are(shared, tmp_path):
    sections = kit.town_and_farms(200.0, 150.0, {"river": (5000.0, "town farms")})
    other = kit.ground(tmp_path, sections).question
    assert plan_amounts(other) == pytest.approx({"people": 200.0, "land": 150.0})
    found = frontier(shared, ["land", "people"], 3, QUICK, {"early": plan_amounts(other)})
    assert found.plans["early"].point.found.scale == pytest.approx(1000.0 / 350.0, abs=3e-3)


def test_unbounded_is_named_and_no_number(tmp_path):
    """A harbour whose need is nothing: what does not use water is not stopped by it."""
    sections = kit.town_and_farms(400.0, 300.0, {"river": (1000.0, "town farms")})
    sections["demands"]["quay"] = {"type": "industry", "zone": "town", "need": kit.need(0.0)}
    sections["links"] |= kit.links(river_quay="river quay")
    sections["priorities"].append({"demands": ["quay"]})
    sections["capacity"]["drivers"]["trade"] = {"grows": ["quay"], "value_added": "7 亿元"}
    found = frontier(kit.ground(tmp_path, sections), ["people", "trade"], 3, QUICK)
    alone = found.alternatives["trade"]
    assert alone.found.status == UNBOUNDED
    assert np.isnan(alone.amounts["trade"])


# ---- bad input


def test_all_that_is_wrong_is_told_at_once(shared):
    plans = {"odd": {"people": -3.0}, "none": {"people": 0.0, "land": 0.0}}
    with pytest.raises(UsageError) as caught:
        frontier(shared, ["people", "peple", "people"], 2, plans=plans)
    text = str(caught.value)
    for part in (
        "there is no driver 'peple'",
        "did you mean 'people'",
        "2 rays",
        "each once",
        "has -3 of 'people'",
    ):
        assert part in text
    with pytest.raises(UsageError, match="is the origin"):
        frontier(shared, ["people", "land"], 3, plans={"none": plans["none"]})
    with pytest.raises(UsageError, match="two drivers or more"):
        frontier(shared, ["land"])


def test_a_rate_that_the_record_cannot_support_is_refused(tmp_path):
    sections = kit.town_and_farms(400.0, 300.0, {"river": (1000.0, "town farms")})
    sections["demands"]["town"]["guarantee"] = 0.95
    ground = kit.ground(tmp_path, sections, years=("2001-01", "2018-12"))
    with pytest.raises(ConfigError, match=r"18 years .* at most 0.9474.* 19 years or more"):
        frontier(ground, ["people", "land"], 3)
    enough = kit.ground(tmp_path, sections, years=("2001-01", "2019-12"))
    assert frontier(enough, ["people", "land"], 3, QUICK).points[1].found.status == FOUND
