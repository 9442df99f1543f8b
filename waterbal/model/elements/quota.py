"""Quotas (取水指标): a yearly volume for several sources, aquifers or links, cut in dry years, nested."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Element, Id, Month, Strict, Year
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import amount
from waterbal.model.quantities import AnnualVolume, FixedShare, Flow, Volume
from waterbal.model.rows import Floats, Ints, QuotaRow
from waterbal.model.values import Number, Quantity

CutFactor = Annotated[Number, Quantity("fraction", high=2.0, forms=("value",))]
"""[-] factor on a quota; above 1 in wet years."""


class CutPoint(Strict):
    """One point of a cut rule."""

    flow: AnnualVolume
    """Mean annual volume of the river [1e4 m3/yr]."""
    factor: CutFactor
    """Factor on the quota at that volume [-]."""


class CutRule(Strict):
    """Cut by what the river carried before (丰增枯减): linear between points, constant beyond them.

    The mean annual volume of the ``years`` years before the start of the quota year decides; it is
    known when the quota year begins.
    """

    flow: Flow
    """River flow at the gauge [1e4 m3/d]."""
    years: int = Field(ge=1, le=10)
    """Preceding years that count."""
    points: Annotated[list[CutPoint], Field(min_length=2)]
    """Points in order of flow."""
    first: CutFactor
    """Factor of quota years with less than a year of the record before them [-]."""

    @model_validator(mode="after")
    def _ordered(self) -> CutRule:
        flows = [point.flow.numbers[0] for point in self.points]
        if flows != sorted(set(flows)):
            raise ValueError(
                Message("各点没有按流量递增排列", "the points are not in order of increasing flow")
            )
        if any(point.flow.constant is None for point in self.points):
            raise ValueError(Message("一点的流量是一个数", "the flow of a point is one number"))
        return self

    def factor(self, context: Context, reset_month: int) -> Floats:
        """Factor of the quota year; ndarray (time) [-]."""
        axis = context.axis
        volume = context.volume(self.flow)
        flows = np.array([point.flow.scalar() for point in self.points])
        factors = np.array([point.factor.scalar() for point in self.points])
        quota_year = context.quota_year(reset_month)
        part = axis.days / (_begin(quota_year + 1, reset_month) - _begin(quota_year, reset_month)).astype(
            np.int64
        )
        result = np.full(volume.shape, self.first.scalar())
        for year in np.unique(quota_year):
            before = (quota_year >= year - self.years) & (quota_year < year)
            if axis.days[before].sum() >= 365.0:
                total = np.ascontiguousarray(volume[..., before]).sum(axis=-1, keepdims=True)
                mean = total / part[before].sum()
                result[..., quota_year == year] = np.interp(mean, flows, factors)
        return result


def _begin(quota_year: Ints, reset_month: int) -> npt.NDArray[np.datetime64]:
    """Return the first day of quota years."""
    month = (quota_year - 1970) * 12 + reset_month - 1
    return month.astype("datetime64[M]").astype("datetime64[D]")


class CutYears(Strict):
    """Factors by quota year, named by the calendar year in which it begins."""

    by_quota_year: dict[Year, CutFactor]
    """Factor of each quota year [-]."""
    otherwise: CutFactor
    """Factor of all other quota years [-]."""

    def factor(self, context: Context, reset_month: int) -> Floats:
        """Factor of the quota year; ndarray (time) [-]."""
        result = np.full(context.axis.size, self.otherwise.scalar())
        quota_year = context.quota_year(reset_month)
        for year, factor in self.by_quota_year.items():
            result[quota_year == year] = factor.scalar()
        return result


class Cut(Strict):
    """Factor on the volume of a quota: constant, by quota year or by rule."""

    constant: CutFactor | None = None
    """The same in every year [-]."""
    years: CutYears | None = None
    """By quota year."""
    rule: CutRule | None = None
    """By the river before."""

    def unwritten(self) -> tuple[str, ...]:
        """Name the fields that are told apart by form."""
        return "constant", "years", "rule"

    def factor(self, context: Context, reset_month: int) -> Floats:
        """Factor of the quota year; ndarray (time) [-]."""
        if self.constant is not None:
            return np.full(context.axis.size, self.constant.scalar())
        chosen = self.years or self.rule
        assert chosen is not None
        return chosen.factor(context, reset_month)


def _cut(raw: Any) -> Any:
    """Tell the three forms apart by their keys."""
    if isinstance(raw, dict) and "by_quota_year" in raw:
        return {"years": raw}
    if isinstance(raw, dict) and "points" in raw:
        return {"rule": raw}
    return {"constant": raw}


class Quota(Element):
    """Entitlement per quota year.

    Use counts withdrawals of sources and pumping of aquifers before their losses, and flows of links. A quota of
    a quota counts the same water again under the wider cap (district cap around a river cap).
    """

    of: Annotated[list[Id], Field(min_length=1)]
    """Sources, aquifers, links and other quotas whose use counts."""
    weights: dict[Id, Annotated[Number, Quantity("fraction", high=10.0, forms=("value",))]] = {}
    """Weight of a member of ``of``; 1 if not given [-]."""
    volume: AnnualVolume
    """Volume of a quota year [1e4 m3/yr]."""
    reset_month: Month
    """Calendar month in which the quota year begins."""
    cut: (
        Annotated[Cut, BeforeValidator(_cut, json_schema_input_type=CutFactor | CutYears | CutRule)] | None
    ) = None
    """Factor on the volume in dry years; none if not given."""
    carry_over: FixedShare | None = None
    """Largest share of the volume that unused water adds to the next quota year; none if not given [-]."""
    initial: Volume | None = None
    """Left at the start; if not given the volume times the part of the quota year that is left [1e4 m3]."""

    @model_validator(mode="after")
    def _members(self) -> Quota:
        if len(set(self.of)) != len(self.of):
            raise ValueError(Message("指标的成员重复", "a member of the quota is named twice"))
        unknown = [name for name in self.weights if name not in self.of]
        if unknown:
            raise ValueError(
                Message(
                    f"给出了 {unknown[0]!r} 的权重，但它不是该指标的成员",
                    f"weight of {unknown[0]!r}, which is not a member of the quota",
                )
            )
        return self

    def entitlement(self, context: Context) -> Floats:
        """Volume of the quota year after cuts; ndarray (time) [1e4 m3]."""
        volume = context.of_quota_year(self.volume, self.reset_month)
        return volume if self.cut is None else volume * self.cut.factor(context, self.reset_month)

    def lower(self, id: str, context: Context, quotas: dict[str, Quota]) -> QuotaRow:
        """Give the row of this quota; ``quotas`` are all of the model."""
        return QuotaRow(
            id=id,
            members=list(self.members(quotas).items()),
            volume=self.entitlement(context),
            reset_month=self.reset_month,
            carry_over=amount(self.carry_over),
            initial=None if self.initial is None else self.initial.scalar(),
        )

    def members(self, quotas: dict[str, Quota]) -> dict[str, float]:
        """Weight of each source, aquifer and link, those of nested quotas included."""
        weights: dict[str, float] = {}
        for name in self.of:
            weight = self.weights[name].scalar() if name in self.weights else 1.0
            inner = quotas[name].members(quotas) if name in quotas else {name: 1.0}
            for member, part in inner.items():
                weights[member] = weights.get(member, 0.0) + weight * part
        return weights
