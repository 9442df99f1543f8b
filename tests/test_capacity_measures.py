"""Capacities are compared in one measure, and what has no end is told: judged by hand on the town."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import capacitykit as kit
from waterbal.api import load as load_model
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.binding import binding_limits
from waterbal.capacity.judging import trials
from waterbal.capacity.nearby import first_step
from waterbal.capacity.relief import Relief, Reliefs, change_of
from waterbal.capacity.search import FOUND, INFEASIBLE, UNBOUNDED, Found, Options, run
from waterbal.capacity.sensitivity import screening
from waterbal.capacity.survey import begin
from waterbal.capacity.tornado import Nominal, at_quantile
from waterbal.capacity.trial import Ground
from waterbal.errors import ConfigError
from waterbal.model.base import Label
from waterbal.report.capacity import as_dict
from waterbal.report.capacity_tables import reliefs_table
from waterbal.report.capacity_verdict import Verdict
from waterbal.scenarios.measures import Measure
from waterbal.scenarios.study import load

COARSE = Options(1e-3, 2, 1)
FOLK = "folk: {times: demands.homes.people, low: 0.7, high: 1.3}"
NORM = "norm: {times: demands.homes.norm, low: 0.95, high: 1.05}"


def study(folder: Path, factors: list[str], size: int = 0, measures: str = "") -> Path:
    """The town with uncertain inputs, by samples and as it is."""
    kit.town(folder)
    own = "".join(f"    {factor}\n" for factor in factors)
    text = kit.STUDY.split("      half:")[0] + "baseline: {river: full}\nsampling:\n  method: sobol\n"
    text += f"  size: {size}\n  nominal: true\n  seed: 1\n  factors:\n{own}{measures}"
    return kit.write(folder, text, "scenarios.yaml")


def demand(focus: str, **more: Any) -> Demand:
    return Demand(options=COARSE, details=False, focus=focus, risk_realizations=0, **more)


@pytest.mark.long
def test_an_input_that_only_moves_the_plan_has_no_share_of_the_spread(tmp_path: Path) -> None:
    """People are (10 - 2) / norm whatever the plan is: all of the spread comes from the norm."""
    found = assess(study(tmp_path, [FOLK, NORM], 64), demand=demand("people", extras=("sensitivity",)))
    at = {str(id): k for k, id in enumerate(found["sensitivity_factor"].values)}
    first, delta = (found[f"sensitivity_input_{name}"].values for name in ("first", "delta"))
    assert first[at["norm"]] == pytest.approx(1.0, abs=0.02)
    assert delta[at["norm"]] > 3.0 * delta[at["folk"]]
    assert found.attrs["sensitivity_leading_en"].startswith("norm")


def test_samples_of_other_plans_are_told_in_multiples_of_one(tmp_path: Path) -> None:
    """In the proportions of the plan as it is, (4 x norm + 2) x scale = 10; of its own plan people would count."""
    nominal = Nominal(load(study(tmp_path, [FOLK, NORM], 4)), 0, "mix", 1, Options(1e-5, 2, 1))
    drawn = [s for s in nominal.study.scenarios if s.sample]
    given = []
    for scenario in drawn:
        folk, norm = scenario.sampled["folk"], scenario.sampled["norm"]
        given.append((scenario.sampled, Found(FOUND, 10.0 / (4.0 * folk * norm + 2.0))))
    inputs, carried = nominal.of_samples(given)
    assert inputs.shape == (4, 2) and np.ptp(inputs[:, 0]) > 0.1
    for (_, norm), one in zip(inputs, carried, strict=True):
        assert one.value == pytest.approx(10.0 / (4.0 * norm + 2.0), abs=3e-5)
    alone = Nominal(nominal.study, 0, "people", 1)
    given = [(s.sampled, Found(FOUND, 2.0 / s.sampled["folk"])) for s in drawn]
    assert [one.value for one in alone.of_samples(given)[1]] == pytest.approx([80.0] * 4)  # 40 of 1e4 at plan


def test_elementary_effects_are_of_one_plan_too(tmp_path: Path) -> None:
    found = screening(Nominal(load(study(tmp_path, [FOLK, NORM])), 0, "mix", 1, Options(1e-5, 2, 1)), 2, 1)
    effect = dict(zip(found.factors, found.effect, strict=True))
    assert effect["folk"] == pytest.approx(0.0, abs=1e-4)
    assert effect["norm"] == pytest.approx(10.0 / 5.8 - 10.0 / 6.2, rel=0.1)


def test_open_ends_are_quantiles_and_values_that_are_never_drawn_are_no_ends(tmp_path: Path) -> None:
    open_ = "folk: {times: demands.homes.people, distribution: lognormal, mean: 1.0, sd: 0.2}"
    cut = "norm: {times: demands.homes.norm, distribution: lognormal, mean: 1.0, sd: 0.2, high: 1.1}"
    values = "mill: {times: demands.mill.need, distribution: discrete, values: [0.5, 1, 1.2, 3], weights: [0, 1, 1, 0]}"
    path = study(tmp_path, [open_, cut, values])
    by_id = {factor.id: factor for factor in load(path).factors}

    def ends(id: str) -> list[Any]:
        return [at_quantile(by_id[id], q)[0].value for q in (0.0, 1.0)]

    s = math.sqrt(math.log(1.04))
    assert ends("folk") == pytest.approx([math.exp(-s * s / 2.0 + z * s) for z in (-2.3263479, 2.3263479)])
    below = 0.5 * (1.0 + math.erf((math.log(1.1) + s * s / 2.0) / s / math.sqrt(2.0)))
    low = ends("norm")[0]
    assert 0.5 * (1.0 + math.erf((math.log(low) + s * s / 2.0) / s / math.sqrt(2.0))) == pytest.approx(
        0.01 * below
    )
    assert ends("norm")[1] == 1.1
    assert ends("mill") == [1.0, 1.2]
    found = assess(path, demand=demand("people", extras=("sensitivity",)))
    assert found["sensitivity_input_low"].values.min() > 0.6  # of the people too, whose end at 0 was refused
    path.write_text(path.read_text(encoding="utf-8").replace("high: 1.1", "high: -1"), encoding="utf-8")
    with pytest.raises(ConfigError, match="lognormal values are above 0"):
        load(path)


ROOFS = """sources:
  river: {{type: river_intake, capacity: {river} 万m3/d}}
  roofs: {{type: rain_harvest, zone: town, area: {area} km2, runoff_coefficient: 0.5, capture: 0.8}}
