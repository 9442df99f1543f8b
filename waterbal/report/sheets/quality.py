"""Load of receiving waters against what they can take (纳污能力), from the discharges of runs and sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waterbal.model.capacity import ReceivingWater
from waterbal.model.rows import TimeAxis, days_of_years
from waterbal.model.values import Number
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.models import Models
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

Floats = npt.NDArray[np.float64]

TONNES = 10.0
"""One kg/m3 of 1e4 m3 [t]."""
TOLERANCE = 1e-9
"""[-] of a load that may lie above what can be taken by arithmetic."""


@dataclass(frozen=True)
class Load:
    """Load of one receiving water in one scenario, mean of a year."""

    case: Case
    water: Term
    load: float
    """P [t/yr]"""
    room: float
    """P0, the load at which the class just holds [t/yr]."""
    state: Term


def loads(cases: Sequence[Case], models: Models) -> list[Load]:
    """Return the loads of the receiving waters of the baselines.

    Parameters
    ----------
    cases : sequence of Case
        All scenarios; those without discharges are left out.
    models : Models
        Models that they were made with.
    """
    found = []
    for case in cases:
        model = models.of(case.results)
        if not (case.baseline and case.count and case.has("node_discharge")) or isinstance(model, str):
            continue
        waters = model.capacity.receiving_waters if model.capacity is not None else {}
        found += [_load(case, id, water) for id, water in waters.items()]
    return found


def _load(case: Case, id: str, water: ReceivingWater) -> Load:
    """Add up the load of a water: P = sum q c, P0 = standard (Q + sum q) - Q c0, by-passed water at its own c."""
    year = case.horizon or int(case.year.max())
    nodes = case.ids("node")
    passed = {**water.inflows, **water.untreated}
    members = [
        (nodes.index(node), _last(number, year), _last(passed[node], year))
        for node, number in water.inflows.items()
        if node in nodes
    ]
    flow, background = _last(water.design_flow, year), _last(water.background, year)
    standard = _last(water.standard, year)

    def of(discharge: Floats, bypass: Floats, days: Floats) -> tuple[Floats, Floats]:
        own = [(discharge[:, n], content) for n, content, _ in members]
        own += [(bypass[:, n], content) for n, _, content in members]
        load = np.sum([volume * content for volume, content in own], axis=0)
        return load, standard * np.sum([v for v, _ in own], axis=0) + flow * days * (standard - background)

    load, room = of(case.by_year("node_discharge"), case.by_year("node_bypass"), days_of_years(case.year))
    missed, part = load > room * (1.0 + TOLERANCE), "part_years"
    if "node_discharge" in case.results and "time" in case.results["node_discharge"].dims:
        steps, passing = (
            case.results[name].isel(scenario=case.scenario).values
            for name in ("node_discharge", "node_bypass")
        )
        days = np.tile(case.results["step_days"].values, len(steps))
        some, most = of(_by_step(steps), _by_step(passing), days)
        missed, part = some > most * (1.0 + TOLERANCE), "part_steps"
    share = float(missed.mean())
    state = (
        term("load_class_missed", share=f"{max(100.0 * share, 1.0):.0f}", part=term(part))
        if share
        else term("load_class_met")
    )
    name = Term(water.name.zh, water.name.en) if water.name is not None else Term(id, id)
    return Load(case, name, float(load.mean()) * TONNES, float(room.mean()) * TONNES, state)


def _by_step(series: Floats) -> Floats:
    """Put the steps of all realizations below each other, ndarray (step, node)."""
    return np.moveaxis(series, 2, 1).reshape(-1, series.shape[1])


def _last(number: Number, year: int) -> float:
    """Evaluate a number in a planning year."""
    start = np.array([f"{year:04d}-01-01"], dtype="datetime64[D]")
    end = np.array([f"{year + 1:04d}-01-01"], dtype="datetime64[D]")
    one = np.array([year], dtype=np.int64)
    axis = TimeAxis("month", start, end, (end - start).astype(np.float64), one, one * 0 + 1, one)
    return float(np.ravel(number.at(axis))[-1])
