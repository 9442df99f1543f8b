"""The verdict, before all else: what the water carries, what stops it, what helps; or how well users are supplied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from waterbal.capacity.admission_verdict import VERDICTS
from waterbal.capacity.search import STATUS
from waterbal.report.balance import share, volume
from waterbal.report.capacity import Verdict
from waterbal.report.capacity_extras import change_text, limit_names, texts
from waterbal.report.capacity_plan import PLAN
from waterbal.report.capacity_words import say as say_capacity
from waterbal.report.page.admissions import read
from waterbal.report.page.blocks import Block, Facts, Points, Section, State, States, Text
from waterbal.report.page.scenarios import sweep_lines
from waterbal.report.page.subject import Member, Subject
from waterbal.results.terms import UNCOUNTED, sector

RELIEFS = 3
"""Measures that the verdict names."""


def section(subject: Subject) -> Section:
    """Make the section."""
    blocks: list[Block] = []
    for number, verdict in enumerate(subject.verdicts):
        blocks += _capacity(subject, verdict, number)
    lines = [line for member in subject.members for line in _balance(subject, member)]
    for sweep, told in zip(subject.material.sweeps, subject.sweeps, strict=True):
        lines += sweep_lines(subject, sweep, told)
    for admission in subject.material.admissions:
        for one in read(admission).verdicts:
            name = getattr(one.name, subject.language)
            verdict_word = getattr(VERDICTS[one.verdict], subject.language)
            lines.append(subject.say("admission_line", project=name, verdict=verdict_word))
    if lines:
        blocks.append(Text(lines, "plain" if subject.verdicts else "lead"))
    return Section("verdict", subject.say("verdict"), blocks)


def _capacity(subject: Subject, verdict: Verdict, number: int) -> list[Block]:
    lang = subject.language
    lead = verdict.lead()
    blocks: list[Block] = []
    if verdict.caution():
        blocks.append(Text(verdict.caution(), "caution"))
    if len(subject.verdicts) > 1:
        blocks.append(Text([subject.study(number)]))
    blocks.append(Text(lead[:1], "lead"))
    if lead[1:]:
        blocks.append(Text(lead[1:], "caution"))
    by_horizon = subject.of_study(number, subject.say("by_horizon"))
    blocks.append(States([_horizon(subject, verdict, k) for k in verdict.horizons()], by_horizon))
    blocks.append(Text([*verdict.rest(), *_most_worth(subject, verdict)]))
    if "relief_change" in verdict.found:
        reliefs = _reliefs(subject, verdict)
        blocks.append(
            Points(reliefs, subject.say("three_reliefs")) if reliefs else Text([subject.say("no_relief")])
        )
    conditions: Mapping[str, Any] = json.loads(str(verdict.found.attrs.get("capacity_conditions", "{}")))
    pairs = [
        (
            say_capacity("horizon_condition" if name == "horizon" else name, lang),
            str(text[lang]),
        )
        for name, text in conditions.items()
        if text[lang]
    ]
    if pairs:
        blocks.append(Facts(pairs, subject.say("conditions")))
    return blocks


def _horizon(subject: Subject, verdict: Verdict, place: int) -> State:
    """Tell a planning year as a card."""
    scale = verdict.scale(place, verdict.focus)
    status = STATUS[int(verdict.found["capacity_status"].values[place, verdict.focus])]
    lines: list[str] = []
    if verdict.samples is not None:
        return _sampled(subject, verdict, place)
    if status == "unbounded":
        word = subject.say("unbounded")
    elif np.isnan(scale):
        word = subject.say("carries_none")
    else:
        coarse = "" if status == "limited" else verdict.plan.coarse(percent=True)
        word = _carries(subject, verdict, f"{100.0 * scale:.1f} %{coarse}")
        lines.append(_room(subject, verdict, place, scale))
    lines += _of_one(subject, verdict, place)
    return State(str(int(verdict.found["planning_year"].values[place])), word, "none", lines)


def _carries(subject: Subject, verdict: Verdict, scale: str) -> str:
    """Tell a scale as a share of the plan, or of that of what grows fastest where no scale is the plan."""
    if verdict.plan.on(verdict.focus):
        return subject.say("carries", scale=scale)
    fastest = verdict.plan.fastest(verdict.focus)
    return say_capacity("carries_off", subject.language, fastest=fastest, scale=scale)


def _room(subject: Subject, verdict: Verdict, place: int, scale: float) -> str:
    """Tell by how much a scale is above or below the plan, or what the plan itself says otherwise."""
    limits = verdict.plan.limits(place)
    if limits and scale >= PLAN:
        return say_capacity("plan_breaks", subject.language, limits=limits)
    if not verdict.plan.on(verdict.focus):
        return say_capacity("off_plan", subject.language)
    if scale < PLAN and verdict.plan.holds(place, verdict.focus):
        return say_capacity("plan_holds", subject.language)
    room = f"{abs(100.0 * (scale - PLAN)):.1f} %"
    return subject.say("headroom" if scale >= PLAN else "overshoot", share=room)


def _of_one(subject: Subject, verdict: Verdict, place: int) -> list[str]:
    """Tell how likely the plan of a scenario is too large, and what fails first."""
    lines = [subject.say("probability", value=verdict.probability(place, verdict.focus))]
    status = STATUS[int(verdict.found["capacity_status"].values[place, verdict.focus])]
    stops = verdict.stops(place, verdict.focus)
    if stops and status != "unbounded":
        lines.append(subject.say("first_fails", what=stops))
    return lines


def _sampled(subject: Subject, verdict: Verdict, place: int) -> State:
    """Tell a planning year as a card where uncertain inputs were sampled: the samples together, then one of them."""
    assert verdict.samples is not None
    median = verdict.samples.median(place, verdict.focus)
    if np.isinf(median):
        word = subject.say("unbounded")
    elif not median > 0.0:
        word = subject.say("carries_none")
    else:
        word = _carries(subject, verdict, f"{100.0 * median:.1f} %")
    mark = "：" if subject.language == "zh" else ": "
    own = [f"{verdict.sample}{mark}{line}" for line in _of_one(subject, verdict, place)]
    lines = [*verdict.samples.lines(place, verdict.focus), *own]
    return State(str(int(verdict.found["planning_year"].values[place])), word, "none", lines)


def _most_worth(subject: Subject, verdict: Verdict) -> list[str]:
    """Name the limit that matters most."""
    if "limit_worth" not in verdict.found:
        return []
    worth = np.nan_to_num(verdict.found["limit_worth"].values, posinf=np.inf)
    most = int(np.abs(worth).argmax())
    if worth[most] == 0.0:
        return [say_capacity("none_binds", subject.language)]
    name = limit_names(verdict.found, subject.language)[most]
    return [subject.say("most_worth", limit=name, change=_share(subject, worth[most]))]


def _share(subject: Subject, worth: float) -> str:
    """Tell what a limit is worth, in percent or in words."""
    return change_text(worth, subject.language) if np.isinf(worth) else f"{100.0 * worth:+.2f} %"


def _change(subject: Subject, change: float) -> str:
    """Tell what a measure changes, in percent of the plan or in words."""
    if np.isinf(change):
        return change_text(change, subject.language)
    return subject.say("relief_change", change=f"{100.0 * change:+.1f} %")


def _reliefs(subject: Subject, verdict: Verdict) -> list[str]:
    """Name the measures that help most per cost; those whose cost is not known come last."""
    found = verdict.found
    change, cost = found["relief_change"].values, found["relief_cost"].values
    helps = np.flatnonzero(change > 1e-9)
    per_cost = np.where(
        cost[helps] > 0.0, change[helps] / np.where(cost[helps] > 0.0, cost[helps], 1.0), np.inf
    )
    per_cost[np.isnan(cost[helps])] = 0.0
    names = texts(found, f"measure_name_{subject.language}")
    told = []
    for k in helps[np.argsort(-per_cost, kind="stable")][:RELIEFS]:
        lead = float(found["relief_lead_time"].values[k])
        known = subject.say("relief_lead", years=f"{lead:g}")
        unknown = say_capacity("unknown", subject.language)
        told.append(
            subject.say(
                "relief",
                measure=names[k],
                change=_change(subject, float(change[k])),
                cost=unknown if np.isnan(cost[k]) else f"{cost[k]:,.0f}",
                lead=subject.say("relief_lead_unknown") if np.isnan(lead) else known,
            )
        )
    return told


def _balance(subject: Subject, member: Member) -> list[str]:
    """Tell how well the users of a run are supplied."""
    lang = subject.language
    needs = member.told["needs"]
    if not needs:
        return []
    total, typical = needs[-1], member.told["record"]["typical_year"]
    told = [
        subject.say(
            "balance_line_typical" if typical else "balance_line",
            name=member.name,
            need=volume(total, "need"),
            supply=volume(total, "supply"),
            short=volume(total, "shortage"),
            share=share(total, "shortage_share"),
        )
    ]
    stop = "、" if lang == "zh" else ", "
    states = {state: _sectors(needs, state, lang) for state in ("not_met", "record_too_short")}
    if typical:
        told.append(getattr(UNCOUNTED, lang))
    elif states["not_met"]:
        told.append(subject.say("guarantees_missed", sectors=stop.join(states["not_met"])))
    elif not states["record_too_short"]:
        told.append(subject.say("guarantees_met"))
    if states["record_too_short"]:
        told.append(subject.say("guarantees_short", sectors=stop.join(states["record_too_short"])))
    driest = [year for year in member.told["years"] if year["kind"] == "driest"]
    if driest and not typical:
        told.append(subject.say("driest", year=driest[0]["year"], share=share(driest[0], "shortage_share")))
    return ["".join(told) if lang == "zh" else " ".join(told)]


def _sectors(needs: list[dict[str, Any]], state: str, language: str) -> list[str]:
    found = [line["sector"]["id"] for line in needs if line.get("guarantee") == state]
    return [getattr(sector(kind), language) for kind in dict.fromkeys(found)]
