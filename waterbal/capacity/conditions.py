"""The conditions that a capacity holds under: sources, works, quotas, mix, what is required, rules, search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from waterbal.api import Case
from waterbal.capacity.question import UNITS, Question, driver_number
from waterbal.capacity.required import counted, judged, limits, requirements, search, target, together
from waterbal.capacity.search import Options
from waterbal.capacity.support import complete_years
from waterbal.model.base import label
from waterbal.model.hydrology import Observed
from waterbal.model.rows import Rows
from waterbal.results.names import Labels, name_of
from waterbal.results.terms import DRIVER_UNITS, in_units

GRADES = ("found", "derived", "assumed")
"""From firm to weak."""


def conditions(
    case: Case, question: Question, realizations: int, options: Options
) -> dict[str, dict[str, str]]:
    """Tell the conditions of a capacity, by name in Chinese and English; what there is nothing to tell of is left out.

    Parameters
    ----------
    case : Case
        The future.
    question : Question
        What was asked of it.
    realizations : int
        Records it was judged by.
    options : Options
        How thoroughly was searched.
    """
    model, rows = case.model, case.rows()
    built = {row.id for row in rows.nodes if _last(row.capacity) > 0.0 and np.isfinite(_last(row.capacity))}
    built |= {row.id for row in rows.stores if _last(row.capacity) > 0.0}
    works = {
        id: element for group in (model.stores, model.works) for id, element in group.items() if id in built
    }
    reserve = {"none": ("不预留", "no reserves"), "curve": ("按旱限水位预留", "reserve curves"),
               "planned": ("按计划预留", "planned reserves")}[rows.reserve.mode]  # fmt: skip
    axis = rows.axis
    years = f"{axis.year[0]}–{axis.year[-1]}"
    classes = counted(len(model.priorities), "class", "classes")
    alike = _alike(case, realizations)
    told = {
        "sources": {language: _labels(model.sources, language) for language in ("zh", "en")},
        "works": {language: _labels(works, language) for language in ("zh", "en")},
        "quotas": _quotas(case, rows),
        "mix": {language: _mix(question, language) for language in ("zh", "en")},
        "limits": limits(question),
        "target": target(rows),
        **requirements(case, question),
        "counts": judged(case),
        "rules": {
            "zh": f"{len(model.priorities)} 级优先序，{reserve[0]}",
            "en": f"{classes} of priority, {reserve[1]}",
        },
        "horizon": {
            "zh": f"水平年 {axis.planning_year[-1]}，{realizations} 个水文样本 × {years} 年{alike['zh']}",
            "en": f"planning year {axis.planning_year[-1]}, {counted(realizations, 'record')} of {years}{alike['en']}",
        },
        "together": together(question, realizations, complete_years(axis)),
        "search": search(options),
    }
    nothing = {"zh": "无", "en": "none"}
    always = ("sources", "works", "quotas", "target")
    return {
        name: text if text["en"] else nothing for name, text in told.items() if text["en"] or name in always
    }


def _alike(case: Case, realizations: int) -> dict[str, str]:
    """Say where records are one and the same in another order, so that they are less evidence than their number."""
    hydrology = case.model.hydrology
    if not isinstance(hydrology, Observed) or not hydrology.rotate or realizations < 2:
        return {"zh": "", "en": ""}
    return {
        "zh": "（同一系列轮换起始年，并非独立样本，各区间偏窄）",
        "en": " (one record begun in other years, not independent ones: intervals are too narrow)",
    }


def _last(values: Any) -> float:
    return float(np.ravel(values)[-1])


def _labels(elements: Any, language: str) -> str:
    names = dict.fromkeys(label(id, element.name, language) for id, element in elements.items())
    return ("、" if language == "zh" else ", ").join(names)


def _quotas(case: Case, rows: Rows) -> dict[str, str]:
    """Tell the yearly volume of every quota in the last year."""
    names = Labels.from_config(case.loaded.config).elements
    told: dict[str, list[str]] = {"zh": [], "en": []}
    for row in rows.quotas:
        volume = _last(row.volume)
        if not np.isfinite(volume):
            continue
        name = name_of(row.id, names)
        told["zh"].append(f"{name.zh} {volume:,.0f} 万m³/年")
        told["en"].append(f"{name.en} {volume:,.0f} × 10^4 m³/yr")
    return {"zh": "、".join(told["zh"]), "en": ", ".join(told["en"])}


def _mix(question: Question, language: str) -> str:
    parts = []
    for driver in question.drivers.values():
        name = driver.name.zh if language == "zh" else driver.name.en
        unit = getattr(DRIVER_UNITS[UNITS[driver.kind]], language)
        parts.append(in_units(f"{driver.at(1.0):,.4g}", unit, name))
    return ("规划：" if language == "zh" else "plan: ") + ("、" if language == "zh" else ", ").join(parts)


def plan_grade(case: Case, question: Question) -> str:
    """Return the weakest grade of the numbers that the plan of the drivers is made of."""
    spec = case.model.capacity
    assert spec is not None
    found: list[str] = []
    for id, driver in question.drivers.items():
        stated = spec.drivers[id].stated
        grades = [stated] if stated is not None else list(_numbers(case, driver))
        found += [number.grade for number in grades]
    return max(found, key=GRADES.index, default="assumed")


def _numbers(case: Case, driver: Any) -> Iterable[Any]:
    rows = case.rows()
    ids = [rows.demands[d].id for d in driver.demands] + [rows.sources[s].id for s in driver.sources]
    return [number for number in (driver_number(case.model, id) for id in ids) if number is not None]
