"""Standardised drought indices of the record of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology.columns import SUMMED
from waterbal.hydrology.drought import Event, events, standardized_index
from waterbal.hydrology.periods import lengths
from waterbal.hydrology.periods import name as period_name
from waterbal.hydrology.record import Record, cut, read_record
from waterbal.model.rows import Floats
from waterbal.model.series_spec import FileSeries


@dataclass(frozen=True)
class Indices:
    """Drought indices of a record."""

    name: str
    record: Record
    distribution: str
    scales: tuple[int, ...]
    values: Floats
    """ndarray (scale, month) [-]."""
    first: int
    """Number of the first month."""

    def events(self) -> list[tuple[int, Event]]:
        """Give the droughts of each scale, the largest first."""
        found = [
            (scale, event)
            for scale, row in zip(self.scales, self.values, strict=True)
            for event in events(row)
        ]
        return sorted(found, key=lambda one: (self.scales.index(one[0]), -one[1].magnitude))

    def month(self, position: int) -> str:
        """Name a month, e.g. ``2002-05``."""
        return period_name("month", self.first + position)


def indices(
    name: str,
    spec: FileSeries,
    base_dir: str | Path,
    scales: Sequence[int],
    distribution: str,
    part: str = "",
) -> Indices:
    """Work out the indices of a series.

    Parameters
    ----------
    name : str
        What the series is called.
    spec : FileSeries
        File, column, kind and units; of a rate the volumes are added up.
    base_dir : str or Path
        Directory that the file name is relative to.
    scales : sequence of int
        Months that are added up.
    distribution : str
        ``gamma`` or ``pearson3``.
    part : str
        ``FIRST..LAST`` months that are used; all if empty.

    Raises
    ------
    DataError
        If the record cannot be read, or is too short for every month.
    """
    record = cut(read_record({name: spec}, [name], base_dir), part)
    years, table = record.table(name)
    if spec.kind not in SUMMED:
        months = np.arange(int(years[0]) * 12, (int(years[-1]) + 1) * 12)
        table = table * lengths("month", months).reshape(table.shape)
    wanted = tuple(dict.fromkeys(scales))
    values = np.stack([standardized_index(table, scale, distribution).ravel() for scale in wanted])
    if np.isnan(values).all():
        message = Message(
            "系列太短或没有变化，无法计算指数", "the record is too short for an index, or does not vary"
        )
        raise DataError(
            Issue(message, name, expected=Message("各月都有十年或更多", "ten years or more of every month"))
        )
    known = np.flatnonzero(np.isfinite(table.ravel()))
    inside = slice(int(known[0]), int(known[-1]) + 1)
    return Indices(name, record, distribution, wanted, values[:, inside], int(years[0]) * 12 + int(known[0]))
