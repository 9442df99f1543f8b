"""Outages put into the rows of a model: limits and capacities are lowered in time, nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np

from waterbal.model.root import Model
from waterbal.model.rows import AquiferRow, Floats, LinkRow, NodeRow, Rows, SourceRow

AMPLE = 1e9
"""Stands for the missing capacity of an element that has an outage, far above any flow [1e4 m3]."""

Tapped = TypeVar("Tapped", SourceRow, AquiferRow)


def with_outages(rows: Rows, model: Model, *, happen: bool) -> Rows:
    """Lower what outages take away.

    Parameters
    ----------
    rows : Rows
        Lowered model.
    model : Model
        The model; its outages name elements.
    happen : bool
        False gives the same system without the outages, for plans that do not know of them.

    Returns
    -------
    Rows
        Elements that have an outage have a finite capacity in either case, so that the program of a step is the
        same with and without.
    """
    if not model.outages:
        return rows
    left = shares(rows, model)
    if not happen:
        left = {id: np.ones(rows.axis.size) for id in left}
    return replace(
        rows,
        sources=[_tapped(row, left) for row in rows.sources],
        aquifers=[_tapped(row, left) for row in rows.aquifers],
        nodes=[_node(row, left) for row in rows.nodes],
        links=[_link(row, left, model) for row in rows.links],
    )


def shares(rows: Rows, model: Model) -> dict[str, Floats]:
    """Share that is left of every element that has an outage; ndarray (time) [-] by id."""
    left: dict[str, Floats] = {}
    for outage in model.outages.values():
        share = outage.share(rows.axis)
        for id in outage.of:
            left[id] = np.minimum(left[id], share) if id in left else share
    return left


def _tapped(row: Tapped, left: Mapping[str, Floats]) -> Tapped:
    """Lower every limit of a source or aquifer, so that it gives the share of what it would have given."""
    share = left.get(row.id)
    if share is None:
        return row
    return replace(row, limits={kind: limit * share for kind, limit in row.limits.items()})


def _node(row: NodeRow, left: Mapping[str, Floats]) -> NodeRow:
    """Lower the capacity of works; where returns arrive they pass by."""
    share = left.get(row.id)
    if share is None:
        return row
    capacity = np.minimum(row.capacity, AMPLE) * share
    output = np.minimum(row.output_limit, AMPLE) * share
    return replace(row, capacity=capacity, output_limit=output, overflow=row.overflow or row.outlet)


def _link(row: LinkRow, left: Mapping[str, Floats], model: Model) -> LinkRow:
    """Lower the capacity of a link, and its minimum flow with that of what it joins."""
    own = [left[id] for id in (row.id, row.tail) if id in left and (id == row.id or id in model.stores)]
    ends = [left[id] for id in (row.id, row.tail, row.head) if id in left and id not in model.stores] + own
    if not ends:
        return row
    minimum = row.minimum * np.min(ends, axis=0)
    if not own:
        return replace(row, minimum=minimum)
    return replace(row, capacity=np.minimum(row.capacity, AMPLE) * np.min(own, axis=0), minimum=minimum)
