"""Numbers for names: vertices, links and stages of a lowered model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from waterbal.model.rows import Floats, Ints, Rows


@dataclass(frozen=True)
class Index:
    """Vertex numbers: sources, aquifers, nodes, stores, demands, in this order."""

    vertex: dict[str, int]
    sources: dict[str, int]
    aquifers: dict[str, int]
    nodes: dict[str, int]
    stores: dict[str, int]
    demands: dict[str, int]
    links: dict[str, int]
    outgoing: list[list[int]]
    """Links that leave each vertex."""
    incoming: list[list[int]]
    """Links that enter each vertex."""


def numbers(rows: Sequence[object]) -> dict[str, int]:
    """Return the position of each row by id."""
    return {row.id: i for i, row in enumerate(rows)}  # type: ignore[attr-defined]


def index(rows: Rows) -> Index:
    """Give everything in a lowered model its number."""
    groups = (rows.sources, rows.aquifers, rows.nodes, rows.stores, rows.demands)
    vertex = {row.id: i for i, row in enumerate(row for group in groups for row in group)}
    if len(vertex) != sum(len(group) for group in groups):
        raise ValueError("element ids are not unique")
    outgoing: list[list[int]] = [[] for _ in vertex]
    incoming: list[list[int]] = [[] for _ in vertex]
    for i, link in enumerate(rows.links):
        outgoing[vertex[link.tail]].append(i)
        incoming[vertex[link.head]].append(i)
    return Index(
        vertex=vertex,
        sources=numbers(rows.sources),
        aquifers=numbers(rows.aquifers),
        nodes=numbers(rows.nodes),
        stores=numbers(rows.stores),
        demands=numbers(rows.demands),
        links=numbers(rows.links),
        outgoing=outgoing,
        incoming=incoming,
    )


@dataclass(frozen=True)
class Stages:
    """Distinct sets of coefficients over all variants and steps."""

    of_step: Ints
    """ndarray (variant, time)"""
    gain: Floats
    """ndarray (stage, link)"""
    yield_: Floats
    """ndarray (stage, source)"""
    usable: Floats
    """ndarray (stage, node)"""
    recovery: Floats
    """ndarray (stage, node)"""
    return_share: Floats
    """ndarray (stage, return), 0 for returns that no limit depends on"""

    @property
    def count(self) -> int:
        """Number of stages."""
        return int(self.gain.shape[0])


def returns(rows: Rows) -> list[tuple[int, str, Floats]]:
    """List every return as (demand number, destination id, share by step)."""
    return [(i, to, share) for i, demand in enumerate(rows.demands) for to, share in demand.returns]


def is_sink(rows: Rows, id: str) -> bool:
    """Tell whether what returns to an element never limits a flow: an aquifer, or a node without links."""
    if any(node.id == id and (node.outlet or node.overflow) for node in rows.nodes):
        return all(id not in (link.tail, link.head) for link in rows.links)
    return any(aquifer.id == id for aquifer in rows.aquifers)


def stages(variants: Sequence[Rows]) -> Stages:
    """Find the distinct coefficient sets and the one that each step uses."""
    blocks = []
    for rows in variants:
        columns = coefficients_of(rows)
        blocks.append(np.stack(columns, axis=1) if columns else np.zeros((rows.axis.size, 0)))
    table, inverse = distinct(np.concatenate(blocks))
    first = variants[0]
    widths = [len(first.links), len(first.sources), len(first.nodes), len(first.nodes)]
    gain, yield_, usable, recovery, share = np.split(table, np.cumsum(widths), axis=1)
    return Stages(inverse.reshape(len(variants), -1), gain, yield_, usable, recovery, share)


def coefficients_of(rows: Rows) -> list[Floats]:
    """List the series that enter the matrix, in the order of ``Stages``; each ndarray (..., time)."""
    sinks = {to for _, to, _ in returns(rows) if is_sink(rows, to)}
    return (
        [link.gain for link in rows.links]
        + [source.yield_ for source in rows.sources]
        + [node.usable for node in rows.nodes]
        + [node.recovery for node in rows.nodes]
        + [np.zeros(rows.axis.size) if to in sinks else share for _, to, share in returns(rows)]
    )


def distinct(table: Floats) -> tuple[Floats, Ints]:
    """Return the distinct rows of a table in order, and which of them each row is."""
    changing = (table != table[:1]).any(axis=0)
    if not changing.any():
        return table[:1], np.zeros(len(table), dtype=np.int64)
    _, first, inverse = np.unique(table[:, changing], axis=0, return_index=True, return_inverse=True)
    return table[first], inverse.ravel()
