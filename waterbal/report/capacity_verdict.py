"""What a dataset of capacities says, in sentences and words; all from the dataset."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.samples import SAMPLE
from waterbal.capacity.search import LARGEST, STATUS
from waterbal.report.capacity_extras import text_at, texts
from waterbal.report.capacity_plan import Plan
from waterbal.report.capacity_samples import of_samples, sample_of
from waterbal.report.capacity_words import UNIT_WORDS, requirement, say
from waterbal.report.chances import chance
from waterbal.results.terms import in_units, sector

if TYPE_CHECKING:
    import xarray as xr

NEAR = 2e-3
"""Scales that differ by less are told as the same [-]."""
MIX = "mix"
"""Direction that the naive formula speaks of: it freezes the mix."""


class Verdict:
    """What a dataset of capacities says, in one language."""

    def __init__(self, found: xr.Dataset, language: str) -> None:
        """Read names and the baseline."""
        self.found, self.language = found, language
        self.scenarios = texts(found, f"scenario_name_{language}")
        self.ids = texts(found, "scenario_id")
        self.directions = texts(found, f"direction_name_{language}")
        self.direction_ids = texts(found, "direction_id")
        self.drivers = texts(found, f"driver_name_{language}")
        self.units = [getattr(UNIT_WORDS[u], language) for u in texts(found, "driver_units_id")]
        baseline = str(found.attrs.get("baseline", ""))
        self.base = self.ids.index(baseline) if baseline in self.ids else len(self.ids) - 1
        focus = str(found.attrs.get("details_direction", found.attrs.get("capacity_focus", "")))
        preferred = [focus, "mix", *self.direction_ids]
        self.focus = self.direction_ids.index(next(d for d in preferred if d in self.direction_ids))
        self.sample = sample_of(found, self.base, language)
        self.samples = of_samples(found, language)
        self.plan = Plan(found, language)

    def scale(self, scenario: int, direction: int) -> float:
        """Return the scale of a capacity [-], nan where there is none."""
        return float(self.found["capacity_scale"].values[scenario, direction])

    def scale_text(self, scenario: int, direction: int) -> str:
        """Tell a scale as multiple of the plan, or how the search ended."""
        status = self.status(scenario, direction)
        value = self.scale(scenario, direction)
        mark = " *" if int(self.found["capacity_non_monotone"].values[scenario, direction]) else ""
        if status == "unbounded":
            return ("不受限" if self.language == "zh" else "unbounded") + mark
        if np.isnan(value):
            return ("不成立" if self.language == "zh" else "none") + mark
        return f"{value:.3f}{'' if status == 'limited' else self.plan.coarse()}{mark}"

    def status(self, scenario: int, direction: int) -> str:
        """Tell how the search of a capacity ended, by the word of the dataset."""
        return STATUS[int(self.found["capacity_status"].values[scenario, direction])]

    def naive(self, scenario: int, *directions: int) -> str:
        """Tell the scale by the naive formula; a dash beside directions of which none is the mix of the plan."""
        if directions and not any(self.plan.on(one) and self._comparable(one) for one in directions):
            return "–"
        scale = float(self.found["naive_scale"].values[scenario])
        return say("no_limit", self.language) if np.isposinf(scale) else f"{scale:z.3f}"

    def _comparable(self, direction: int) -> bool:
        """Tell whether the naive formula, which lets all uses grow in their mix, speaks of a direction."""
        return self.direction_ids[direction] == MIX or len(self.drivers) == 1

    def amounts(self, scenario: int, direction: int) -> str:
        """Tell what the drivers that grow come to at a capacity."""
        values = self.found["capacity_amount"].values[scenario, direction]
        plan = self.found["plan_amount"].values[scenario]
        scale = self.scale(scenario, direction)
        if np.isnan(scale):
            return ""
        alone = self.direction_ids[direction]
        grows = () if self.plan.on(direction) else self.plan.growing(direction)
        told = [
            in_units(f"{value:,.4g}", unit, name)
            for id, name, unit, value, planned in zip(
                texts(self.found, "driver_id"), self.drivers, self.units, values, plan, strict=True
            )
            if id == alone
            or id in grows
            or abs(value - planned) > 1e-9 * max(1.0, planned)
            or abs(scale - 1.0) < 1e-9
        ]
        return ("、" if self.language == "zh" else ", ").join(told)

    def stops(self, scenario: int, direction: int) -> str:
        """Tell what stops a capacity: a requirement, a limit that is not water, nothing."""
        status = self.status(scenario, direction)
        parts = []
        limit = text_at(self.found, f"binding_limit_name_{self.language}", scenario, direction)
        if status == "limited":
            parts.append(say("limited", self.language, limit=limit))
        elif status == "infeasible_at_zero" and limit:
            none = self.plan.no_room(scenario, direction, limit)
            parts.append(none or say("infeasible_at_floor", self.language, limit=limit))
        elif status != "found":
            parts.append(say(status, self.language))
        id = text_at(self.found, "binding_requirement_id", scenario, direction)
        if id == "minimum flow":
            parts.append(say("minimum_flow", self.language))
        elif id:
            parts.append(
                self.requirement(
                    id, text_at(self.found, f"binding_requirement_name_{self.language}", scenario, direction)
                )
            )
        if int(self.found["capacity_non_monotone"].values[scenario, direction]):
            alternate = float(self.found["capacity_alternate"].values[scenario, direction])
            key = "non_monotone" if alternate < LARGEST else "non_monotone_on"
            parts.append(say(key, self.language, alternate=f"{alternate:.3f}"))
        return ("；" if self.language == "zh" else "; ").join(parts)

    def requirement(self, id: str, name: str) -> str:
        """Name a requirement: who, and which of its targets."""
        return requirement(id, name, self.language)

    def then(self, measure: int) -> str:
        """Tell what binds once a measure is taken: the requirement, and the limit that is worth most where known."""
        if f"relief_next_name_{self.language}" not in self.found:
            return ""
        id = text_at(self.found, "relief_next_id", measure)
        stops = self.requirement(id, text_at(self.found, f"relief_next_name_{self.language}", measure))
        limit = text_at(self.found, f"relief_next_limit_name_{self.language}", measure)
        return say("then_limit", self.language, stops=stops, limit=limit) if limit else stops

    def ceiling(self) -> list[str]:
        """Say where the best measures all end at one scale, because the same limit stops them."""
        if "relief_next_limit_id" not in self.found:
            return []
        change, scale = (self.found[f"relief_{name}"].values for name in ("change", "scale"))
        helping = [k for k in range(change.size) if change[k] > 1e-9]
        known = [k for k in helping if text_at(self.found, "relief_next_limit_id", k)]
        ids = [text_at(self.found, "relief_next_limit_id", k) for k in known]
        told = []
        for id, _ in Counter(ids).most_common():
            own = [k for k, other in zip(known, ids, strict=True) if other == id]
            level = scale[own[0]]
            others = {k for k, other in zip(known, ids, strict=True) if other != id}
            alike = [k for k in helping if abs(scale[k] - level) <= NEAR and k not in others]
            if len(alike) > 1:
                names = texts(self.found, f"measure_name_{self.language}")
                told.append(
                    say(
                        "ceiling", self.language, scale=f"{level:.3f}",
                        measures=("、" if self.language == "zh" else ", ").join(names[k] for k in alike),
                        limit=text_at(self.found, f"relief_next_limit_name_{self.language}", own[0]),
                    )
                )  # fmt: skip
                break
        return told

    def lines(self) -> list[str]:
        """Tell the verdict in sentences."""
        return [*self.caution(), *self.lead(), *self.rest()]

    def caution(self) -> list[str]:
        """Say that the plan is assumed, where it is."""
        return [say("plan_assumed", self.language)] if self.found.attrs.get("plan_grade") == "assumed" else []

    def lead(self) -> list[str]:
        """Tell how much is carried, and after it what must be read with that number."""
        lang, samples = self.language, self.samples
        if self.sample is not None and samples is not None and samples.count(self.base) > 1:
            words = samples.words(self.base, self.focus)
            key = "headline_samples" if self.plan.on(self.focus) else "headline_samples_off"
            fastest = self.plan.fastest(self.focus)
            told = say(key, lang, direction=self.directions[self.focus], fastest=fastest, **words)
        else:
            told = self._headline(self.focus)
        return [told, *self._read_with()]

    def _headline(self, direction: int) -> str:
        """Tell how much of the plan is carried along a direction, and whether it is the water that ends it."""
        lang, scale, name = self.language, self.scale(self.base, direction), self.directions[direction]
        status = self.status(self.base, direction)
        if status == "unbounded":
            return say("headline_unbounded", lang, direction=name)
        if np.isnan(scale):
            why = self._hopeless(direction) or self.stops(self.base, direction)
            return say("headline_none", lang, direction=name, why=why)
        limit = text_at(self.found, f"binding_limit_name_{lang}", self.base, direction)
        key = "headline_limited" if status == "limited" else "headline"
        off = not self.plan.on(direction)
        return say(
            f"{key}_off" if off else key, lang, direction=name, limit=limit,
            fastest=self.plan.fastest(direction) if off else "", scale=self._percent_of_plan(direction),
            amounts=self.amounts(self.base, direction),
        )  # fmt: skip

    def _read_with(self) -> list[str]:
        """Tell of the plan's own limits, of where scales begin, of what is not monotone, and of how was searched."""
        lang, place = self.language, (self.base, self.focus)
        told = []
        if MIX in self.direction_ids and self.direction_ids[self.focus] != MIX:
            mix = self.direction_ids.index(MIX)
            if self.status(self.base, mix) == "infeasible_at_zero":
                told.append(self._headline(mix))
        limits, lowest, scale = self.plan.limits(self.base), self.plan.lowest(*place), self.scale(*place)
        wanted = str(self.found.attrs.get("study_baseline", ""))
        if wanted and wanted not in self.ids:
            told.append(say("other_baseline", lang, wanted=wanted, scenario=self.scenarios[self.base]))
        if not self.plan.on(self.focus):
            factors = self.plan.proportions(self.focus)
            told.append(say("off_plan_verdict", lang, direction=self.directions[self.focus], factors=factors))
        if limits:
            told.append(say("plan_breaks_verdict", lang, limits=limits))
        if lowest > 0.0 and not np.isnan(scale):
            floor = self.plan.lowest_limit(*place)
            told.append(say("from_lowest", lang, lowest=f"{100.0 * lowest:.1f} %", limit=floor))
        if int(self.found["capacity_non_monotone"].values[place]):
            told.append(self._not_monotone())
        return told + self.plan.search_notes()

    def _not_monotone(self) -> str:
        """Say what fails below what holds, and whether the plan itself holds."""
        place = (self.base, self.focus)
        fails, alternate = (
            f"{100.0 * float(self.found[f'capacity_{name}'].values[place]):.1f} %"
            for name in ("fails", "alternate")
        )
        holds = self.plan.holds(*place) and not self.scale(*place) >= 1.0
        key = "not_monotone_plan_holds" if holds else "not_monotone"
        if float(self.found["capacity_alternate"].values[place]) >= LARGEST:
            alternate = say("no_end", self.language)
        return say(key, self.language, fails=fails, alternate=alternate)

    def rest(self) -> list[str]:
        """Tell of which sample figures are, what fails first, how it was judged, and the naive formula."""
        lang, found = self.language, self.found
        scale = self.scale(self.base, self.focus)
        told = [*self._sampled(), *self._failure(), *self._judged_apart()]
        naive = float(found["naive_scale"].values[self.base])
        relation = "naive_none" if np.isnan(scale) else "naive_above" if naive > scale else "naive_below"
        if abs(naive - scale) <= NEAR:
            relation = "naive_same"
        if np.isfinite(naive) and self._comparable(self.focus):
            limited = self.status(self.base, self.focus) == "limited"
            key, limit = "naive_limited" if limited else "naive_note", self.stops(self.base, self.focus)
            words = {"relation": say(relation, lang), "limit": limit}
            told.append(say(key, lang, naive=f"{100 * naive:.1f} %", **words))
        return told

    def _hopeless(self, direction: int) -> str:
        """Say which requirement is missed even with none of what grows; empty where that is not why."""
        scenario = self.base
        status = self.status(scenario, direction)
        limit = text_at(self.found, f"binding_limit_name_{self.language}", scenario, direction)
        id = text_at(self.found, "binding_requirement_id", scenario, direction)
        if status != "infeasible_at_zero" or limit or not id or id == "minimum flow":
            return ""
        name = text_at(self.found, f"binding_requirement_name_{self.language}", scenario, direction)
        return say("infeasible_requirement", self.language, requirement=self.requirement(id, name))

    def _sampled(self) -> list[str]:
        """Say which sample figures are of; nothing without samples."""
        if self.sample is None:
            return []
        samples = self.samples
        if samples is None or samples.count(self.base) < 2:
            drawn = int(self.found[SAMPLE].values[self.base]) > 0
            return [say("sample_only", self.language, sample=self.sample)] if drawn else []
        name, scale = self.directions[self.focus], self._percent_of_plan(self.focus)
        off = not self.plan.on(self.focus)
        return [
            say(
                "sample_is_off" if off else "sample_is", self.language, sample=self.sample, direction=name,
                scale=scale, fastest=self.plan.fastest(self.focus) if off else "",
            )
        ]  # fmt: skip

    def _percent_of_plan(self, direction: int) -> str:
        """Tell the scale of the baseline in percent, or how the search ended."""
        scale = self.scale(self.base, direction)
        if not np.isfinite(scale):
            return self.scale_text(self.base, direction)
        exact = self.status(self.base, direction) == "limited"
        return f"{100 * scale:.1f} %{'' if exact else self.plan.coarse(percent=True)}"

    def _judged_apart(self) -> list[str]:
        """Say why a probability and a capacity need not agree; nothing where both are of one and the same record."""
        attrs, told = self.found.attrs, self.probability(self.base, self.focus)
        alone = int(attrs.get("realizations", 1)) < 2 and not self.tried(self.base, self.focus)
        none = np.isnan(self.scale(self.base, self.focus))
        if told == "–" or alone or none or self.plan.limits(self.base) or not self.plan.on(self.focus):
            return []
        return [
            say(
                "judged_apart", self.language, probability=told.split(" (")[0],
                scale=self._percent_of_plan(self.focus), years=int(attrs.get("record_years", 0)),
                count=int(attrs.get("realizations", 1)),
            )
        ]  # fmt: skip

    def _failure(self) -> list[str]:
        text = self.found.attrs.get("first_failure")
        if not text:
            return []
        known = json.loads(text)
        names = [getattr(sector(kind), self.language) for kind in known["sector"].split(", ") if kind]
        zone = known[f"zone_{self.language}"]
        if known["requirement"] == "minimum flow":
            what = say("minimum_flow", self.language)
        else:
            name = known.get(f"name_{self.language}", known["requirement"])
            what = "、".join(names) or self.requirement(known["requirement"], name)
        if zone:
            what = say("in_zone", self.language, sector=what, zone=zone)
        return [
            say(
                "fails_first", self.language, what=what, date=known["date"], start=known["critical_from"],
                months=known["critical_months"], realization=known["realization"],
            )
        ]  # fmt: skip

    def horizons(self) -> list[int]:
        """Return the scenarios that differ from the baseline in the planning year only, in order of years."""
        axis = str(self.found.attrs.get("horizon_axis", ""))
        if not axis or axis not in self.found.coords:
            return [self.base]
        axes = [
            name
            for name, values in self.found.coords.items()
            if values.dims == ("scenario",)
            and name != axis
            and not str(name).startswith(("scenario_", "same_as"))
        ]
        alike = [
            k
            for k in range(len(self.ids))
            if all(_same(self.found[name].values[k], self.found[name].values[self.base]) for name in axes)
        ]
        return sorted(alike, key=lambda k: int(self.found["planning_year"].values[k]))

    def probability(self, scenario: int, direction: int) -> str:
        """Tell the probability that the plan is more than is carried, with its interval or the limit it breaks."""
        limits = self.plan.limits(scenario)
        if limits:
            return say("probability_by_limit", self.language, limits=limits)
        if self.tried(scenario, direction):
            value, low, high = (
                float(self.found[f"overshoot_{name}"].values[scenario])
                for name in ("probability", "low", "high")
            )
        else:
            value, low, high = (
                float(self.found[name].values[scenario, direction])
                for name in ("exceedance_probability", "exceedance_low", "exceedance_high")
            )
        if np.isnan(value):
            return "–"
        return f"{chance(value)} % ({chance(low)}–{chance(high)})"

    def tried(self, scenario: int, direction: int) -> bool:
        """Tell whether the plan was tried in more records than the capacity was searched in."""
        return (
            "overshoot_records" in self.found
            and self.direction_ids[direction] == str(self.found.attrs["overshoot_direction"])
            and int(self.found["overshoot_records"].values[scenario]) > 0
        )


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values of an axis are the same; so are two that are missing, as where nothing was sampled."""
    return bool(one == other or (one != one and other != other))