links:
  river_parks: {{from: river, to: parks{by_river}}}
  roofs_parks: {{from: roofs, to: parks{by_roofs}}}
  river_homes: {{from: river, to: homes}}
demands:
  homes: {{type: residential, zone: town, people: 40 万人, norm: 100 L/(person d), guarantee: 0.7}}
  parks: {{type: green, zone: town, area: 10 km2, depth: {depth} mm/yr, guarantee: 0.7}}
priorities: [{{demands: [homes]}}, {{demands: [parks]}}]
"""
CITY = "capacity:\n  drivers:\n    city: {grows: [green, rain_harvest]}\n"


@pytest.mark.parametrize(
    ("given", "scale", "roofs"),
    [
        # parks need 10 k, the river leaves 4 and the roofs give 4 k, all of it: below the plan they bind
        ({"river": 8, "area": 20, "depth": 3650, "by_river": "", "by_roofs": ""}, 2.0 / 3.0, True),
        # parks need 6 k, 1 + 9.5 reach them, the roofs offer 8 k = 14: used to 68 %, 19 % above their limit at plan
        ({"river": 12, "area": 40, "depth": 2190, "by_river": ", capacity: 1 万m3/d",
          "by_roofs": ", capacity: 9.5 万m3/d"}, 1.75, False),
    ],
)  # fmt: skip
def test_a_source_that_grows_binds_where_what_it_offers_then_is_used(
    tmp_path: Path, given: dict[str, Any], scale: float, roofs: bool
) -> None:
    head = kit.HEAD.replace("rain: 0 mm/d", "rain: 5 mm/d")
    ground = Ground(load_model(kit.town(tmp_path, CITY, ROOFS.format(**given), head)), 1)
    found = run([begin(ground, "city")], trials(ground.ready()), Options(1e-4, 2, 1))[0]
    assert found.scale == pytest.approx(scale, abs=2e-4)
    told = [limit.path for limit in binding_limits(ground, "city", found)]
    assert ("sources.roofs.hydrology" in told) is roofs


def test_a_measure_that_bounds_what_nothing_stopped_is_no_relief(tmp_path: Path) -> None:
    """Judged by homes, which come first, production has no end; served first itself, it leaves homes 10 - 2 k >= 4."""
    kit.town(tmp_path, kit.CAPACITY + "  directions:\n    p: {along: {production: 1}, judged_by: [homes]}\n")
    order = "larger gate}, set: {priorities: [{demands: [mill]}, {demands: [homes]}]}"
    text = kit.STUDY.replace("larger gate}, set: {sources.river.capacity: 12 万m3/d}", order)
    path = kit.write(tmp_path, text, "study.yaml")
    own = Demand(options=COARSE, focus="p", only=("river=full",), risk_realizations=0, budget=450.0)
    found = assess(path, (), own)
    ids = [str(id) for id in found["measure_id"].values]
    assert ids[-1] == "gate"
    assert found["relief_change"].values.tolist() == [0.0, 0.0, -np.inf]
    assert found["relief_scale"].values[-1] == pytest.approx(3.0, abs=2e-3)
    told = as_dict(found)
    assert json.dumps(told, allow_nan=False)
    assert told["portfolio"]["measures"] == []
    assert [one["status"] for one in told["relief"]] == ["unbounded", "unbounded", "found"]
    words = list(reliefs_table(Verdict(found, "en")).columns[1].cells)
    assert words[-1] == "bounded then, not before"


@pytest.mark.parametrize(
    ("base", "found", "change"),
    [
        (Found(UNBOUNDED), Found(FOUND, 3.0), -np.inf),
        (Found(UNBOUNDED), Found(UNBOUNDED), 0.0),
        (Found(UNBOUNDED), Found(INFEASIBLE), -np.inf),
        (Found(FOUND, 3.0), Found(UNBOUNDED), np.inf),
        (Found(FOUND, 3.0), Found(INFEASIBLE), -3.0),
        (Found(FOUND, 3.0), Found(FOUND, 3.0005), 0.0),
        (Found(INFEASIBLE), Found(FOUND, 3.0), 3.0),
        (Found(INFEASIBLE), Found(INFEASIBLE), 0.0),
    ],
)
def test_changes_between_all_ways_a_search_ends(base: Found, found: Found, change: float) -> None:
    assert change_of(base, found, 0.0, 1e-3) == change


@pytest.mark.parametrize(("river", "judged", "status"), [(10, ", judged_by: [homes]", "unbounded"),
                                                         (3, "", "infeasible_at_zero")])  # fmt: skip
def test_records_judged_alone_say_how_their_search_ended(
    tmp_path: Path, river: int, judged: str, status: str
) -> None:
    more = kit.CAPACITY + f"  directions:\n    free: {{along: {{production: 1}}{judged}}}\n"
    model = kit.town(tmp_path, more, kit.TOWN.replace("capacity: 10", f"capacity: {river}"))
    found = assess(model, (), Demand(options=COARSE, details=False, alone=("free",), risk_realizations=0))
    flags = dict(
        zip(
            found["capacity_status_alone"].attrs["flag_values"].tolist(),
            found["capacity_status_alone"].attrs["flag_meanings"].split(),
            strict=True,
        )
    )
    told = {one["direction"]: one["alone"] for one in as_dict(found)["capacities"]}
    for d, direction in enumerate(map(str, found["direction_id"].values)):
        (code,) = found["capacity_status_alone"].values[0, d].tolist()
        assert flags[code] == (status if direction == "free" else "not_sought")
    assert told["free"] == {"status": [status], "scale": [None]} and told["people"] is None


def test_an_end_without_limit_is_told_apart_in_json(tmp_path: Path) -> None:
    """With a river of 1e5 even the people that the search ends at, 1024 times the plan, are carried."""
    water = "water: {set: sources.river.capacity, unit: 万m3/d, low: 1, high: 100000}"
    found = assess(study(tmp_path, [water]), demand=demand("people", extras=("sensitivity",)))
    told = as_dict(found)
    assert json.dumps(told, allow_nan=False)
    own = told["sensitivity"]["variables"]
    assert own["input_at_high"]["values"] == [None]
    assert own["input_at_high_status"]["values"] == ["unbounded"]
    assert own["input_at_low_status"]["values"] == ["infeasible_at_zero"]  # the mill alone takes 2


def test_searches_near_a_known_capacity_begin_with_a_tenth_of_it() -> None:
    assert first_step(2.0) == pytest.approx(0.2) and first_step(0.0) == 0.01


def test_the_flow_that_stays_in_a_river_is_a_limit(tmp_path: Path) -> None:
    """Of 10 a day 2 stay: the mill takes 2, people 4 per unit; 1 % more of the 8 is 0.08, 1 % less of the 2 is 0.02."""
    river = "{type: catchment, runoff: 10 万m3/d, instream_flow: 2 万m3/d}"
    text = kit.TOWN.replace("{type: river_intake, capacity: 10 万m3/d}", river)
    path = kit.write(tmp_path, kit.HEAD + text + kit.CAPACITY)
    found = assess(path, (), Demand(directions=("people",), options=COARSE))
    assert float(found["capacity_scale"][0, 0]) == pytest.approx(1.5, abs=1e-3)
    worths = dict(zip(found["limit_id"].values.astype(str), found["limit_worth"].values, strict=True))
    assert worths["sources.river.hydrology"] == pytest.approx(0.02, abs=2e-4)
    assert worths["sources.river.instream"] == pytest.approx(0.005, abs=2e-4)


class Together(Reliefs):
    """Measures of which two help only together, among many that help a little."""

    def _search(self, names: tuple[str, ...], threads: int) -> Relief:
        self.runs += 1
        scale = 1.0 + 0.004 * len(names) + (0.5 if {"plant", "pipe"} <= set(names) else 0.0)
        found = Found(status=FOUND, scale=scale)
        cost = sum(self.known[name].cost or 0.0 for name in names)
        return Relief(names, cost, 0.0, found, "", change_of(self.base, found, 0.0, 1e-3))


def test_measures_that_help_only_together_are_found_among_many() -> None:
    """Twelve measures of 10 within a budget of 40 are 793 sets; step by step neither plant nor pipe is ever taken."""
    names = ["plant", "pipe", *(f"m{n}" for n in range(10))]
    measures = {n: Measure(n, Label(zh=n, en=n), (), 10.0, "assumed", 1.0, ()) for n in names}
    reliefs = Together(lambda _: None, measures, 1, "mix", Found(scale=1.0), COARSE)  # type: ignore[arg-type,return-value]
    best = reliefs.portfolio(40.0)
    assert not best.exhaustive
    assert best.best is not None and {"plant", "pipe"} <= set(best.best.measures)
    assert best.best.change == pytest.approx(0.5 + 0.016)
    assert reliefs.runs < 250
