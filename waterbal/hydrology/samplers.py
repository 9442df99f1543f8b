"""What draws the sites: one class for each kind of hydrology."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from waterbal import units
from waterbal.errors import Message
from waterbal.hydrology import resample_notes, typical_notes
from waterbal.hydrology.columns import KINDS
from waterbal.hydrology.dry import DryRun, driest, place
from waterbal.hydrology.dry import note as dry_note
from waterbal.hydrology.ensemble import PLANNING_YEARS, REFERENCE_YEARS, AsObserved, Labels, Sampler
from waterbal.hydrology.fit import fit, not_kept
from waterbal.hydrology.frequency import Method
from waterbal.hydrology.generator import Generator, generator_of, seeds
from waterbal.hydrology.record import (
    Record,
    check_run,
    gaps_between,
    missing_months,
    read_record,
    usable_years,
)
from waterbal.hydrology.resample import Blocks, NearestMonths, NearestYears
from waterbal.hydrology.series import read_all
from waterbal.hydrology.steps import Steps, nearest_months, steps_of
from waterbal.hydrology.typical import Choice, typical_years
from waterbal.model.hydrology import AnyHydrology, Generated, Observed, Resampled, TypicalYears
from waterbal.model.root import Model
from waterbal.model.rows import Floats, Ints, TimeAxis
from waterbal.model.series_spec import FileSeries, kind_of

DRAWS, PLANNING, DRY = 0, 1, 2
"""Streams of random numbers: realizations, the planner's samples, the years that dry ones are taken from."""
DRY_POOL = 1000
"""Years that are drawn to take dry ones from."""


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
    if isinstance(spec, Generated):
        return _generated(model, spec, base_dir, axis)
    sites = tuple(spec.sites)
    month = int(axis.month[0])
    as_it_is = isinstance(spec, Observed) and not spec.rotate
    if as_it_is:
        check_run(spec, axis)
    if as_it_is and spec.dry_years is None:
        return AsObserved(sites, _on_steps(model, sites, base_dir, axis))
    record = read_record(model.series, sites, base_dir, spec)
    steps = steps_of(axis, record.kinds, record)
    years = usable_years(record, spec, month)
    dry = _dry_of_record(record, steps, years, spec)
    if as_it_is:
        return AsObserved(sites, _on_steps(model, sites, base_dir, axis), dry)
    left_out = gaps_between(record, years, month)
    if isinstance(spec, Observed):
        return Rotated(record, steps, years, dry, left_out)
    if isinstance(spec, TypicalYears):
        start = spec.first_month
        left_out = gaps_between(record, usable_years(record, spec, start), start)
        choice = _typical(record, spec, typical_notes.left_as_they_were(model, spec))
        typical_notes.refuse_nothing(choice, spec)
        doubts = typical_notes.doubts(model, choice, spec)
        return Typical(record, steps, years, choice, spec.index, dry, left_out, doubts)
    assert isinstance(spec, Resampled)
    order = _order(record, steps, years, spec)
    told = resample_notes.notes(order, record, steps.months)
    return Shuffled(record, steps, spec.seed, order, dry, left_out, told)


def _on_steps(model: Model, sites: Sequence[str], base_dir: Path, axis: TimeAxis) -> Floats:
    """Read the sites on the steps of the run; ndarray (time, site)."""
    series = read_all({name: model.series[name] for name in sites}, base_dir, axis)
    return np.stack([series[name] for name in sites], axis=1)


