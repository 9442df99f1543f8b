"""A record as a program under construction: its steps, its columns, and what flows in and out of elements."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from waterbal.capacity.bound_program import ABSENT, SHARE, Program, Terms
from waterbal.model.rows import AquiferRow, Floats, Ints, Rows, SourceRow
from waterbal.network.index import Index, index
from waterbal.network.tables import smallest

MILLIMETRE = 0.1
"""[1e4 m3] of 1 mm on 1 km2."""


@dataclass
class Record:
    """The program of a record with the columns that requirements are about; positions are warm-up, then record."""

    rows: Rows
    steps: Ints
    """ndarray (position) step of the record that each position has the weather of"""
    warm_up: int
    need: Floats
    """ndarray (demand, 2) factor on need: constant, and per unit of the scale [-]"""
    offer: Floats
    """ndarray (source, 2) factor on what sources offer"""
    program: Program = field(default_factory=Program)
    scale: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """ndarray (1) column of the scale"""
    flow: list[Ints] = field(default_factory=list)
    """Per link ndarray (position)"""
    supply: list[Ints] = field(default_factory=list)
    """Per demand"""
    cut: list[float] = field(default_factory=list)
    """Per demand, largest factor of a drought rule, at least 1 [-]"""
    ground: list[Ints] = field(default_factory=list)
    """Per aquifer, storage at the end of a step"""
    volume: list[Ints] = field(default_factory=list)
    """Per store, at the end of a step"""
    loss: list[Ints] = field(default_factory=list)
    """Per store, evaporation and seepage"""

    @property
    def size(self) -> int:
        """Number of positions."""
        return int(self.steps.size)

    @property
    def names(self) -> Index:
        """Numbers of elements and links."""
        return index(self.rows)

    def begins(self) -> Ints:
        """Return the positions at which quotas and lags begin anew: that of the warm-up and that of the record."""
        return np.unique([0, self.warm_up])

    def at(self, values: Floats) -> Floats:
        """Return the value of a series at every position."""
        return np.asarray(values, dtype=np.float64)[self.steps]

    def all_scale(self) -> Ints:
        """Return the column of the scale once for every position."""
        return np.broadcast_to(self.scale, (self.size,))


def before(columns: Ints) -> Ints:
    """Return the columns of the step before, ``ABSENT`` for the first."""
    return np.concatenate([[ABSENT], columns[:-1]])


def outflow(build: Record, names: Index, id: str) -> Terms:
    """Give what links take from an element."""
    return [(build.flow[j], 1.0) for j in names.outgoing[names.vertex[id]]]


def link_arrivals(build: Record, names: Index, id: str) -> Terms:
    """Give what links bring to an element."""
    return [(build.flow[j], build.at(build.rows.links[j].gain)) for j in names.incoming[names.vertex[id]]]


def returned(build: Record, id: str) -> Terms:
    """Give what demands return to an element."""
    return [
        (build.supply[d], build.at(share))
        for d, demand in enumerate(build.rows.demands)
        for to, share in demand.returns
        if to == id
    ]


def arrivals(build: Record, names: Index, id: str) -> Terms:
    """Give what links and returns bring to an element."""
    return link_arrivals(build, names, id) + returned(build, id)


def raised(limits: dict[str, Floats], kind: str) -> Floats:
    """Return by how much the smallest of several limits grows when one of them does, ndarray (time)."""
    return smallest({**limits, kind: limits[kind] * (1.0 + SHARE)}) - smallest(limits)


def moves(row: SourceRow | AquiferRow, section: str) -> list[tuple[str, Floats]]:
    """List every limit of a source or aquifer with what raising it brings, and all of them together."""
    found = [(f"{section}.{row.id}.{kind}", raised(row.limits, kind)) for kind in row.limits]
    if len(row.limits) > 1:
        found.append((f"{section}.{row.id}", SHARE * smallest(row.limits)))
    return found
