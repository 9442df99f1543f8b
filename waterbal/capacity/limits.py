"""Every limit of a model by its path, and the same model with one of them relaxed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waterbal.capacity.question import Limit, Question
from waterbal.model.rows import Rows, SourceRow

ACTIVE = "active"
"""What of a reservoir is raised."""
INSTREAM = "instream"
"""Flow that stays in a river, which is lowered."""
ZH = {
    "hydrology": "可取来水", INSTREAM: "河道内留用流量（减少）",
    "conveyance": "取水能力", "plan": "取水计划", "legal": "许可", "pumping": "开采能力",
    "capacity": "能力", "output": "出水能力", "volume": "指标", "recharge": "补给", "inflow": "入流",
    "usable": "利用率", "at_most": "上限", "at_least": "下限", "load": "允许负荷", "deepest": "允许埋深",
    ACTIVE: "兴利库容", "minimum": "最小流量",
}  # fmt: skip
"""Chinese names of what limits."""
EN = {
    "hydrology": "water that the river or weather offers", INSTREAM: "flow that stays in the river (less of it)",
    "conveyance": "intake capacity", "plan": "monthly plan", "legal": "permit",
    "pumping": "well capacity", "capacity": "capacity", "output": "output", "volume": "quota", "recharge": "recharge",
    "inflow": "inflow", "usable": "share in use",
    "at_most": "upper limit", "at_least": "floor", "load": "allowed load", "deepest": "allowed depth",
    ACTIVE: "active capacity", "minimum": "minimum flow",
}  # fmt: skip
"""English names of what limits."""


DRIVERS, WATERS, LEVELS = "capacity.limits", "capacity.receiving_waters", "capacity.groundwater"
"""Sections of a model whose limits are no limits on water: on what grows, on what is discharged, on levels."""


@dataclass(frozen=True)
class LimitPath:
    """A limit of a model."""

    section: str
    """``sources``, ``aquifers``, ``nodes``, ``stores``, ``links`` or ``quotas``, as the rows have them; or one of
    ``DRIVERS``, ``WATERS``, ``LEVELS``, of the question."""
    id: str
    """Element."""
    part: str
    """Kind of limit of a source or aquifer; ``capacity``, ``output``, ``usable``, ``volume``, ``recharge``; of the
    question ``at_most``, ``at_least``, ``load``, ``deepest``."""

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
    for source in rows.sources:
        if source.instream is not None and (source.instream > 0.0).any():
            yield LimitPath("sources", source.id, INSTREAM)
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


def of_question(question: Question) -> Iterator[LimitPath]:
    """List the limits of a question that are not limits on water."""
    for limit in question.limits:
        yield LimitPath(DRIVERS, limit.id, "at_most" if _upper(limit) else "at_least")
    for item in question.requirements:
        for section, kind, part in ((WATERS, "load", "load"), (LEVELS, "aquifer_depth", "deepest")):
            if item.kind == kind:
                yield LimitPath(section, item.id.removeprefix(f"{section}."), part)


def asking_less(question: Question, limit: LimitPath, share: float) -> Question:
    """Return the same question with one of its own limits relaxed.

    Parameters
    ----------
    question : Question
        What is asked.
    limit : LimitPath
        One of ``of_question``.
    share : float
        Share of itself by which an upper limit is raised, or a floor lowered [-].
    """
    if limit.section == DRIVERS:
        found = tuple(_wider(own, share) if own.id == limit.id else own for own in question.limits)
        return replace(question, limits=found)
    path = f"{limit.section}.{limit.id}"
    items = tuple(
        replace(item, limit=item.limit + share * abs(item.limit)) if item.id == path else item
        for item in question.requirements
    )
    return replace(question, requirements=items)


def _upper(limit: Limit) -> bool:
    """Tell an upper limit from a floor, which is written with the opposite sign: the driver limited comes first."""
    return next(iter(limit.weights.values())) > 0.0


def _wider(limit: Limit, share: float) -> Limit:
    """Return a limit on drivers that leaves more room."""
    factor = 1.0 + share if _upper(limit) else 1.0 - share
    (driver, own), *per = limit.weights.items()
    return replace(
        limit,
        weights={driver: own, **{id: weight * factor for id, weight in per}},
        bound=limit.bound * factor,
    )


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
    if part == INSTREAM:  # what stays is less, where the river has more than that
        available = row.limits["hydrology"]
        more = np.where(available > 0.0, available + (factor - 1.0) * row.instream, available)
        return replace(row, limits={**row.limits, "hydrology": more})
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