@dataclass(frozen=True, eq=False)
class Rotated:
    """The record beginning with each of its years in turn, wrapped round (index-sequential method)."""

    record: Record
    steps: Steps
    years: Ints
    """ndarray (year), years of the record that are used, in order."""
    dry: DryRun | None = None
    left_out: tuple[Message, ...] = ()
    """Years of the record that are not used because of gaps."""

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the sites."""
        return self.record.sites

    @property
    def size(self) -> int:
        """Number of years of the record."""
        return int(self.years.size)

    def draw_many(self, first: int, last: int) -> Floats:
        """Give the record from some years on; ndarray (realization, time, site)."""
        order = (np.arange(first, last)[:, None] + np.arange(self.steps.years)) % self.years.size
        return np.stack([of_years(self.record, self.steps, self.years[one]) for one in order])

    def planning(self) -> Floats:
        """Give the record in all its rotations, so that no year counts more; ndarray (sample, time, site)."""
        return self.draw_many(0, self.size)

    def reference(self) -> Floats:
        """Give the same."""
        return self.planning()

    def labels(self, realizations: int) -> Labels:
        """Give the first year of the record of each realization."""
        return {"hydrology_first_year": self.years[:realizations]}


@dataclass(frozen=True, eq=False)
class Typical:
    """Typical years, each repeated through the run."""

    record: Record
    steps: Steps
    years: Ints
    """ndarray (year), years of the record that a planner knows."""
    choice: Choice
    index: str
    """Site whose total has the probability."""
    dry: DryRun | None = None
    left_out: tuple[Message, ...] = ()
    """Years of the record that are not used because of gaps."""
    doubts: tuple[Message, ...] = ()
    """What makes the quantiles doubtful."""

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the sites."""
        return self.record.sites

    @property
    def size(self) -> int:
        """Number of probabilities."""
        return len(self.choice.years)

    @property
    def notes(self) -> tuple[Message, ...]:
        """The years, what was scaled by what factor, and what is doubtful about it."""
        return (typical_notes.note(self.choice, self.index, self.sites), *self.doubts)

    def draw_many(self, first: int, last: int) -> Floats:
        """Give the typical years of some probabilities; ndarray (realization, time, site)."""
        month = (self.steps.first + np.arange(self.steps.months)) % 12
        start = self.choice.first_month - 1
        draws = []
        for year in self.choice.years[first:last]:
            values = np.stack([year.values[site][month] for site in self.sites], axis=1)
            rows = year.year * 12 + month + np.where(month < start, 12, 0) - self.record.first
            draws.append(self.steps.spread(values, rows))
        return np.stack(draws)

    def planning(self) -> Floats:
        """Give the record in all its rotations; ndarray (sample, time, site)."""
        return Rotated(self.record, self.steps, self.years).planning()

    def reference(self) -> Floats:
        """Give the same."""
        return self.planning()

    def labels(self, realizations: int) -> Labels:
        """Give the probability, the year and the factor on the index of each realization."""
        years = self.choice.years[:realizations]
        return {
            "hydrology_probability": np.array([year.probability for year in years]),
            "hydrology_year": np.array([year.year for year in years]),
        } | {
            f"hydrology_factor_{site}": np.array([year.factors[site] for year in years])
            for site in self.sites
        }


class FromStreams:
    """What draws from streams of random numbers: its realizations, its planner and its reference."""

    steps: Steps

    def _draw(self, stream: int, numbers: range) -> Floats:
        """Draw runs of a stream; ndarray (run, time, site)."""
        raise NotImplementedError

    def draw_many(self, first: int, last: int) -> Floats:
        """Draw realizations; ndarray (realization, time, site)."""
        return self._draw(DRAWS, range(first, last))

    def planning(self) -> Floats:
        """Draw the planner's samples; ndarray (sample, time, site)."""
        return self._draw(PLANNING, runs_of(PLANNING_YEARS, self.steps))

    def reference(self) -> Floats:
        """Draw the samples that means of the record refer to; ndarray (sample, time, site)."""
        return self._draw(PLANNING, runs_of(REFERENCE_YEARS, self.steps))

    def labels(self, realizations: int) -> Labels:
        """Describe realizations; there is nothing to say."""
        return {}


