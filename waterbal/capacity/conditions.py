"""The conditions that a capacity holds under: sources, works, quotas, mix, target, rules, horizon."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from waterbal.api import Case
from waterbal.capacity.question import UNITS, Question, driver_number
from waterbal.model.base import label
from waterbal.model.rows import Rows
from waterbal.results.names import Labels, name_of
from waterbal.results.terms import DRIVER_UNITS, SECTORS, in_units

GRADES = ("found", "derived", "assumed")
"""From firm to weak."""


def conditions(case: Case, question: Question, realizations: int) -> dict[str, dict[str, str]]:
    """Tell the seven conditions of a capacity, by name in Chinese and English.

    Parameters
    ----------
    case : Case
        The future.
    question : Question
        What was asked of it.
    realizations : int
        Records it was judged by.
    """
    model, rows = case.model, case.rows()
    sources = {"zh": _labels(model.sources, "zh"), "en": _labels(model.sources, "en")}
    built = {row.id for row in rows.nodes if _last(row.capacity) > 0.0 and np.isfinite(_last(row.capacity))}
    built |= {row.id for row in rows.stores if _last(row.capacity) > 0.0}
    works = {
        id: element for group in (model.stores, model.works) for id, element in group.items() if id in built
    }
    reserve = {"none": ("不预留", "no reserves"), "curve": ("按旱限水位预留", "reserve curves"),
               "planned": ("按计划预留", "planned reserves")}[rows.reserve.mode]  # fmt: skip
    axis = rows.axis
    years = f"{axis.year[0]}–{axis.year[-1]}"
    return {
        "sources": sources,
        "works": {lang: _labels(works, lang) for lang in ("zh", "en")},
        "quotas": _quotas(case, rows),
        "mix": {lang: _mix(question, lang) for lang in ("zh", "en")},
        "target": _target(rows),
        "rules": {
            "zh": f"{len(model.priorities)} 级优先序，{reserve[0]}",
            "en": f"{len(model.priorities)} classes of priority, {reserve[1]}",
        },
        "horizon": {
            "zh": f"水平年 {axis.planning_year[-1]}，{realizations} 个水文样本 × {years} 年",
            "en": f"planning year {axis.planning_year[-1]}, {realizations} records of {years}",
        },
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
    return {"zh": "、".join(told["zh"]) or "无", "en": ", ".join(told["en"]) or "none"}


def _mix(question: Question, language: str) -> str:
    parts = []
    for driver in question.drivers.values():
        name = driver.name.zh if language == "zh" else driver.name.en
        unit = getattr(DRIVER_UNITS[UNITS[driver.kind]], language)
        parts.append(in_units(f"{driver.at(1.0):,.4g}", unit, name))
    return ("规划：" if language == "zh" else "plan: ") + ("、" if language == "zh" else ", ").join(parts)


def _target(rows: Rows) -> dict[str, str]:
    """Tell the guarantee of every sector."""
    rates: dict[str, set[float]] = {}
    for row in rows.demands:
        if row.guarantee > 0.0:
            rates.setdefault(row.kind, set()).add(row.guarantee)

    def text(language: str) -> str:
        parts = []
        for kind, values in rates.items():
            term = SECTORS.get(kind)
            name = kind if term is None else (term.zh if language == "zh" else term.en)
            parts.append(f"{name} {'/'.join(f'{100 * value:g}' for value in sorted(values))} %")
        return ("、" if language == "zh" else ", ").join(parts)

    return {"zh": text("zh"), "en": text("en")}


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
