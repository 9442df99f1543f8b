"""Quotas, restriction plans and the priority list."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from tests.elementkit import model, river, rows, town

RIVER = {"q": {"file": "x.csv", "column": "q", "kind": "rate", "units": "m3/s"}}
YEARS = {"start": "2001-01", "end": "2004-12", "step": "month"}
SOURCES = {"a": river(), "b": river(), "c": river()}
LAKE = {
    "type": "reservoir", "zone": "town", "capacity": "100 万m3", "dead": "10 万m3", "initial_share": 0.5,
    "shape": {"full_area": "1 km2", "exponent": 0.1}, "evaporation_factor": 1, "seepage": "0 mm/d",
    "reserve": {"share_of_active": 0.5},
}  # fmt: skip


def quota(fields, data=None, **sections):
    base = {"of": ["a"], "volume": "1000 万m3/yr", "reset_month": 7}
    lowered = rows(data, sources=SOURCES, quotas={"x": base | fields}, time=YEARS, **sections)
    return lowered.quotas[0]


def test_a_quota_year_begins_in_its_month():
    cut = {"by_quota_year": {2001: 0.681, 2003: 0.84}, "otherwise": 1.0}
    volume = quota({"cut": cut}).volume
    assert volume[:6].tolist() == [1000.0] * 6
    np.testing.assert_allclose(volume[6:18], 681.0)
    np.testing.assert_allclose(volume[18:30], 1000.0)
    np.testing.assert_allclose(volume[30:42], 840.0)


def test_a_volume_by_year_is_held_through_the_quota_year():
    volume = quota({"volume": {2001: "1000 万m3/yr", 2004: "1300 万m3/yr"}}).volume
    np.testing.assert_allclose(volume[[0, 5, 6, 17, 18, 47]], [1000, 1000, 1000, 1000, 1100, 1300])


def test_carry_over_weights_and_start():
    row = quota({"of": ["a", "b"], "weights": {"b": 0.5}, "carry_over": 0.1, "initial": "300 万m3"})
    assert (row.members, row.carry_over, row.initial) == ([("a", 1.0), ("b", 0.5)], 0.1, 300.0)
    assert quota({}).initial is None


def test_a_cut_follows_the_mean_flow_of_the_years_before():
    points = [{"flow": "141 亿m3/yr", "factor": 0.561}, {"flow": "159 亿m3/yr", "factor": 0.68},
              {"flow": "208 亿m3/yr", "factor": 1.0}]  # fmt: skip
    annual = np.array([208e4, 110e4, 208e4, 500e4])
    flow = np.repeat(annual / [365, 365, 365, 366], 12)
    cut = {"flow": {"series": "q"}, "years": 2, "points": points, "first": 0.9}
    volume = quota({"cut": cut, "reset_month": 1}, {"q": flow}, series=RIVER).volume
    assert volume[[0, 12, 24, 36]] == pytest.approx([900.0, 1000.0, 680.0, 680.0], rel=1e-12)


def test_nested_quotas_count_their_members():
    quotas = {
        "q_all": {
            "of": ["q_river", "c"],
            "volume": "10 万m3/yr",
            "reset_month": 1,
            "weights": {"q_river": 0.5},
        },
        "q_river": {"of": ["a", "b"], "volume": "5 万m3/yr", "reset_month": 7},
    }
    lowered = rows(sources=SOURCES, quotas=quotas)
    assert dict(lowered.quotas[0].members) == {"a": 0.5, "b": 0.5, "c": 1.0}
    assert dict(lowered.quotas[1].members) == {"a": 1.0, "b": 1.0}


def test_a_plant_without_a_withdrawal_counts_by_its_links():
    lowered = rows(
        sources={"plant": {"type": "reclaimed", "capacity": "1 万m3/d", "recovery": 0.9}},
        links={"l1": {"from": "plant", "to": "use"}},
        demands={"use": town(returns=[{"to": "plant", "share": 0.5}])},
        quotas={"q": {"of": ["plant"], "volume": "5 万m3/yr", "reset_month": 1}},
    )
    assert lowered.quotas[0].members == [("l1", 1.0)]


def test_restrictions_name_demands_or_types():
    lowered = rows(
        stores={"lake": LAKE},
        demands={"p1": town(), "p2": town(), "lawn": town(type="green")},
        drought={"plan": {"stores": ["lake"], "tiers": [{"below": 0.5, "factors": {"public": 0.9, "p2": 0.95}},
                                                        {"below": 0.2, "factors": {"green": 0.0}}]}},
    )  # fmt: skip
    row = lowered.restrictions[0]
    assert row.threshold.tolist() == [0.5, 0.2]
    assert {k: v.tolist() for k, v in row.factor.items()} == {"p1": [0.9, 1], "p2": [0.95, 1], "lawn": [1, 0]}


def test_the_priority_list_names_types_demands_and_parts():
    lowered = rows(
        stores={"lake": LAKE},
        demands={
            "p1": town(), "p2": town(), "vip": town(),
            "farm": town(type="irrigation", tiers=[{"label": "base", "share": 0.3}, {"label": "rest", "share": 0.7}]),
            "lawn": town(type="green", tiers=[{"label": "u", "share": 0.5}, {"label": "v", "share": 0.5}]),
        },
        priorities=[
            {"demands": ["vip", "farm/base"], "sharing": "first_listed"},
            {"reserve": ["lake"]},
            {"demands": ["public"]},
            {"demands": ["farm/rest", "green"], "sharing": "equal_volume"},
        ],
        reserve={"mode": "curve"},
    )  # fmt: skip
    assert [(level.kind, level.members, level.sharing) for level in lowered.levels] == [
        ("demands", ["vip", "farm/base"], "first_listed"),
        ("reserve", ["lake"], "equal_share"),
        ("demands", ["p1", "p2"], "equal_share"),
        ("demands", ["farm/rest", "lawn/u", "lawn/v"], "equal_volume"),
    ]
    assert lowered.demands[3].tiers == [(0.3, "base"), (0.7, "rest")]


def test_reserve_options_pass_through():
    options = rows(reserve={"mode": "planned", "dependability": 0.9, "last_class": False}).reserve
    assert (options.mode, options.dependability, options.need_quantile, options.last_class) == (
        "planned", 0.9, 0.5, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"priorities": [{"demands": ["public"], "reserve": ["lake"]}]}, "either demands or reserve"),
        ({"priorities": [{"reserve": ["lake"], "sharing": "equal_share"}]}, "sharing belongs to demands"),
        ({"drought": {"d": {"stores": ["lake"], "tiers": [{"below": 0.2, "factors": {"x": 1}},
                                                          {"below": 0.5, "factors": {"x": 1}}]}}}, "falling storage"),
        ({"quotas": {"q": {"of": ["a", "a"], "volume": "1 万m3/yr", "reset_month": 1}}}, "named twice"),
        ({"quotas": {"q": {"of": ["a"], "volume": "1 万m3/yr", "reset_month": 1, "weights": {"b": 1}}}},
         "not a member"),
        ({"time": YEARS | {"start": "2005-01"}}, "before it starts"),
        ({"time": YEARS | {"warm_up": "two years"}}, "no length of a warm-up"),
        ({"time": YEARS | {"warm_up": "5 years"}}, "longer than the run"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(sections, words):
    with pytest.raises(ValidationError, match=words):
        model(**sections)
