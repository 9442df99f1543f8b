"""Typical years (典型年): a year of the record for each probability, scaled to the quantile of that probability.

Two things follow that users must be told. The P of a sum is not the sum of the Ps: sources that are each exceeded
with 95 % give less together, in a year scaled that way, than is exceeded with 95 %. And a year that is repeated
knows no years in a row, so that storage over years is not tested; the long series tests it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from waterbal.errors import DataError, Issue, Message, one_of
from waterbal.hydrology import frequency
from waterbal.hydrology.frequency import Fit, Method
from waterbal.model.rows import Floats, Ints

NEAR = 0.05
"""[-] years whose frequency is within this of the wanted one are all near it."""
SCALES = ("index", "each", "none")
"""Factors of the sites: that of the index for all (同倍比), each its own, or none."""


@dataclass(frozen=True)
class TypicalYear:
    """A year of the record that stands for a probability."""

    probability: float
    """[-] exceedance that was asked for."""
    year: int
    """Calendar year in which it begins."""
    total: float
    """Total of the index in that year: sum, or mean rate."""
    quantile: float
    """Total of the index that is exceeded with ``probability``, in the same units."""
    exceedance: float
    """[-] of ``total`` by the fitted curve."""
    factors: Mapping[str, float]
    """Site -> factor on the record [-]."""
    probabilities: Mapping[str, float]
    """Site -> exceedance [-] that it is scaled to; only sites scaled to a quantile of their own."""
    absent: Mapping[str, float]
    """Site -> such a quantile, in the units of the record, that no factor brings it to: it has nothing in the year."""
    values: Mapping[str, Floats]
    """Site -> ndarray (month), January first, scaled, in the units of the record."""


@dataclass(frozen=True)
class Choice:
    """The typical years of a record."""

    fit: Fit
    """Curve of the index."""
    first_month: int
    years: tuple[TypicalYear, ...]
    """In the order of the probabilities."""


def typical_years(
    tables: Mapping[str, Floats],
    first_year: int,
    rates: Mapping[str, bool],
    index: str,
    probabilities: Sequence[float],
    method: Method | None = None,
    first_month: int = 1,
    scale: str = "index",
    unscaled: Sequence[str] = (),
) -> Choice:
    """Choose and scale typical years.

    Parameters
    ----------
    tables : mapping
        Site -> ndarray (year, month), January first, in calendar years without a break; NaN where there is no
        value.
    first_year : int
        Calendar year of the first row.
    rates : mapping
        Site -> whether its values are means over a month (rates, factors) or sums (volumes, depths).
    index : str
        Site whose total has the probability.
    probabilities : sequence of float [-]
        Exceedances, e.g. 0.5, 0.75, 0.95.
    method : Method
        How the totals are fitted.
    first_month : int
        Month in which a year begins.
    scale : str
        ``index``: all sites by the factor that brings the index to its quantile. ``each``: every site to its own
        quantile of the same probability, or of one minus it where its totals go against those of the index
        (correlation below -2 / sqrt(n)), as evaporation does; a site that has nothing in the year stays at that.
        ``none``: the year as it was.
    unscaled : sequence of str
        Sites that keep what the chosen year had, whatever ``scale`` says.

    Returns
    -------
    Choice
        Of the years with a frequency within ``NEAR`` of the probability (the nearest if there is none), the one
        with the least favourable course: the largest share of its volume would have to be stored to draw it
        evenly.

    Raises
    ------
    DataError
        If a site is missing, or the record has too few complete years.
    """
    _check(tables, index, probabilities, scale)
    courses = {site: _courses(table, first_month) for site, table in tables.items()}
    days = _month_lengths(first_year, len(tables[index]), first_month)
    totals = {site: _totals(course, days, rates[site]) for site, course in courses.items()}
    whole = np.all([np.isfinite(total) for total in totals.values()], axis=0)
    known = totals[index][np.isfinite(totals[index])]
    if not whole.any():
        raise DataError(
            Issue(
                Message("系列中没有一年在各站点都完整", "no year of the record is complete at all sites"),
                where="hydrology",
            )
        )
    fits = {index: frequency.fit(known, method)}
    if scale == "each":
        for site, total in totals.items():
            fits.setdefault(site, frequency.fit(total[np.isfinite(total)], method))
    chosen = []
    for probability in probabilities:
        row = _row(courses[index], days, rates[index], totals[index], whole, fits[index], probability)
        own = (
            {site: _own(totals, site, index, probability, whole) for site in tables if site not in unscaled}
            if scale == "each"
            else {}
        )
        wanted = {site: float(fits[site].quantile([p])[0]) for site, p in own.items()}
        quantile = float(fits[index].quantile([probability])[0])
        factor = 1.0 if scale == "none" else _factor(quantile, totals[index][row])
        factors = {
            site: 1.0
            if site in unscaled
            else _factor(wanted[site], totals[site][row])
            if site in wanted
            else factor
            for site in tables
        }
        absent = {site: total for site, total in wanted.items() if total > 0.0 and totals[site][row] <= 0.0}
        values = {
            site: np.roll(course[row], first_month - 1) * factors[site] for site, course in courses.items()
        }
        reached = float(totals[index][row])
        exceedance = float(fits[index].exceedance(np.array([reached]))[0])
        year = first_year + row
        chosen.append(
            TypicalYear(probability, year, reached, quantile, exceedance, factors, own, absent, values)
        )
    return Choice(fits[index], first_month, tuple(chosen))


def _check(tables: Mapping[str, Floats], index: str, probabilities: Sequence[float], scale: str) -> None:
    issues = []
    if index not in tables:
        issues.append(
            Issue(
                Message(f"没有站点 {index!r}", f"no site {index!r}"),
                "hydrology.index",
                expected=one_of(tables),
            )
        )
    if scale not in SCALES:
        issues.append(
            Issue(
                Message(f"没有缩放方式 {scale!r}", f"no scale {scale!r}"),
                "hydrology.scale",
                expected=one_of(SCALES),
            )
        )
    issues += [
        Issue(
            Message(f"{p:g} 不是超过概率", f"{p:g} is no exceedance probability"),
            "hydrology.probabilities",
            expected=Message("大于 0 且小于 1", "above 0, below 1"),
        )
        for p in probabilities
        if not 0.0 < p < 1.0
    ]
    if issues:
        raise DataError(issues)


def _courses(table: Floats, first_month: int) -> Floats:
    """Cut a record into years that begin in a month, ndarray (year, month); a last year that is cut is not one."""
    if first_month == 1:
        return np.asarray(table, dtype=np.float64)
    shift = first_month - 1
    flat = np.asarray(table, dtype=np.float64).ravel()[shift:]
    return flat[: 12 * (flat.size // 12)].reshape(-1, 12)


def _month_lengths(first_year: int, years: int, first_month: int) -> Floats:
    """Return the lengths of the months [d] of years that begin in a month."""
    first = np.datetime64(f"{first_year:04d}-01", "M")
    starts = np.arange(first, first + 12 * years + 1).astype("datetime64[D]").astype(np.int64)
    return _courses(np.diff(starts).astype(np.float64).reshape(-1, 12), first_month)


def _totals(course: Floats, days: Floats, rate: bool) -> Floats:
    """Return the sum, or the mean rate, of each year; NaN where a month has no value."""
    total: Floats = (course * days).sum(axis=1) / days.sum(axis=1) if rate else course.sum(axis=1)
    return total


def _row(
    course: Floats, days: Floats, rate: bool, totals: Floats, whole: np.ndarray, fit: Fit, probability: float
) -> int:
    """Find the year that stands for a probability."""
    rows = np.flatnonzero(whole & (totals > 0.0))
    if not rows.size:
        raise DataError(
            Issue(
                Message("指标在每个完整年份都是零", "the index is zero in every complete year"),
                where="hydrology.index",
            )
        )
    distance = np.abs(fit.exceedance(totals[rows]) - probability)
    near = rows[distance <= max(NEAR, distance.min())]
    volumes = course[near] * days[near] if rate else course[near]
    return int(near[np.argmax([unevenness(volume) for volume in volumes])])


def unevenness(volume: Floats) -> float:
    """Return the storage [-] that an even draw of a year's water needs, as a share of that water.

    The year is repeated, so that the storage carries over its end (sequent peak, Thomas and Burden 1963).
    """
    if volume.sum() <= 0.0:
        return 0.0
    share = volume / volume.sum()
    short, largest = 0.0, 0.0
    for inflow in np.concatenate([share, share]):
        short = max(short + 1.0 / share.size - inflow, 0.0)
        largest = max(largest, short)
    return largest


def _own(totals: Mapping[str, Floats], site: str, index: str, probability: float, whole: np.ndarray) -> float:
    """Return the probability at which a site has its own quantile."""
    one, other = totals[site][whole], totals[index][whole]
    if site == index or one.size < 3 or np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
        return probability
    against = np.corrcoef(one, other)[0, 1] < -2.0 / np.sqrt(one.size)
    return 1.0 - probability if against else probability


def _factor(quantile: float, total: float) -> float:
    return quantile / total if total > 0.0 else 1.0


def repeat(year: TypicalYear, site: str, month: Ints) -> Floats:
    """Return a typical year over and over.

    Parameters
    ----------
    year : TypicalYear
        The year.
    site : str
        One of its sites.
    month : ndarray (time)
        Calendar month 1..12 of each step.

    Returns
    -------
    ndarray (time)
        In the units of the record.
    """
    values: Floats = year.values[site][month - 1]
    return values
