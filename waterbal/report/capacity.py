"""The verdict on capacities: what a mayor reads, and the tables behind it; all from the dataset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.required import counted
from waterbal.capacity.search import STATUS
from waterbal.report import capacity_data, capacity_extras, capacity_frontier, capacity_tornado
from waterbal.report.capacity_data import number
from waterbal.report.capacity_extras import text_at, texts
from waterbal.report.capacity_tables import (
    directions_table,
    horizons_table,
    limits_table,
    reliefs_table,
    scenarios_table,
    tables,
)
from waterbal.report.capacity_verdict import Verdict
from waterbal.report.capacity_words import say
from waterbal.report.titled import print_titled

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

__all__ = ["Verdict", "as_dict", "directions_table", "horizons_table", "limits_table", "not_water", "overshoot_notes",
           "portfolio", "probability_note", "reliefs_table", "render", "scenarios_table", "star", "tables"]  # fmt: skip


def render(found: xr.Dataset, language: str, console: Console) -> None:
    """Print the verdict and its tables.

    Parameters
    ----------
    found : Dataset
        As ``waterbal.capacity.assessment.assess`` gives it.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where to print.
    """
    verdict = Verdict(found, language)
    title = found.attrs.get("title_zh" if language == "zh" else "title", "")
    console.print(title, style="bold", markup=False, highlight=False)
    for line in verdict.lines():
        console.print(line, markup=False, highlight=False)
    for line in capacity_extras.lines(found, language):
        console.print(line, markup=False, highlight=False)
    more = [
        *capacity_extras.tables(found, language),
        *capacity_frontier.tables(found, language),
        *capacity_tornado.tables(found, language),
    ]
    for table in [*tables(verdict), *more]:
        console.print()
        print_titled(table, console)
    for line in [*capacity_tornado.notes(found, language), *_after(verdict)]:
        console.print(line, markup=False, highlight=False)


def _after(v: Verdict) -> list[str]:
    """Tell what marks mean, the portfolio, how the probability is counted, and the conditions."""
    lang, attrs = v.language, v.found.attrs
    told = [*star(v), *not_water(v)] + (v.ceiling() if "relief_change" in v.found else []) + portfolio(v)
    conditions = json.loads(attrs.get("capacity_conditions", "{}"))
    told += ["", probability_note(v), *overshoot_notes(v)]
    told.append(say("conditions", lang))
    for name, text in conditions.items():
        key = "horizon_condition" if name == "horizon" else name
        if text[lang]:
            told.append(f"  {say(key, lang)}{'：' if lang == 'zh' else ': '}{text[lang]}")
    return told


def star(v: Verdict) -> list[str]:
    """Say what a star beside a scale means, where there is one."""
    marked = (v.found["capacity_non_monotone"].values == 1).any()
    return [say("star", v.language)] if marked else []


def not_water(v: Verdict) -> list[str]:
    """Say where measures can change nothing because it is not the water that stops the growth."""
    status = STATUS[int(v.found["capacity_status"].values[v.base, v.focus])]
    if status != "limited" or "relief_change" not in v.found:
        return []
    limit = text_at(v.found, f"binding_limit_name_{v.language}", v.base, v.focus)
    return [say("relief_not_water", v.language, limit=limit)]


def probability_note(v: Verdict) -> str:
    """Tell how the probability is counted, or why there is none."""
    attrs = v.found.attrs
    known = bool(np.isfinite(v.found["exceedance_probability"].values).all())
    note = "probability_note" if known else "probability_none"
    if known and all(v.tried(k, v.focus) or v.plan.limits(k) for k in v.horizons()):
        note = "probability_note_tried"
    count, years = int(attrs.get("realizations", 1)), int(attrs.get("record_years", 0))
    return say(
        note, v.language, count=count, years=years, records=counted(count, "record"), span=counted(years, "year"),
        direction=v.directions[v.focus],
    )  # fmt: skip


def overshoot_notes(v: Verdict) -> list[str]:
    """Tell in how many records the plan of each planning year fails, and how many more would narrow the interval."""
    told = []
    for k in v.horizons():
        year = int(v.found["planning_year"].values[k])
        if v.plan.limits(k):
            told.append(say("overshoot_limit", v.language, year=year, limits=v.plan.limits(k)))
            continue
        if not v.tried(k, v.focus):
            continue
        failures, records, more = (
            int(v.found[f"overshoot_{name}"].values[k]) for name in ("failures", "records", "more_needed")
        )
        target = f"{100 * float(v.found.attrs['overshoot_target']):g} %"
        enough = say(
            "overshoot_more" if more else "overshoot_enough", v.language, more=f"{more:,}", target=target
        )
        told.append(
            say("overshoot", v.language, year=year, failures=f"{failures:,}", records=f"{records:,}",
                probability=v.probability(k, v.focus), enough=enough)
        )  # fmt: skip
    return told


def portfolio(v: Verdict) -> list[str]:
    """Tell the best measures within the budget; nothing where there was none."""
    known = capacity_data.portfolio(v.found)
    if known is None:
        return []
    if not known["measures"]:
        return [say("portfolio_none", v.language, budget=f"{known['budget']:,.0f}")]
    ids = texts(v.found, "measure_id")
    names = dict(zip(ids, texts(v.found, f"measure_name_{v.language}"), strict=True))
    measures = ("、" if v.language == "zh" else ", ").join(names.get(m, m) for m in known["measures"])
    how = say("exhaustive" if known["exhaustive"] else "greedy", v.language)
    if known.get("unpriced"):
        without = ("、" if v.language == "zh" else ", ").join(names.get(m, m) for m in known["unpriced"])
        how += say("unpriced", v.language, measures=without)
    return [
        say(
            "portfolio", v.language, budget=f"{known['budget']:,.0f}", measures=measures,
            cost=f"{known['cost']:,.0f}", how=how,
            change=say("unbounded_then", v.language) if known["change"] is None else f"+{known['change']:.3f}",
            next=_after_portfolio(v, known),
        )
    ]  # fmt: skip


def _after_portfolio(v: Verdict, known: dict[str, Any]) -> str:
    """Name what binds after the best set of measures."""
    id = known.get("next") or ""
    if not id:
        return "–"
    stops = v.requirement(id, known.get(f"next_{v.language}") or id)
    limit = known.get(f"next_limit_{v.language}")
    return say("then_limit", v.language, stops=stops, limit=limit) if limit else stops


def hopeless(found: xr.Dataset) -> bool:
    """Tell whether the verdict is that nothing is carried: of the baseline, along the direction that it is about.

    Either the requirements fail even with none of it, or they hold with none of it alone.
    """
    verdict = Verdict(found, "en")
    place = (verdict.base, verdict.focus)
    return verdict.status(*place) == "infeasible_at_zero" or verdict.scale(*place) == 0.0


def as_dict(found: xr.Dataset) -> dict[str, Any]:
    """Return the capacities and all that is told of the baseline as plain data, for programs.

    Parameters
    ----------
    found : Dataset
        As ``waterbal.capacity.assessment.assess`` gives it.

    Returns
    -------
    dict
        ``capacities`` of every scenario and direction, ``overshoot`` by scenario, ``samples``, ``naive_scale``,
        ``conditions``; of the baseline ``first_failure``, ``limits``, ``relief`` and ``portfolio``; ``frontier``,
        ``balances``, ``bound``, ``load``, ``risk`` and ``sensitivity`` where ``--with`` asked for them, each with its
        ``variables`` (``dims``, ``units``, ``values``) and ``attributes``; ``not_told``: why parts are missing.
    """
    verdict = Verdict(found, "en")
    rows = []
    for k, id in enumerate(verdict.ids):
        for d, direction in enumerate(verdict.direction_ids):
            rows.append(
                {
                    "scenario": id,
                    "direction": direction,
                    "status": STATUS[int(found["capacity_status"].values[k, d])],
                    "scale": number(found["capacity_scale"].values[k, d]),
                    "fails": number(found["capacity_fails"].values[k, d]),
                    "non_monotone": bool(found["capacity_non_monotone"].values[k, d]),
                    "alternate": number(found["capacity_alternate"].values[k, d]),
                    "amounts": {
                        driver: number(value)
                        for driver, value in zip(
                            texts(found, "driver_id"), found["capacity_amount"].values[k, d], strict=True
                        )
                    },
                    "lowest_scale": verdict.plan.lowest(k, d),
                    "through_plan": verdict.plan.on(d),
                    "plan_holds": verdict.plan.holds(k, d),
                    "plan_limits": verdict.plan.limit_ids(k),
                    "requirement": text_at(found, "binding_requirement_id", k, d) or None,
                    "limit": text_at(found, "binding_limit_id", k, d) or None,
                    "date": text_at(found, "binding_date_id", k, d) or None,
                    "exceedance_probability": number(found["exceedance_probability"].values[k, d]),
                    "alone": capacity_data.alone(found, k, d),
                }
            )
    return {
        "plan_grade": found.attrs.get("plan_grade"),
        "baseline": found.attrs.get("baseline"),
        "capacities": rows,
        "overshoot": {
            id: {
                "direction": str(found.attrs["overshoot_direction"]),
                **{
                    name: number(found[f"overshoot_{name}"].values[k])
                    for name in ("probability", "low", "high", "records", "failures", "more_needed")
                },
            }
            for k, id in enumerate(verdict.ids)
            if "overshoot_probability" in found and np.isfinite(found["overshoot_probability"].values[k])
        },
        "samples": {} if verdict.samples is None else verdict.samples.as_dict(),
        "naive_scale": dict(zip(verdict.ids, (number(p) for p in found["naive_scale"].values), strict=True)),
        "search": {
            name: number(found.attrs[f"search_{name}"])
            for name in ("tolerance", "audit_below", "audit_above")
            if f"search_{name}" in found.attrs
        },
        "conditions": json.loads(found.attrs.get("capacity_conditions", "{}")),
        **capacity_data.details(found),
        **capacity_data.parts(found),
        "not_told": capacity_data.not_told(found),
    }
