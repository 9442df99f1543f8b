"""What binds and relieves the baseline, as variables and attributes of the dataset of capacities."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.binding import Failure, Worth
from waterbal.capacity.relief import Portfolio, Relief
from waterbal.capacity.relief_next import Next
from waterbal.capacity.search import STATUS
from waterbal.model.base import Label

if TYPE_CHECKING:
    import xarray as xr


@dataclass
class Details:
    """What is known of one scenario and direction beyond the capacity itself."""

    scenario: int
    direction: str
    failure: Failure | None = None
    failing: Label | None = None
    """Name of the requirement that fails first."""
    worths: list[Worth] = field(default_factory=list)
    reliefs: list[Relief] = field(default_factory=list)
    portfolio: Portfolio | None = None
    names: Mapping[str, Label] = field(default_factory=dict)
    """Names of measures by id, and of limits by path."""
    zones: Mapping[str, Label] = field(default_factory=dict)
    """Names of zones."""
    stops: dict[tuple[str, ...], Label] = field(default_factory=dict)
    """Measures -> name of the requirement, or the limit that is not water, that stops the capacity with them."""
    next: dict[tuple[str, ...], tuple[Next, Label]] = field(default_factory=dict)
    """Measures -> limit that is worth most then, with its name, where it was sought."""


def put_details(put: Any, found: xr.Dataset, details: Details) -> None:
    """Put worths of limits and measures into a dataset.

    Parameters
    ----------
    put : callable
        Puts a variable: name, dimensions, values, label in English and Chinese, attributes.
    found : Dataset
        What they are put into.
    details : Details
        What is known.
    """
    if details.worths:
        found["limit_id"] = ("limit", [w.limit.path for w in details.worths], {"long_name": "limit"})
        for language in ("zh", "en"):
            names = [_joined([w.limit.path], details.names, language) for w in details.worths]
            found[f"limit_name_{language}"] = ("limit", names, {"long_name": "limit"})
        put(
            "limit_worth",
            ("limit",),
            [w.change for w in details.worths],
            "change of the scale for 1 % more of a limit, by simulation",
            "限值放宽 1 % 的承载规模变化",
        )
    if details.reliefs:
        reliefs = details.reliefs
        ids = [
            relief.measures[-1] if len(relief.measures) == 1 else "+".join(relief.measures)
            for relief in reliefs
        ]
        found["measure_id"] = ("measure", ids, {"long_name": "measure, with what it requires"})
        for language in ("zh", "en"):
            names = [_joined(relief.measures, details.names, language) for relief in reliefs]
            found[f"measure_name_{language}"] = ("measure", names, {"long_name": "measure"})
        put(
            "relief_change",
            ("measure",),
            [r.change for r in reliefs],
            "change of the scale",
            "承载规模变化",
            comment="infinite where nothing stops the growth with the measure but something does without it, "
            "minus infinite where it is the other way round",
        )
        put(
            "relief_status",
            ("measure",),
            np.array([r.found.status for r in reliefs], dtype=np.int8),
            "how the search with the measure ended",
            "采取措施后的搜索结果",
            flag_values=np.arange(len(STATUS), dtype=np.int8),
            flag_meanings=" ".join(STATUS),
        )
        put(
            "relief_present",
            ("measure",),
            np.array([r.present for r in reliefs], dtype=np.int8),
            "whether the scenario has the measure already",
            "方案中是否已有该措施",
            flag_values=np.arange(2, dtype=np.int8),
            flag_meanings="no yes",
        )
        put(
            "relief_scale",
            ("measure",),
            [r.found.scale for r in reliefs],
            "capacity with the measure",
            "采取措施后的规模",
        )
        put(
            "relief_next_id",
            ("measure",),
            [r.stopped_by for r in reliefs],
            "what binds next: requirement or limit",
            "采取措施后的下一个约束",
        )
        put(
            "relief_next_limit_id",
            ("measure",),
            [details.next[r.measures][0].limit.path if r.measures in details.next else "" for r in reliefs],
            "limit that is worth most with the measure; empty where none was sought or found",
            "采取措施后最值得放宽的限值",
        )
        put(
            "relief_next_limit_worth",
            ("measure",),
            [details.next[r.measures][0].worth if r.measures in details.next else np.nan for r in reliefs],
            "change of the scale that 1 % more of that limit carries at least",
            "该限值放宽 1 % 的承载规模变化（至少）",
        )
        for language in ("zh", "en"):
            put(
                f"relief_next_name_{language}",
                ("measure",),
                [
                    getattr(details.stops[r.measures], language) if r.measures in details.stops else ""
                    for r in reliefs
                ],
                "who it is that a requirement fails for next, or the limit that is not water",
                "采取措施后先失效的用户或非水约束",
            )
            put(
                f"relief_next_limit_name_{language}",
                ("measure",),
                [
                    getattr(details.next[r.measures][1], language) if r.measures in details.next else ""
                    for r in reliefs
                ],
                "limit that is worth most with the measure",
                "采取措施后最值得放宽的限值",
            )
        put(
            "relief_cost",
            ("measure",),
            [r.cost for r in reliefs],
            "cost of a year in 1e4 yuan",
            "年费用（万元）",
        )
        put(
            "relief_lead_time",
            ("measure",),
            [r.lead_years for r in reliefs],
            "years until the first water",
            "见效年限",
            units="year",
        )


def _joined(ids: Sequence[str], names: Mapping[str, Label], language: str, between: str = " + ") -> str:
    parts = [getattr(names[id], language) if id in names else id for id in ids]
    return between.join(parts)


def attributes(details: Details) -> dict[str, Any]:
    """Tell what fails first and the portfolio, as attributes."""
    told: dict[str, Any] = {
        "details_direction": details.direction,
        "details_scenario": np.int32(details.scenario),
    }
    if details.failure is not None:
        ids = [zone for zone in details.failure.zone.split(", ") if zone]
        names = {f"zone_{lang}": _joined(ids, details.zones, lang, ", ") for lang in ("zh", "en")}
        if details.failing is not None:
            names |= {"name_zh": details.failing.zh, "name_en": details.failing.en}
        told["first_failure"] = json.dumps({**vars(details.failure), **names}, ensure_ascii=False)
    if details.portfolio is not None:
        best = details.portfolio.best
        told["portfolio"] = json.dumps(
            {
                "budget": details.portfolio.budget,
                "measures": [] if best is None else list(best.measures),
                "cost": None if best is None else best.cost,
                "change": None if best is None or not np.isfinite(best.change) else best.change,
                "status": None if best is None else STATUS[best.found.status],
                "next": None if best is None else best.stopped_by,
                **{f"next_{lang}": _after(details, lang) for lang in ("zh", "en")},
                **{f"next_limit_{lang}": _limit_after(details, lang) for lang in ("zh", "en")},
                "greedy": list(details.portfolio.greedy),
                "exhaustive": details.portfolio.exhaustive,
                "tried": details.portfolio.tried,
                "unpriced": list(details.portfolio.unpriced),
            },
            ensure_ascii=False,
        )
    return told


def _after(details: Details, language: str) -> str:
    """Name who a requirement fails for next after the best set of measures, or the limit that is not water."""
    best = None if details.portfolio is None else details.portfolio.best
    return (
        ""
        if best is None or best.measures not in details.stops
        else str(getattr(details.stops[best.measures], language))
    )


def _limit_after(details: Details, language: str) -> str:
    """Name the limit that is worth most after the best set of measures."""
    best = None if details.portfolio is None else details.portfolio.best
    return (
        ""
        if best is None or best.measures not in details.next
        else str(getattr(details.next[best.measures][1], language))
    )
