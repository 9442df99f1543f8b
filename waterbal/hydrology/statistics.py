"""Statistics of monthly records, of one record or of many of the same shape at once.

Where a record has gaps, a correlation is of the pairs that are there, a total of the years that are whole, and a run
of dry months or a sum over years never goes across a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from waterbal.hydrology.drought import WORST, fit_months, moving_sums
from waterbal.model.rows import Floats, Ints

Bools = npt.NDArray[np.bool_]

MONTHLY = ("mean", "cv", "cs", "lag1")
"""Statistics of each calendar month; ``lag1`` is the correlation with the month before."""
ANNUAL = ("mean", "cv", "cs", "lag1", "lag2")
"""Statistics of the totals of calendar years."""
WINDOWS = (1, 3, 5)
"""Years in a row whose smallest total is told."""
DRY = {"median": 0.5, "p75": 0.25}
"""Limit of dry -> its quantile [-]; P = 75 % is exceeded in 75 % of the years."""
INDEX_MONTHS = 12
"""Months that the standardised drought index adds up."""


class Key(NamedTuple):
    """What a statistic is of."""

    site: str
    other: str
    """Second site of a cross-correlation, else empty."""
    name: str
    """``mean``, ``cv``, ``cs``, ``lag1``, ``lag2``, ``cross``, ``minimum_1`` ..., ``longest_median`` ..."""
    month: int
    """1..12, or 0 for a statistic of years, or 13 for one of the months in a row."""


IN_A_ROW = 13
"""``Key.month`` of statistics of all months in a row."""


@dataclass(frozen=True)
class Site:
    """The record of one site."""

    kind: str
    """``rate``, ``volume``, ``depth``, ``factor`` or ``concentration``."""
    table: Floats
    """ndarray (year, month), January first; NaN where there is no value."""


@dataclass(frozen=True)
class Records:
    """Records of several sites over the same calendar years."""

    first_year: int
    sites: Mapping[str, Site]

    @property
    def years(self) -> int:
        """Number of calendar years, whole or not."""
        return next((int(site.table.shape[0]) for site in self.sites.values()), 0)

    @property
    def days(self) -> Floats:
        """Lengths of the months [d], ndarray (year, month)."""
        first = np.datetime64(f"{self.first_year:04d}-01", "M")
        starts = np.arange(first, first + 12 * self.years + 1).astype("datetime64[D]").astype(np.int64)
        return np.diff(starts).astype(np.float64).reshape(-1, 12)

    def whole(self, site: str) -> Bools:
        """Tell which calendar years have all months, ndarray (year)."""
        return np.asarray(np.isfinite(self.sites[site].table).all(axis=1))


@dataclass(frozen=True)
class Limits:
    """What counts as dry at a site."""

    annual: Mapping[str, float]
    """Name of ``DRY`` -> total of a year."""
    monthly: Mapping[str, Floats]
    """Name of ``DRY`` -> ndarray (month)."""
    index: Floats
    """ndarray (month), sum of the last ``INDEX_MONTHS`` at which the standardised index is ``WORST``."""


def limits(records: Records) -> dict[str, Limits]:
    """Return the medians and lower quartiles of every site's record."""
    found = {}
    for name, site in records.sites.items():
        totals = annual(records, name, site.table)[records.whole(name)]
        known = [column[np.isfinite(column)] for column in site.table.T]
        found[name] = Limits(
            {limit: float(np.quantile(totals, q)) if totals.size else np.nan for limit, q in DRY.items()},
            {
                limit: np.array([np.quantile(values, q) if values.size else np.nan for values in known])
                for limit, q in DRY.items()
            },
            np.array(
                [month.limit(WORST) for month in fit_months(_sums(records, name, site.table), INDEX_MONTHS)]
            ),
        )
    return found


def _sums(records: Records, site: str, table: Floats) -> Floats:
    """Return what the months of a year are added up from: volumes for rates."""
    return table if records.sites[site].kind in ("volume", "depth") else np.asarray(table * records.days)


def annual(records: Records, site: str, table: Floats) -> Floats:
    """Return totals of calendar years, ndarray (..., year).

    The volume [1e4 m3] for rates and volumes, the sum for depths, the mean for factors and concentrations.
    """
    kind = records.sites[site].kind
    if kind == "rate":
        return np.asarray((table * records.days).sum(axis=-1))
    if kind in ("volume", "depth"):
        return np.asarray(table.sum(axis=-1))
    return np.asarray((table * records.days).sum(axis=-1) / records.days.sum(axis=-1))


def statistics(
    records: Records, tables: Mapping[str, Floats], dry: Mapping[str, Limits]
) -> dict[Key, Floats]:
    """Work out all statistics of records of one shape.

    Parameters
    ----------
    records : Records
        Says which years and months of each site there are.
    tables : mapping
        Site -> ndarray (..., year, month); values where ``records`` has none are not looked at.
    dry : mapping
        Site -> what counts as dry.

    Returns
    -------
    dict
        Key -> ndarray (...); NaN where the record is too short or does not vary.
    """
    found: dict[Key, Floats] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, site in records.sites.items():
            known = np.isfinite(site.table)
            found |= dict(_of_site(records, name, np.asarray(tables[name]), known, dry[name]))
        names = list(records.sites)
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                found |= dict(_of_pair(records, one, other, tables))
    return found


