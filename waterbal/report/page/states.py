"""Warning levels: who misses a guarantee in each zone, and how loaded the caps are; colours with their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from waterbal.capacity.thresholds import threshold_sets
from waterbal.report.capacity_extras import texts
from waterbal.report.capacity_words import say as say_capacity
from waterbal.report.page.blocks import Block, Section, State, States, Text
from waterbal.report.page.subject import DRAWN, Subject, baseline
from waterbal.results import pooled
from waterbal.results.metrics import NO_GUARANTEE, NOT_COUNTED, NOT_MET, RECORD_TOO_SHORT
from waterbal.results.terms import sector

if TYPE_CHECKING:
    import xarray as xr

LEVEL: Mapping[str, str] = {
    "residential": "red",
    "rural": "red",
    "public": "orange",
    "industry": "orange",
    "irrigation": "yellow",
    "green": "yellow",
    "river_ecology": "yellow",
    "lake_ecology": "yellow",
}
"""Warning level of a zone in which a sector misses its guarantee."""
ORDER = ("green", "none", "yellow", "orange", "red")
"""Levels, the best first."""


def section(subject: Subject) -> Section | None:
    """Make the section."""
    blocks: list[Block] = []
    for member in subject.members[: min(len(subject.material.runs), DRAWN)]:
        blocks += _zones(subject, member.results, member.name)
    for sweep in subject.material.sweeps:  # of which members have the first realization alone
        place = baseline(sweep)
        name = str(sweep[f"scenario_name_{subject.language}"].values[place])
        blocks += _zones(subject, sweep.isel(scenario=[place]), name)
    if blocks:
        blocks.append(Text([subject.say("rule_of_states")], "note"))
    for number in range(len(subject.verdicts)):
        blocks += _loads(subject, number)
    return Section("states", subject.say("states"), blocks) if blocks else None


def _zones(subject: Subject, results: xr.Dataset, name: str) -> list[Block]:
    """Judge every zone by the guarantees of its users; typical years have none to be judged by."""
    if "guarantee_state" not in results or "zone_id" not in results.coords:
        return []
    if (results["guarantee_state"].values == NOT_COUNTED).all():
        return []
    lang = subject.language
    found = pooled.annual(results, "demand")
    judged, required = pooled.state(results, found)[0], pooled.required(results)[0]
    rates, lowest = found.pooled[0], found.lowest[0]
    several = results.sizes["realization"] > 1
    zones, kinds = results["demand_zone"].values, results["demand_sector"].values
    states = []
    for id, label in zip(results["zone_id"].values, results[f"zone_name_{lang}"].values, strict=True):
        level, lines, asked = "green", [], False
        for kind in dict.fromkeys(kinds[zones == id]):
            here = (zones == id) & (kinds == kind)
            asked |= bool((judged[here] != NO_GUARANTEE).any())
            missed = np.flatnonzero(here & (judged == NOT_MET))
            if missed.size:
                worst = missed[rates[missed].argmin()]
                told = {"value": f"{rates[worst]:.1%}", "required": f"{required[worst]:.0%}"}
                told |= {"lowest": f"{lowest[worst]:.1%}"} if several else {}
                key = "missed_lowest" if several else "missed"
                lines.append(subject.say(key, sector=getattr(sector(str(kind)), lang), **told))
                level = max(level, LEVEL.get(str(kind), "yellow"), key=ORDER.index)
            elif (judged[here] == RECORD_TOO_SHORT).any():
                level = max(level, "none", key=ORDER.index)
        if not asked:
            level, lines = "none", [subject.say("no_guarantee")]
        states.append(State(str(label), subject.say(f"level_{level}"), level, lines))
    legend = [subject.say(f"state_{colour}") for colour in ("green", "yellow", "orange", "red", "none")]
    return [States(states, subject.say("zone_states", name=name), legend)]


def _loads(subject: Subject, number: int) -> list[Block]:
    """Tell the load state of the caps."""
    found, lang = subject.verdicts[number].found, subject.language
    if "load_value" not in found:
        return []
    spec = threshold_sets().get(str(found.attrs.get("load_set", "")))
    bands = [getattr(band.name, lang) for band in spec.bands] if spec else []
    states = []
    for id, name, band, value, use, limit in zip(
        texts(found, "load_element_id"), texts(found, f"load_element_name_{lang}"),
        texts(found, f"load_band_name_{lang}"), found["load_value"].values, found["load_use"].values,
        found["load_limit"].values, strict=True,
    ):  # fmt: skip
        counted = say_capacity("load_needed" if id.endswith("needed") else "load_used", lang)
        told = subject.say("load_detail", counted=counted, use=f"{use:,.0f}", limit=f"{limit:,.0f}",
                           value=f"{value:.3f}")  # fmt: skip
        states.append(State(name, band, _colour(bands, band), [told]))
    grade = subject.say(f"grade_{found.attrs.get('load_set_grade', 'assumed')}")
    name = getattr(spec.name, lang) if spec else str(found.attrs.get("load_set", ""))
    version = str(found.attrs.get("load_set_version", ""))
    title = subject.say("load_states", set=name, version=version, grade=grade)
    return [States(states, subject.of_study(number, title))]


def _colour(bands: list[str], band: str) -> str:
    """Give the best band green, the next yellow, the last red, those between orange."""
    if band not in bands:
        return "none"
    place = bands.index(band)
    return "red" if place == len(bands) - 1 else ("green", "yellow", "orange")[min(place, 2)]
