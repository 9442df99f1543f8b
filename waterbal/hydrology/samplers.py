"""What draws the sites: one class for each kind of hydrology."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from waterbal.errors import DataError, Issue
from waterbal.hydrology.ensemble import Labels, Sampler
from waterbal.hydrology.record import Record, read_record, usable_years
from waterbal.hydrology.series import read_all
from waterbal.hydrology.steps import Steps, steps_of
from waterbal.model.hydrology import AnyHydrology, Observed
from waterbal.model.root import Model
from waterbal.model.rows import Floats, Ints, TimeAxis


def make(model: Model, spec: AnyHydrology, base_dir: Path, axis: TimeAxis) -> Sampler:
    """Make the sampler of a hydrology.

    Parameters
    ----------
    model : Model
        For its series.
    spec : Hydrology
        What to draw.
    base_dir : Path
        Directory that the files of series are relative to.
    axis : TimeAxis
        Steps of the run.

    Raises
    ------
    DataError
        With every problem of the record.
    """
    sites = tuple(spec.sites)
    if isinstance(spec, Observed) and not spec.rotate:
        series = read_all({name: model.series[name] for name in sites}, base_dir, axis)
        return AsObserved(sites, np.stack([series[name] for name in sites], axis=1))
    if isinstance(spec, Observed):
        record = read_record(model.series, sites, base_dir, spec)
        years = usable_years(record, spec, int(axis.month[0]))
        return Rotated(sites, record, steps_of(axis, record.kinds, record), years)
    raise DataError(Issue(f"hydrology of kind {spec.kind!r} cannot be drawn yet", "hydrology.kind"))


@dataclass(frozen=True)
class AsObserved:
    """The record on the steps of the run."""

    sites: tuple[str, ...]
    values: Floats
    """ndarray (time, site)."""
    size: int = 1

    def draw(self, realization: int) -> Floats:
        """Give the record; ndarray (time, site)."""
        return self.values

    def planning(self) -> Floats:
        """Give the record as one sample; ndarray (1, time, site)."""
        return self.values[None]

    def dry(self) -> tuple[slice, Floats] | None:
        """Give the dry years."""
        return None

    def labels(self, realizations: int) -> Labels:
        """Describe realizations; there is nothing to say."""
        return {}


@dataclass(frozen=True)
class Rotated:
    """The record beginning with each of its years in turn, wrapped round (index-sequential method)."""

    sites: tuple[str, ...]
    record: Record
    steps: Steps
    years: Ints
    """ndarray (year), years of the record that are used, in order."""

    @property
    def size(self) -> int:
        """Number of years of the record."""
        return int(self.years.size)

    def draw(self, realization: int) -> Floats:
        """Give the record from a year on; ndarray (time, site)."""
        count = -(-self.steps.months // 12)
        order = (realization + np.arange(count)) % self.years.size
        return of_years(self.record, self.steps, self.years[order])

    def planning(self) -> Floats:
        """Give the record, in as many samples as it takes; ndarray (sample, time, site)."""
        count = -(-self.steps.months // 12)
        starts = range(0, self.years.size, count)
        return np.stack([self.draw(start) for start in starts])

    def dry(self) -> tuple[slice, Floats] | None:
        """Give the dry years."""
        return None

    def labels(self, realizations: int) -> Labels:
        """Give the first year of the record of each realization."""
        return {"hydrology_first_year": self.years[:realizations]}


def of_years(record: Record, steps: Steps, years: Ints) -> Floats:
    """Put years of the record one after another.

    Parameters
    ----------
    record : Record
        Complete in these years.
    steps : Steps
        Steps of the run.
    years : ndarray (run year)
        Years of the record; they begin in the first month of the run.

    Returns
    -------
    ndarray (time, site)
    """
    month = steps.first % 12
    rows = (years[:, None] * 12 + month + np.arange(12) - record.first).ravel()[: steps.months]
    return steps.spread(record.values[rows], rows)
