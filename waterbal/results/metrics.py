"""How well a need is met: reliability, resilience, vulnerability, guarantee (Hashimoto et al. 1982, GB terms).

All functions take arrays (..., time) [1e4 m3] and reduce the last axis. A step fails when the supply is below
the need by more than a tolerance. Steps without need are left out of the record, so that failures on either
side of a season without need are one event. Needs are the unrestricted ones: rationing is a shortage.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from waterbal.model.rows import Floats, Ints

Bools = npt.NDArray[np.bool_]

STEP_TOLERANCE = 1e-6
"""[-] share of a step's need that may be short before the step fails: rounding, not water."""

YEAR_DECIMALS = 6
"""Decimals [1e4 m3] in which volumes of two years are compared: beyond is rounding, not water."""

RESILIENCE = {
    "excluding_final_state": "recoveries / failing steps that have a step after them",
    "transitions_over_failures": "recoveries / failing steps; a record that ends in failure lowers it",
    "events_over_failures": "events / failing steps; a failure at the end counts as if it ended there",
}
"""Conventions of resilience; they differ only where a record ends in failure."""

DEFAULT_RESILIENCE = "excluding_final_state"
"""The conditional probability that a failing step is followed by a good one (Hashimoto et al. 1982, eq. 3)."""

EVENT_METRICS = (
    "reliability_step",
    "resilience",
    "vulnerability_mean_event_maximum",
    "vulnerability_maximum",
    "failure_steps",
    "event_count",
    "event_volume_mean",
    "event_volume_maximum",
    "event_longest",
)


def failing(need: Floats, supply: Floats, tolerance: float = STEP_TOLERANCE) -> Bools:
    """Tell in which steps the supply is below the need.

    Parameters
    ----------
    need, supply : ndarray (..., time) [1e4 m3]
    tolerance : float [-]
        Share of the need that may be short.

    Returns
    -------
    ndarray (..., time)
    """
    short: Bools = supply < need * (1.0 - tolerance)
    return short


def shortage(need: Floats, supply: Floats, tolerance: float = STEP_TOLERANCE) -> Floats:
    """Return what is short in failing steps, ndarray (..., time) [1e4 m3]."""
    return np.where(failing(need, supply, tolerance), need - supply, 0.0)


def reliability_volumetric(need: Floats, supply: Floats) -> Floats:
    """Return the share of the needed volume that is supplied, ndarray (...) [-]; nan without need."""
    return _ratio(supply.sum(axis=-1), need.sum(axis=-1))


def failure_depth_step(need: Floats, supply: Floats) -> Floats:
    """Return the largest share short in any step, ndarray (...) [-]; nan without need."""
    share = _ratio(shortage(need, supply), need)
    return np.fmax.reduce(share, axis=-1, initial=np.nan)


