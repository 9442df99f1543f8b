"""A network: the kernel tables of one or more variants of a lowered model, with names to report by."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waterbal.kernel import tables as kernel
from waterbal.kernel.program import Problem
from waterbal.model.rows import Floats, Rows, samples
from waterbal.network import tables
from waterbal.network.assemble import Assembly, add_levels, assemble
from waterbal.network.index import coefficients_of, index, stages
from waterbal.network.lookahead import LookAhead, look_ahead
from waterbal.network.reduce import Reduced, known_bounds, reduce

TYPICAL = 1000.0
"""Kernel units that the largest total need of a step should come to."""


@dataclass(frozen=True)
class Network:
    """Everything the kernel needs, and the rows it came from."""

    variants: tuple[Rows, ...]
    """What the forcing came from: one per variant, or one whose samples are the variants."""
    build: Assembly
    ahead: LookAhead
    scale: float
    """Volume of one kernel unit [1e4 m3], a power of two."""
    problem: Problem
    reduction: kernel.Reduction
    layout: kernel.Layout
    coefficients: kernel.Coefficients
    forcing: kernel.Forcing
    constraint: tuple[str, ...]
    """Name of each variable of the presolved program."""
    reserve_levels: tuple[str, ...]
    """Name of each look-ahead level."""

    @property
    def rows(self) -> Rows:
        """Rows of the first variant."""
        return self.variants[0]

    @property
    def members(self) -> int:
        """Number of variants or samples."""
        return int(self.forcing.roof.size)

    def constraint_name(self, variable: int) -> str:
        """Return the model path of a constraint that the kernel reported."""
        return self.constraint[variable] if 0 <= variable < len(self.constraint) else "unknown constraint"

    def workspace(self) -> kernel.State:
        """Allocate the state and scratch of one thread."""
        return tables.state(self.build, len(self.constraint), int(self.problem.member.size))

    def under(self, rows: Rows) -> Network:
        """Return this network under other weather: the same plan and program, another forcing.

        Nothing but the forcing depends on the weather that is simulated, so what a sample leads to does not
        depend on the samples it is simulated with.

        Parameters
        ----------
        rows : Rows
            The same model, lowered with the series of one or several samples.

        Raises
        ------
        ValueError
            If the weather changes a loss, a recovery or a returned share: those are in the program.
        """
        if not same_coefficients(self.rows, rows):
            raise ValueError("the weather changes a coefficient of the program")
        forcing = tables.forcing([rows], self.scale, unlimited([rows], self.ahead))
        kept = {name: getattr(self.forcing, name) for name in tables.OF_THE_PLAN}
        return replace(self, variants=(rows,), forcing=kernel.Forcing(**kept, **forcing))


def build(rows: Rows | Sequence[Rows], records: Sequence[Rows] | None = None) -> Network:
    """Build the kernel tables of a lowered model, or of variants with the same elements.

    Parameters
    ----------
    rows : Rows or sequence of Rows
        One lowered model, or several that differ in numbers only; without samples.
    records : sequence of Rows, optional
        The same model under the weather that planned reserves take their statistics from; it may have samples.
        Default: ``rows`` themselves.

    Returns
    -------
    Network
        Tables in kernel units.

    Raises
    ------
    ValueError
        If variants differ in anything but series over time.
    """
    variants = (rows,) if isinstance(rows, Rows) else tuple(rows)
    refuse_differences(variants)
    first = variants[0]
    names = index(first)
    steps = stages(variants)
    assembly = assemble(first, names, steps)
    records = variants if records is None else records
    ahead: LookAhead = look_ahead(assembly, records)
    add_levels(assembly, ahead.levels)
    scale = volume_scale(variants)
    reduced: Reduced = reduce(assembly, known_bounds(assembly, records, ahead))
    return Network(
        variants=variants,
        build=assembly,
        ahead=ahead,
        scale=scale,
        problem=reduced.problem,
        reduction=reduced.reduction,
        layout=tables.layout(assembly, scale, ahead),
        coefficients=tables.coefficients(steps),
        forcing=kernel.Forcing(
            **tables.forcing(variants, scale, unlimited(variants, ahead)), **tables.plan(steps, scale, ahead)
        ),
        constraint=reduced.names,
        reserve_levels=ahead.names,
    )


def same_coefficients(one: Rows, other: Rows) -> bool:
    """Tell whether two lowered models have the same losses, recoveries and returned shares in every step."""
    pairs = zip(coefficients_of(one), coefficients_of(other), strict=True)
    return all(a is b or (a.shape == b.shape and np.array_equal(a, b)) for a, b in pairs)


def refuse_differences(variants: Sequence[Rows]) -> None:
    """Refuse variants that differ in more than series over time: only those have a table per variant."""
    for other in variants[1:]:
        for group in ("sources", "aquifers", "nodes", "stores", "links", "demands", "quotas", "restrictions"):
            ones, others = getattr(variants[0], group), getattr(other, group)
            if len(ones) != len(others):
                raise ValueError(f"variants differ in the number of {group}")
            for one, two in zip(ones, others, strict=True):
                if fixed_part(one, variants[0].axis.size) != fixed_part(two, other.axis.size):
                    raise ValueError(f"variants differ in {group}: {one.id}, in more than series over time")
        if (variants[0].levels, variants[0].reserve) != (other.levels, other.reserve):
            raise ValueError("variants differ in priorities or reserves")


def fixed_part(row: Any, steps: int) -> dict[str, Any]:
    """Return what of a row does not change in time, and which series are unlimited throughout."""
    part: dict[str, Any] = {}
    for name, value in vars(row).items():
        if isinstance(value, np.ndarray):
            over_time = value.shape == (steps,)
            part[name] = bool(np.isfinite(value).any()) if over_time else value.tolist()
        elif not isinstance(value, dict):
            part[name] = [item[0] for item in value] if name == "returns" else value
    return part


def volume_scale(variants: Sequence[Rows]) -> float:
    """Return the power of two that brings the largest total need of a step near ``TYPICAL``."""
    need = max(float(total(rows).max(initial=0.0)) for rows in variants)
    return 2.0 ** round(math.log2(need / TYPICAL)) if need > 0.0 else 1.0


def total(rows: Rows) -> Floats:
    """Return the total gross need, ndarray (..., time) [1e4 m3]."""
    return functools.reduce(np.add, (demand.gross for demand in rows.demands), np.zeros(rows.axis.size))


def unlimited(variants: Sequence[Rows], ahead: LookAhead) -> list[Floats]:
    """Return a volume that no flow of a step needs to exceed, one ndarray (sample) per variant [1e4 m3].

    A flow is made of what demands take, what stores hold and what minimum flows force through, now and in the
    look-ahead. Losses on the way multiply it, so do reuse loops, which the factor covers.
    """
    gain = smallest_gain(variants)
    result = []
    for rows in variants:
        need = np.max(total(rows), axis=-1, initial=0.0)
        stored = sum(np.max(s.capacity) + np.max(s.inflow, axis=-1) + s.initial for s in rows.stores)
        forced = sum(np.max(link.minimum) for link in rows.links)
        largest = np.maximum(need + stored + forced, 1.0)
        roof = np.maximum(16.0 * largest, 4.0 * ahead.largest) / gain
        result.append(np.broadcast_to(roof, samples(rows)))
    return result


def smallest_gain(variants: Sequence[Rows]) -> float:
    """Return the share of water that survives the worst chain of one link and one works, at least 1e-3."""
    links = [float(link.gain.min()) for rows in variants for link in rows.links]
    works = [
        float(node.usable[node.usable > 0.0].min(initial=1.0)) for rows in variants for node in rows.nodes
    ]
    return max(min(links, default=1.0) * min(works, default=1.0), 1e-3)
