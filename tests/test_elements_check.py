"""What the checks find, all at once, with the place and the nearest name."""

from __future__ import annotations

import pytest

from tests.elementkit import model, problems, river, town
from waterbal.model.check import check

PLANT = {"type": "reclaimed", "capacity": "9 万m3/d", "recovery": 1.0}
LAKE = {
    "type": "reservoir", "zone": "town", "capacity": "100 万m3", "dead": "10 万m3", "initial_share": 0.5,
    "shape": {"full_area": "1 km2", "exponent": 0.1}, "evaporation_factor": 1, "seepage": "0 mm/d",
}  # fmt: skip


def base(**more):
    """A sound model, with some sections replaced or added to."""
    sections = {
        "sources": {"stream": river()},
        "links": {"pipe": {"from": "stream", "to": "use"}},
        "demands": {"use": town()},
    }
    for name, part in more.items():
        sections[name] = sections.get(name, {}) | part if isinstance(part, dict) and name != "time" else part
    return sections


def test_a_sound_model_has_no_problems():
    assert check(model(**base())) == []


@pytest.mark.parametrize(
    ("sections", "path", "words", "near"),
    [
        (base(demands={"use": town(zone="twn")}), "demands.use.zone", "'twn' is not a zone", "town"),
        (base(links={"b": {"from": "strem", "to": "use"}}), "links.b.from", "not a source", "stream"),
        (base(links={"b": {"from": "stream", "to": "us"}}), "links.b.to", "not works, a store or a demand", "use"),
        (base(links={"b": {"from": "stream", "to": "stream_2"}}), "links.b.to", "not works", ""),
        (base(demands={"use": town(returns=[{"to": "rivr", "share": 0.5}])}), "demands.use.returns.0.to",
         "not a place that takes returns", ""),
        (base(links={"pipe": {"from": "stream", "to": "use", "loss": 0.1, "loss_to": "stream", "loss_recharge": 1}}),
         "links.pipe.loss_to", "not an aquifer", ""),
        (base(works={"use": {"type": "junction"}}), "demands.use", "already the name of one of works", ""),
        (base(sources={"outside": river()}), "sources.outside", "already the name of the outside", ""),
        (base(demands={"public": town()}), "demands.public", "name of a type", ""),
        (base(quotas={"q": {"of": ["strean"], "volume": "1 万m3/yr", "reset_month": 1}}), "quotas.q.of.0",
         "not a source, link or quota", "stream"),
        (base(quotas={"q": {"of": ["r"], "volume": "1 万m3/yr", "reset_month": 1},
                      "r": {"of": ["q"], "volume": "1 万m3/yr", "reset_month": 1}}), "quotas.q.of",
         "contains itself", ""),
        (base(drought={"d": {"stores": ["lake"], "tiers": [{"below": 0.5, "factors": {"use": 0.5}}]}}),
         "drought.d.stores.0", "not a store", ""),
        (base(stores={"lake": LAKE}, drought={"d": {"stores": ["lake"], "tiers": [
            {"below": 0.5, "factors": {"publc": 0.5}}]}}), "drought.d.tiers.0.factors.publc", "not a demand", "public"),
        (base(priorities=[{"demands": ["publik"]}]), "priorities.0.demands.0", "not a demand or type", "public"),
        (base(priorities=[{"demands": ["use"]}, {"demands": ["use"]}]), "priorities.1.demands.0", "already", ""),
        (base(priorities=[]), "demands.use", "in no class", ""),
        (base(stores={"lake": LAKE}, reserve={"mode": "curve"}, priorities=[{"demands": ["use"]},
              {"reserve": ["lake"]}]), "priorities.1.reserve.0", "has no reserve curve", ""),
        (base(sources={"stream": river(grade="raww")}, grades=["raw"]), "sources.stream.grade", "not a water grade",
         "raw"),
        (base(demands={"far": town()}), "demands.far", "out of reach: no link leads to it", ""),
        (base(works={"w": {"type": "junction"}}, demands={"far": town()}, links={"b": {"from": "w", "to": "far"}}),
         "demands.far", "no path leads to it from a source", ""),
        (base(demands={"use": town(need={"annual": {2005: "1 万m3/yr", 2010: "2 万m3/yr"}})}),
         "demands.use.need.annual", "values for 2005 to 2010, but the planning years of the run are 2001", ""),
        (base(sources={"stream": river(runoff={"series": "flw"})}, series={"flow": {
            "file": "a.csv", "column": "x", "kind": "rate", "units": "m3/s"}}), "sources.stream.runoff",
         "no series 'flw'", "flow"),
        (base(sources={"stream": river(runoff={"series": "flow"})}, series={"flow": {
            "file": "a.csv", "column": "x", "kind": "depth", "units": "mm"}}), "sources.stream.runoff",
         "is of kind 'depth'", ""),
        (base(climate={"rain": None}, stores={"lake": LAKE}), "stores.lake", "depends on the rain of zone 'town'", ""),
        (base(time={"start": "2001-02", "end": "2002-01", "step": "month"}, sources={"basin": {
            "type": "catchment", "zone": "town", "rain_response": {
                "mean": "5 万m3/yr", "exponent": 2, "months": [0.05] * 8 + [0.15] * 4}}}),
         "sources.basin.rain_response", "not whole calendar years", ""),
        (base(sources={"roofs": {"type": "rain_harvest", "zone": "town", "area": "1 km2", "runoff_coefficient": 0.5,
                                 "first_flush": "2 mm"}}), "sources.roofs", "needs the number of events", ""),
        (base(links={"pipe": {"from": "stream", "to": "use", "capacity": "1 万m3/d", "minimum": "2 万m3/d"}}),
         "links.pipe.minimum", "above the capacity", ""),
        (base(sources={"plant": PLANT}, demands={"use": town(returns=[{"to": "plant", "share": 0.6},
                                                                      {"to": "outside", "share": 0.5}])}),
         "demands.use", "1.1 of what is delivered is returned", ""),
    ],
)  # fmt: skip
def test_a_problem_is_found_with_its_place(sections, path, words, near):
    found = problems(**sections)
    hits = [problem for problem in found if problem[0] == path and words in problem[1]]
    assert hits, found
    assert hits[0][3] == near