def events(
    need: Floats,
    supply: Floats,
    *,
    tolerance: float = STEP_TOLERANCE,
    convention: str = DEFAULT_RESILIENCE,
) -> dict[str, Floats]:
    """Describe the failures of each series and how it recovers from them.

    Parameters
    ----------
    need, supply : ndarray (..., time) [1e4 m3]
    tolerance : float [-]
        Share of a step's need that may be short.
    convention : str
        One of ``RESILIENCE``.

    Returns
    -------
    dict of ndarray (...)
        ``EVENT_METRICS``: reliability and resilience [-]; vulnerabilities and volumes [1e4 m3]; counts and
        the longest event in steps. Without any need: nan. Without failure: resilience is nan, the rest 0.
    """
    shape = need.shape[:-1]
    need, supply = (
        need.reshape(-1, need.shape[-1]),
        np.broadcast_to(supply, need.shape).reshape(-1, need.shape[-1]),
    )
    asked = need > 0.0
    steps = asked.sum(axis=1)
    series = np.repeat(np.arange(len(need)), steps)
    need, supply = need[asked], supply[asked]
    bad = failing(need, supply, tolerance)
    new = np.diff(series, prepend=-1) > 0
    before = np.concatenate([[False], bad[:-1]]) & ~new
    begins = np.flatnonzero(bad & ~before)
    failures = np.bincount(series[bad], minlength=len(steps))
    count = np.bincount(series[begins], minlength=len(steps))
    told = {name: np.where(steps > 0, 0.0, np.nan) for name in EVENT_METRICS}
    told["reliability_step"] = _ratio(steps - failures, steps)
    told["failure_steps"] += failures
    told["event_count"] += count
    ends_failing = np.zeros(len(steps), dtype=bool)
    ends_failing[series[np.roll(new, -1) & bad]] = True
    told["resilience"] = resilience(count, failures, ends_failing, convention)
    some = np.flatnonzero(count)
    if some.size:
        deficit = (need - supply)[bad]
        events_at = np.flatnonzero(~before[bad])
        event = np.concatenate([[0], np.cumsum(count[some])[:-1]])
        peaks, volumes = np.maximum.reduceat(deficit, events_at), np.add.reduceat(deficit, events_at)
        lengths = np.diff(events_at, append=deficit.size).astype(np.float64)
        told["vulnerability_mean_event_maximum"][some] = np.add.reduceat(peaks, event) / count[some]
        told["vulnerability_maximum"][some] = np.maximum.reduceat(peaks, event)
        told["event_volume_mean"][some] = np.add.reduceat(volumes, event) / count[some]
        told["event_volume_maximum"][some] = np.maximum.reduceat(volumes, event)
        told["event_longest"][some] = np.maximum.reduceat(lengths, event)
    return {name: values.reshape(shape) for name, values in told.items()}


def resilience(
    events: Ints | int, failures: Ints | int, ends_failing: Bools | bool, convention: str = DEFAULT_RESILIENCE
) -> Floats:
    """Return how readily failures end.

    Parameters
    ----------
    events : ndarray (...) or int
        Runs of failing steps.
    failures : ndarray (...) or int
        Failing steps.
    ends_failing : ndarray (...) or bool
        Whether the last step fails.
    convention : str
        One of ``RESILIENCE``.

    Returns
    -------
    ndarray (...) [-]
        nan where nothing can be said: no failures, or only one that is the last step.
    """
    count, steps, last = (np.asarray(v, dtype=np.int64) for v in (events, failures, ends_failing))
    parts = {
        "excluding_final_state": (count - last, steps - last),
        "transitions_over_failures": (count - last, steps),
        "events_over_failures": (count, steps),
    }
    if convention not in parts:
        raise ValueError(f"unknown convention {convention!r}; one of {', '.join(parts)}")
    return _ratio(*parts[convention])


def year_of_step(year: Ints, month: Ints, first_month: int = 1) -> Ints:
    """Return the year that each step belongs to: the one in which its twelve months began.

    Parameters
    ----------
    year, month : ndarray (time)
        Calendar year and month 1..12.
    first_month : int
        Month in which the (hydrological, quota) year begins; 1 = calendar year.

    Returns
    -------
    ndarray (time)
    """
    return year - (month < first_month)


def complete_years(year: Ints, month: Ints) -> Ints:
    """Return the years that have steps in twelve months, ndarray (year)."""
    pairs = np.unique(np.stack([year, month]), axis=1)
    years, months = np.unique(pairs[0], return_counts=True)
    return years[months == 12]


def yearly(values: Floats, year: Ints, years: Ints) -> Floats:
    """Add up steps by year.

    Parameters
    ----------
    values : ndarray (..., time)
    year : ndarray (time)
        Year of each step, in order.
    years : ndarray (year)
        Years wanted, in order, each with steps.

    Returns
    -------
    ndarray (..., year)
    """
    if years.size == 0:
        return np.zeros((*values.shape[:-1], 0))
    begin, end = np.searchsorted(year, years), np.searchsorted(year, years, side="right")
    edges = np.stack([begin, end], axis=1).ravel()
    open_end = edges[-1] == year.size
    return np.asarray(np.add.reduceat(values, edges[: edges.size - open_end], axis=-1)[..., ::2])


