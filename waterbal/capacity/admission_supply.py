"""What a project itself would get on some terms: the share of its need that is supplied, and how often it is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_runs import Future, Run
from waterbal.model.rows import Floats
from waterbal.network.requirements import years
from waterbal.results.metrics import Bools

ROUNDING = 1e-6
"""Share of a need that may be short before anything is cut, as years of failure are counted [-]."""


@dataclass(frozen=True)
class Supply:
    """What a project gets in one future, over all years of all records."""

    future: str
    year: int
    """Planning year."""
    need: float
    """What it needs [1e4 m3/yr]."""
    supplied: float
    """What it gets in the mean [1e4 m3/yr]."""
    share: float
    """Supply over need [-]; 1 without need."""
    years_short: int
    """Complete years in which it gets less than it needs by more than its tolerance."""
    years: int
    """Complete years of all records."""
    steps_cut: float
    """Steps of a year in which it gets less than it needs, in the mean."""
    steps: float
    """Steps of a year."""
    part_need: float | None = None
    """Need of the part that is served another way than planned [1e4 m3/yr]; None without one."""
    part_supplied: float | None = None
    """What that part gets in the mean [1e4 m3/yr]."""
    part_share: float | None = None
    """Supply over need of that part [-]."""


def supply_of(case: Candidate, way: str = "") -> Supply:
    """Tell what a project gets in one future.

    Parameters
    ----------
    case : Candidate
        The project on its terms.
    way : str
        One of ``WAYS``: the way in which the part in question is served; empty if none is served another way.
    """
    future, run = case.future, case.with_it
    span = future.span
    at = {row.id: d for d, row in enumerate(future.rows.demands)}
    own = [at[id] for id in case.demands]
    need, supplied = sums(run, own)
    short = need - supplied
    _, missed = years_short(future, need, supplied, own)
    complete = int(years(future.rows.axis)[1].sum())
    whole, got_whole = float(need.sum()) / span, float(supplied.sum()) / span
    found = Supply(
        future.id, future.year, whole, got_whole, got_whole / whole if whole > 0.0 else 1.0,
        int(missed.sum()), complete * future.members,
        float(np.count_nonzero(short > ROUNDING * need)) / span, need.size / span,
    )  # fmt: skip
    part = case.project.id + way
    if not way or part not in case.demands:
        return found
    asks, gets = (float(values.sum()) / span for values in sums(run, [at[part]]))
    return replace(found, part_need=asks, part_supplied=gets, part_share=gets / asks if asks > 0.0 else None)


def sums(run: Run, demands: Sequence[int]) -> tuple[Floats, Floats]:
    """Add up need and supply of some demands; ndarray (realization, time) [1e4 m3]."""
    return run.need[:, :, demands].sum(axis=2), run.supply[:, :, demands].sum(axis=2)


def years_short(future: Future, need: Floats, supply: Floats, demands: Sequence[int]) -> tuple[Bools, Bools]:
    """Tell in which complete years some demands need water, and in which of them they get too little.

    Parameters
    ----------
    future : Future
    need, supply : ndarray (realization, time) [1e4 m3]
        Of these demands together.
    demands : sequence of int
        Their numbers, for what each may be short.

    Returns
    -------
    ndarray (realization, year), ndarray (realization, year)
    """
    yearly, got = future.by_year(need), future.by_year(supply)
    tolerance = max((future.rows.demands[d].tolerance for d in demands), default=0.0)
    asked = yearly > 0.0
    return asked, asked & (yearly - got > (tolerance + ROUNDING) * yearly)