def _of_site(
    records: Records, name: str, table: Floats, known: Bools, dry: Limits
) -> Iterator[tuple[Key, Floats]]:
    flat, there = table.reshape(*table.shape[:-2], -1), known.ravel()
    pairs = there[1:] & there[:-1]
    for month in range(12):
        values = table[..., known[:, month], month]
        for statistic, value in zip(MONTHLY, _moments(values), strict=False):
            yield Key(name, "", statistic, month + 1), value
        here = np.flatnonzero(pairs & (np.arange(1, there.size) % 12 == month))
        yield Key(name, "", "lag1", month + 1), correlation(flat[..., here + 1], flat[..., here])
    totals, whole = annual(records, name, table), records.whole(name)
    for statistic, value in zip(ANNUAL, _moments(totals[..., whole]), strict=False):
        yield Key(name, "", statistic, 0), value
    for lag in (1, 2):
        here = np.flatnonzero(whole[lag:] & whole[:-lag])
        yield Key(name, "", f"lag{lag}", 0), correlation(totals[..., here + lag], totals[..., here])
    for window in WINDOWS:
        yield Key(name, "", f"minimum_{window}", 0), smallest(totals, whole, window)
    for limit in DRY:
        yield from _dry(name, limit, 0, totals < dry.annual[limit], whole)
        below = (table < dry.monthly[limit]).reshape(flat.shape)
        yield from _dry(name, limit, IN_A_ROW, below, there)
    sums = moving_sums(_sums(records, name, table), INDEX_MONTHS)
    whole_sums = np.isfinite(moving_sums(np.where(known, 1.0, np.nan), INDEX_MONTHS)).ravel()
    yield from _dry(name, "index", IN_A_ROW, (sums <= dry.index).reshape(flat.shape), whole_sums)


def _dry(name: str, limit: str, month: int, below: Bools, known: Bools) -> Iterator[tuple[Key, Floats]]:
    longest, mean = runs(below, known)
    yield Key(name, "", f"longest_{limit}", month), longest
    yield Key(name, "", f"mean_run_{limit}", month), mean


def _of_pair(
    records: Records, one: str, other: str, tables: Mapping[str, Floats]
) -> Iterator[tuple[Key, Floats]]:
    known = np.isfinite(records.sites[one].table) & np.isfinite(records.sites[other].table)
    for month in range(12):
        here = known[:, month]
        value = correlation(tables[one][..., here, month], tables[other][..., here, month])
        yield Key(one, other, "cross", month + 1), value
    whole = known.all(axis=1)
    first, second = (annual(records, site, tables[site])[..., whole] for site in (one, other))
    yield Key(one, other, "cross", 0), correlation(first, second)


def _moments(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, Cv and Cs, unbiased as far as they are usually."""
    n = values.shape[-1]
    nothing = np.full(values.shape[:-1], np.nan)
    if n == 0:
        return nothing, nothing, nothing
    mean = values.mean(axis=-1)
    deviation = values - mean[..., None]
    if n < 3:
        return mean, nothing, nothing
    sd = np.sqrt((deviation**2).sum(axis=-1) / (n - 1))
    sd = np.where(sd > 1e-12 * np.abs(mean), sd, np.nan)
    cs = n * (deviation**3).sum(axis=-1) / ((n - 1) * (n - 2) * sd**3)
    return mean, np.where(mean > 0.0, sd / mean, np.nan), cs


def correlation(one: Floats, other: Floats) -> Floats:
    """Return the correlation [-] along the last axis; NaN of fewer than four pairs or what does not vary."""
    if one.shape[-1] < 4:
        return np.full(one.shape[:-1], np.nan)
    x = one - one.mean(axis=-1, keepdims=True)
    y = other - other.mean(axis=-1, keepdims=True)
    spread = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    return np.asarray(np.where(spread > 0.0, (x * y).sum(axis=-1) / spread, np.nan))


def smallest(totals: Floats, whole: Bools, window: int) -> Floats:
    """Return the smallest sum of some whole years in a row, ndarray (...); NaN where there are not so many."""
    starts = [i for i in range(whole.size - window + 1) if whole[i : i + window].all()]
    if not starts:
        return np.full(totals.shape[:-1], np.nan)
    sums = [totals[..., start : start + window].sum(axis=-1) for start in starts]
    return np.asarray(np.min(sums, axis=0))


def runs(below: Bools, known: Bools) -> tuple[Floats, Floats]:
    """Return the length of the longest run and the mean length of the runs.

    Parameters
    ----------
    below : ndarray (..., step)
        Steps that are dry.
    known : ndarray (step)
        Steps that have a value; a run ends at those that have none.

    Returns
    -------
    longest, mean : ndarray (...) [step]
        0 where there is no run; NaN where nothing is known.
    """
    dry = below & known
    if not known.any():
        nothing = np.full(dry.shape[:-1], np.nan)
        return nothing, nothing
    length: Ints = np.zeros(dry.shape[:-1], dtype=np.int64)
    longest = length.copy()
    for step in range(dry.shape[-1]):
        length = np.where(dry[..., step], length + 1, 0)
        longest = np.maximum(longest, length)
    begun = dry[..., :1].sum(axis=-1) + (dry[..., 1:] & ~dry[..., :-1]).sum(axis=-1)
    mean = dry.sum(axis=-1) / np.maximum(begun, 1)
    return longest.astype(np.float64), np.asarray(mean, dtype=np.float64)