def failed_years(need: Floats, supply: Floats, tolerance: float | Floats = 0.0) -> Bools:
    """Tell in which years more than the tolerated share of the need is short.

    Parameters
    ----------
    need, supply : ndarray (..., year) [1e4 m3]
    tolerance : float or ndarray (...) or (..., year) [-]
        Share of a year's need that may be short.
    """
    allowed = np.asarray(tolerance)
    if 0 < allowed.ndim < need.ndim:
        allowed = allowed[..., None]
    failed: Bools = need - supply > (allowed + STEP_TOLERANCE) * need
    return failed


def reliability_annual(need: Floats, supply: Floats, tolerance: float | Floats = 0.0) -> Floats:
    """Return the guarantee rate (供水保证率) P = m / (n + 1) with m good years of n, ndarray (...) [-].

    Parameters
    ----------
    need, supply : ndarray (..., year) [1e4 m3]
        Years without need are left out of n.
    tolerance : float or ndarray (...) or (..., year) [-]
        Share of a year's need that may be short before the year counts as failed.
    """
    asked = need > 0.0
    good = asked & ~failed_years(need, supply, tolerance)
    return plotting_position(good.sum(axis=-1), asked.sum(axis=-1))


def plotting_position(good: Ints | int, years: Ints | int) -> Floats:
    """Return m / (n + 1) [-]; nan for n = 0."""
    count = np.asarray(years, dtype=np.float64)
    return np.where(count > 0, np.asarray(good) / (count + 1.0), np.nan)


def largest_guarantee(years: Ints | int) -> Floats:
    """Return n / (n + 1) [-]: what a record of n years without any failure supports; nan for n = 0."""
    return plotting_position(years, years)


def years_by_gap(gap: Floats, need: Floats) -> Ints:
    """Put years in order of what is short, the least first; those equally short in order of need, then of place.

    Parameters
    ----------
    gap, need : ndarray (year) [1e4 m3]
        Of the years of all records; differences that are arithmetic and not water are none.

    Returns
    -------
    ndarray (year)
        Positions: the year at P is that of the first rank m with m / (n + 1) >= P.
    """
    return np.lexsort((np.round(need, YEAR_DECIMALS), np.round(gap, YEAR_DECIMALS)))


def failure_depth(need: Floats, supply: Floats) -> Floats:
    """Return the largest share short in any year (破坏深度), ndarray (...) [-]; nan without need.

    Parameters
    ----------
    need, supply : ndarray (..., year) [1e4 m3]
    """
    short = np.maximum(need - supply, 0.0)
    share = _ratio(np.where(short > STEP_TOLERANCE * need, short, 0.0), need)
    return np.fmax.reduce(share, axis=-1, initial=np.nan)


NOT_COUNTED, NO_GUARANTEE, MET, NOT_MET, RECORD_TOO_SHORT = -1, 0, 1, 2, 3


def guarantee_state(reliability: Floats, required: Floats, years: Ints) -> Ints:
    """Judge a guarantee; one that the record is too short to support is never called met.

    Parameters
    ----------
    reliability : ndarray (...) [-]
        ``reliability_annual``.
    required : ndarray (...) [-]
        Guarantee asked for, 0 if none.
    years : ndarray (...)
        Years with need in the record.

    Returns
    -------
    ndarray (...)
        0 none asked for, 1 met, 2 not met, 3 no failure, but n / (n + 1) is below what is asked for.
    """
    best = np.nan_to_num(largest_guarantee(years))
    value = np.nan_to_num(reliability)
    short = (best < required) & (value >= best)
    judged = np.where(value >= required, MET, np.where(short, RECORD_TOO_SHORT, NOT_MET))
    return np.where(required > 0.0, judged, NO_GUARANTEE)


def _ratio(above: Floats | Ints, below: Floats | Ints) -> Floats:
    """Divide; nan where the divisor is 0."""
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=np.asarray(below) > 0)
