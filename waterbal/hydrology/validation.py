"""Observed against generated: every statistic of the record inside or outside the band of drawn records.

A drawn record has the length and the gaps of the observed one, so that the band is that of sampling. Of statistics
that are reproduced, one in twenty is outside a 95 % band by chance; how many at once are, and could be, is told by
the drawn records themselves: each is held against the band of all, as the observed one is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from waterbal.hydrology.statistics import Key, Records, limits, statistics
from waterbal.model.rows import Floats

Draw = Callable[[int, int], Mapping[str, Floats]]
"""(first, end) realization -> site -> ndarray (realization, year, month)."""
ROUNDING = 1e-9
"""[-] a value that is as little outside its band, of its size or of 1, is inside: arithmetic, no statistic."""
BLOCK = 250
"""Realizations whose statistics are worked out at once."""


@dataclass(frozen=True)
class Line:
    """One statistic."""

    key: Key
    observed: float
    low: float
    """Lower end of the band."""
    middle: float
    """Median of the drawn records."""
    high: float
    """Upper end of the band."""

    @property
    def defined(self) -> bool:
        """Whether the record is long enough for the statistic."""
        return bool(np.isfinite([self.observed, self.low, self.high]).all())

    @property
    def inside(self) -> bool:
        """Whether the observed value lies in the band, its ends included."""
        return not bool(_beyond(np.array(self.observed), self.low, self.high))


@dataclass(frozen=True)
class Validation:
    """Outcome of a comparison."""

    records: Records
    lines: tuple[Line, ...]
    level: float
    """[-] share of the drawn records inside a band."""
    realizations: int
    typical_outside: float
    """Mean number of statistics of a drawn record that are outside the bands."""
    largest_outside: float
    """Number that 95 % of the drawn records do not exceed."""

    @property
    def defined(self) -> tuple[Line, ...]:
        """Statistics that the record is long enough for."""
        return tuple(line for line in self.lines if line.defined)

    @property
    def outside(self) -> tuple[Line, ...]:
        """Statistics that are not reproduced."""
        return tuple(line for line in self.defined if not line.inside)

    @property
    def plausible(self) -> bool:
        """Whether as many statistics outside are nothing unusual for a record drawn from the same model."""
        return len(self.outside) <= self.largest_outside


def _beyond(values: Floats, low: float, high: float) -> np.ndarray:
    """Tell which values are outside a band by more than rounding."""
    slack = ROUNDING * max(abs(low), abs(high), 1.0)
    return (values < low - slack) | (values > high + slack)


def validate(records: Records, draw: Draw, realizations: int = 1000, level: float = 0.95) -> Validation:
    """Hold a record against records drawn from a generator.

    Parameters
    ----------
    records : Records
        The observed record.
    draw : callable
        Draws realizations of the same calendar years, without gaps.
    realizations : int
        Number of records drawn.
    level : float [-]
        Share of them inside a band.
    """
    dry = limits(records)
    observed = statistics(records, {name: site.table for name, site in records.sites.items()}, dry)
    drawn: dict[Key, list[Floats]] = {key: [] for key in observed}
    for first in range(0, realizations, BLOCK):
        tables = draw(first, min(first + BLOCK, realizations))
        for key, values in statistics(records, tables, dry).items():
            drawn[key].append(values)
    tail = 50.0 * (1.0 - level)
    lines, outside = [], np.zeros(realizations)
    for key, parts in drawn.items():
        values = np.concatenate(parts)
        known = values[np.isfinite(values)]
        if not known.size:
            lines.append(Line(key, float(observed[key]), np.nan, np.nan, np.nan))
            continue
        low, middle, high = np.percentile(known, [tail, 50.0, 100.0 - tail])
        line = Line(key, float(observed[key]), float(low), float(middle), float(high))
        lines.append(line)
        if line.defined:
            outside += _beyond(values, low, high)
    return Validation(
        records, tuple(lines), level, realizations, float(outside.mean()), float(np.percentile(outside, 95.0))
    )
