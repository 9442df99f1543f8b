"""Every limit of a model by its path, and the same model with one of them relaxed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waterbal.model.rows import Rows, SourceRow

ZH = {
    "hydrology": "来水", "conveyance": "取水能力", "plan": "取水计划", "legal": "许可", "pumping": "开采能力",
    "capacity": "能力", "output": "出水能力", "volume": "指标", "recharge": "补给", "inflow": "入流",
    "usable": "利用率",
}  # fmt: skip
"""Chinese names of what limits."""
EN = {
    "hydrology": "river and weather", "conveyance": "intake capacity", "plan": "monthly plan", "legal": "permit",
    "pumping": "well capacity", "capacity": "capacity", "output": "output", "volume": "quota", "recharge": "recharge",
    "inflow": "inflow", "usable": "share in use",
}  # fmt: skip
"""English names of what limits."""


@dataclass(frozen=True)
class LimitPath:
    """A limit of a model."""

    section: str
    """``sources``, ``aquifers``, ``nodes``, ``stores``, ``links`` or ``quotas``, as the rows have them."""
    id: str
    """Element."""
    part: str
    """Kind of limit of a source or aquifer; ``capacity``, ``output``, ``usable``, ``volume``, ``recharge``."""

    @property
    def path(self) -> str:
        """Dotted name."""
        return f"{self.section}.{self.id}.{self.part}"


def limits(rows: Rows) -> Iterator[LimitPath]:
    """List every limit of a lowered model that is finite in some step."""
    for section in ("sources", "aquifers"):
        for row in getattr(rows, section):
            for kind, value in row.limits.items():
                if np.isfinite(value).any():
                    yield LimitPath(section, row.id, kind)
    for row in rows.aquifers:
        yield LimitPath("aquifers", row.id, "recharge")
    for node in rows.nodes:
        if _binds(node.capacity):
            yield LimitPath("nodes", node.id, "capacity")
        if _binds(node.output_limit):
            yield LimitPath("nodes", node.id, "output")
        if (node.usable < node.recovery - 1e-12).any() and (node.usable > 0.0).any():
            yield LimitPath("nodes", node.id, "usable")
    for store in rows.stores:
        if (store.capacity > 0.0).any():
            yield LimitPath("stores", store.id, "capacity")
    for link in rows.links:
        if _binds(link.capacity):
            yield LimitPath("links", link.id, "capacity")
    for quota in rows.quotas:
        if _binds(quota.volume):
            yield LimitPath("quotas", quota.id, "volume")


def _binds(values: Any) -> bool:
    """Tell whether a limit is finite and not always 0."""
    finite = np.isfinite(values)
    return bool(finite.any() and (np.where(finite, values, 0.0) > 0.0).any())


def relaxing(limit: LimitPath, share: float, planned: Collection[str] = ()) -> Callable[[Rows], Rows]:
    """Return what relaxes one limit of a lowered model.

    Parameters
    ----------
    limit : LimitPath
        Limit that is relaxed.
    share : float
        Share of itself by which it is raised [-].
    planned : collection of str
        Sources whose monthly plan is a share of the quota that is relaxed, and rises with it.
    """

    def change(rows: Rows) -> Rows:
        group = [
            _relaxed(row, limit.part, 1.0 + share) if row.id == limit.id else row
            for row in getattr(rows, limit.section)
        ]
        changed: dict[str, Any] = {limit.section: group}
        if planned:
            changed["sources"] = [
                _relaxed(row, "plan", 1.0 + share) if row.id in planned and "plan" in row.limits else row
                for row in rows.sources
            ]
        return replace(rows, **changed)

    return change


def _relaxed(row: Any, part: str, factor: float) -> Any:
    """Return a row with one limit raised; what else scales with it keeps its place below."""
    if isinstance(row, SourceRow) or part in getattr(row, "limits", {}):
        return replace(row, limits={**row.limits, part: row.limits[part] * factor})
    if part == "recharge":
        return replace(row, recharge=row.recharge * factor)
    if part == "output":
        return replace(row, output_limit=row.output_limit * factor)
    if part == "usable":
        return replace(row, usable=np.minimum(row.usable * factor, row.recovery))
    if part == "volume":
        initial = None if row.initial is None else row.initial * factor
        return replace(row, volume=row.volume * factor, initial=initial)
    if hasattr(row, "curve_volume"):
        return _larger_store(row, factor)
    if hasattr(row, "output_limit"):  # works: what they give is a share of what they take
        return replace(row, capacity=row.capacity * factor, output_limit=row.output_limit * factor)
    return replace(row, capacity=row.capacity * factor)


def _larger_store(row: Any, factor: float) -> Any:
    """Return a reservoir with more active volume above the same dead volume."""
    active = np.maximum(row.capacity - row.dead, 0.0)
    capacity = np.minimum(row.dead, row.capacity) + factor * active
    volume = row.curve_volume
    if capacity.max() > volume[-1]:
        row = replace(
            row,
            curve_volume=np.append(volume, capacity.max()),
            curve_area=np.append(row.curve_area, row.curve_area[-1]),
        )
    return replace(row, capacity=capacity)