@dataclass(frozen=True, eq=False)
class Shuffled(FromStreams):
    """The record in another order."""

    record: Record
    steps: Steps
    seed: int
    order: Blocks | NearestMonths | NearestYears
    dry: DryRun | None = None
    left_out: tuple[Message, ...] = ()
    """Years of the record that are not used because of gaps."""
    notes: tuple[Message, ...] = ()
    """How unequally years are drawn, and how few realizations differ."""
    size: None = None

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the sites."""
        return self.record.sites

    def _draw(self, stream: int, numbers: range) -> Floats:
        draws = []
        for seed in seeds(self.seed, stream, numbers):
            rows = self.order.rows(np.random.default_rng(seed), self.steps.months)
            draws.append(self.steps.spread(self.record.values[rows], rows))
        return np.stack(draws)


@dataclass(frozen=True, eq=False)
class Drawn(FromStreams):
    """Series from the generator."""

    generator: Generator
    factor: Floats
    """ndarray (site), from the units of the statistics to the canonical ones."""
    seed: int
    steps: Steps
    record: Record | None
    """Where the course inside the months is taken from."""
    not_kept: tuple[Message, ...]
    """Statistics of the record that the generator does not keep."""
    dry: DryRun | None = None
    left_out: tuple[Message, ...] = ()
    """Months of the record that have no value."""
    size: None = None

    @property
    def sites(self) -> tuple[str, ...]:
        """Names of the sites."""
        return self.generator.sites

    def months(self, stream: int, numbers: range, months: int) -> Floats:
        """Draw months from the first one of the run on; ndarray (realization, month, site)."""
        first = self.steps.first % 12
        return self.generator.draw(seeds(self.seed, stream, numbers), first, months) * self.factor

    def on_steps(self, months: Floats) -> Floats:
        """Share months out over steps; ndarray (time, site)."""
        return self.steps.spread(months, nearest_months(self.record, months, self.steps))

    def _draw(self, stream: int, numbers: range) -> Floats:
        drawn = self.months(stream, numbers, self.steps.months)
        return drawn if self.steps.whole else np.stack([self.on_steps(months) for months in drawn])


def runs_of(years: int, steps: Steps) -> range:
    """Number the runs that make about so many years."""
    return range(max(1, round(years * 12 / steps.months)))


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
    rows = rows_of_years(record, steps.first % 12, years)[: steps.months]
    return steps.spread(record.values[rows], rows)


def rows_of_years(record: Record, month: int, years: Ints) -> Ints:
    """Give the rows of a record that some years from a calendar month on (from 0) take up; ndarray (month)."""
    return (years[:, None] * 12 + month + np.arange(12) - record.first).ravel()


def _order(
    record: Record, steps: Steps, years: Ints, spec: Resampled
) -> Blocks | NearestMonths | NearestYears:
    """Prepare the order of a resampled record."""
    month = steps.first % 12
    if spec.method == "block":
        return Blocks.of(record, month, years, spec.block)
    if spec.unit == "month":
        return NearestMonths.of(record, month, spec.neighbours)
    return NearestYears.of(record, month, years, spec.neighbours)


def _typical(record: Record, spec: TypicalYears, unscaled: Sequence[str]) -> Choice:
    """Choose the typical years."""
    tables = {site: record.table(site)[1] for site in record.sites}
    rates = {
        site: kind not in ("volume", "depth") for site, kind in zip(record.sites, record.kinds, strict=True)
    }
    first = int(record.table(record.sites[0])[0][0])
    method = Method(spec.fit, spec.plotting_position, spec.skew_ratio)
    return typical_years(
        tables,
        first,
        rates,
        spec.index,
        spec.probabilities,
        method,
        spec.first_month,
        spec.scale,
        unscaled,
    )


def _generated(model: Model, spec: Generated, base_dir: Path, axis: TimeAxis) -> Drawn:
    """Prepare the generator, from given statistics or those of the record."""
    sites = tuple(spec.sites)
    record = None
    left_out: tuple[Message, ...] = ()
    fitted = spec.fitted
    if fitted is None:
        record = read_record(model.series, sites, base_dir, spec)
        left_out = missing_months(record, spec)
        fitted = fit(record, model.series, spec.margin)
    elif axis.step != "month":
        filed = [name for name in sites if isinstance(model.series[name], FileSeries)]
        if filed:
            record = read_record(model.series, filed, base_dir, spec).among(sites, model.series)
    kinds = tuple(kind_of(model.series[name]) for name in sites)
    given = [fitted.sites[name] for name in sites]
    factor = np.array([units.factor(site.units, KINDS[site.kind]) for site in given])
    steps = steps_of(axis, kinds, record)
    generator = generator_of(fitted, sites)
    lost = tuple(not_kept(fitted, generator))
    made = Drawn(generator, factor, spec.seed, steps, record, lost, left_out=left_out)
    if spec.dry_years is None:
        return made
    dry = spec.dry_years
    if dry.probability is None:
        assert record is not None  # checked with the model: statistics alone have no driest year
        years = usable_years(record, spec, int(axis.month[0]))
        return replace(made, dry=_dry_of_record(record, steps, years, spec))
    pool = made.months(DRY, range(1), 12 * DRY_POOL)[0]
    rows = np.arange(12 * DRY_POOL)
    chosen = driest(pool, kinds, sites.index(dry.index), steps.first % 12, rows[::12], dry)
    months = pool[chosen.start : chosen.start + 12 * dry.years]
    told = dry_note(dry, chosen, None)
    return replace(made, dry=place(steps, months, made.on_steps, dry, told))


def _dry_of_record(record: Record, steps: Steps, years: Ints, spec: AnyHydrology) -> DryRun | None:
    """Take the dry years from the record."""
    dry = spec.dry_years
    if dry is None:
        return None
    month = steps.first % 12
    starts = rows_of_years(record, month, years)[::12]
    chosen = driest(record.values, record.kinds, record.sites.index(dry.index), month, starts, dry)
    rows = chosen.start + np.arange(12 * dry.years)

    def on_steps(months: Floats) -> Floats:
        offset = steps.offset(dry.from_)
        donors = np.zeros(steps.months, np.int64)
        donors[offset : offset + rows.size] = rows
        return steps.spread(months, donors)

    told = dry_note(dry, chosen, (record.first + chosen.start) // 12)
    return place(steps, record.values[rows], on_steps, dry, told)