def test_a_listed_reserve_may_rest():
    lake = {"lake": LAKE | {"reserve": {"share_of_active": 0.5}}}
    listed = [{"reserve": ["lake"]}, {"demands": ["use"]}]
    assert problems(**base(stores=lake, priorities=listed, reserve={"mode": "none"})) == []


def test_all_problems_are_given_at_once():
    found = problems(**base(
        demands={"use": town(zone="twn"), "far": town(zone="tow")}, links={"b": {"from": "x", "to": "y"}},
        priorities=[{"demands": ["nobody"]}],
    ))  # fmt: skip
    assert {problem[0] for problem in found} >= {
        "demands.use.zone", "demands.far.zone", "links.b.from", "links.b.to", "priorities.0.demands.0",
        "demands.use", "demands.far",
    }  # fmt: skip


def reuse(share, recovery, loss=0.0, **plant):
    return base(
        sources={"plant": PLANT | {"recovery": recovery} | plant},
        links={"back": {"from": "plant", "to": "use", "loss": loss}},
        demands={"use": town(returns=[{"to": "plant", "share": share}])},
    )


def test_a_reuse_loop_without_loss_is_refused():
    (path, message, _, _), *_ = problems(**reuse(1.0, 1.0))
    assert path == "links.back"
    assert "plant -> use -> plant" in message or "use -> plant -> use" in message


@pytest.mark.parametrize(
    "sections",
    [reuse(0.999, 1.0), reuse(1.0, 0.99), reuse(1.0, 1.0, 0.01), reuse(1.0, 1.0, collection=0.9),
     reuse(1.0, 1.0, use_rate=0.6)],
)  # fmt: skip
def test_a_reuse_loop_with_any_loss_is_accepted(sections):
    assert problems(**sections) == []


def test_returns_of_one_demand_to_two_plants_add_up_in_a_loop():
    def two(share):
        return base(
            sources={"p1": PLANT, "p2": PLANT},
            links={"b1": {"from": "p1", "to": "use"}, "b2": {"from": "p2", "to": "use"}},
            demands={"use": town(returns=[{"to": "p1", "share": share}, {"to": "p2", "share": share}])},
        )

    assert any("without loss" in problem[1] for problem in problems(**two(0.5)))
    assert problems(**two(0.49)) == []


def test_links_in_a_circle_need_a_loss():
    circle = {
        "ab": {"from": "a", "to": "b"},
        "ba": {"from": "b", "to": "a"},
        "in": {"from": "stream", "to": "a"},
    }
    works = {"a": {"type": "junction"}, "b": {"type": "junction"}}
    assert any(
        "a -> b -> a" in p[1] or "b -> a -> b" in p[1] for p in problems(**base(works=works, links=circle))
    )
    circle["ab"] = circle["ab"] | {"loss": 0.01}
    assert problems(**base(works=works, links=circle)) == []


def test_a_path_of_the_wrong_grade_is_refused_and_treatment_changes_the_grade():
    sections = base(
        grades=["raw", "potable"],
        sources={"stream": river(grade="raw")},
        works={"plant": {"type": "treatment", "capacity": "9 万m3/d", "grade": "potable"},
               "fork": {"type": "junction"}},
        links={"pipe": {"from": "plant", "to": "use"}, "raw": {"from": "stream", "to": "fork"},
               "in": {"from": "fork", "to": "plant"}},
        demands={"use": town(accepts=["potable"])},
    )  # fmt: skip
    assert problems(**sections) == []
    sections["links"]["short"] = {"from": "fork", "to": "use"}
    (path, message, _, _), *_ = problems(**sections)
    assert path == "demands.use.accepts"
    assert "water of grade 'raw' from 'stream' can reach 'use'" in message
