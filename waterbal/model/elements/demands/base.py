"""What all demands share: the direct need, saving, profile, returns, targets."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Element, Id, Strict, Year
from waterbal.model.context import Context
from waterbal.model.elements.sources.base import amount
from waterbal.model.quantities import (
    AnnualMoney,
    AnnualVolume,
    FixedShare,
    Flow,
    LossShare,
    Profile,
    Share,
    YearShare,
)
from waterbal.model.rows import DemandRow, Floats


class AnnualNeed(Strict):
    """Need of a year and how it is spread."""

    annual: AnnualVolume
    """Need of a year [1e4 m3/yr]."""
    profile: Profile | None = None
    """Twelve relative monthly rates; an even rate if not given [-]."""


class DirectNeed(Strict):
    """A need that is stated, not computed from drivers: a rate or series, or a year's volume."""

    rate: Flow | None = None
    """Rate or series; this or ``annual`` [1e4 m3/d]."""
    annual: AnnualNeed | None = None
    """Volume of a year; this or ``rate``."""

    def unwritten(self) -> tuple[str, ...]:
        """Name the fields that are told apart by form."""
        return "rate", "annual"

    def volume(self, context: Context, profile: Profile | None) -> Floats:
        """Need; ndarray (time) [1e4 m3]."""
        if self.annual is not None:
            return context.spread(self.annual.annual, self.annual.profile or profile)
        assert self.rate is not None
        return context.volume(self.rate) * context.profile(profile)


def _need(raw: Any) -> Any:
    """Tell a stated year (``{annual: ...}``) from a rate."""
    if isinstance(raw, DirectNeed):
        return raw
    if isinstance(raw, dict) and "annual" in raw:
        return {"annual": raw}
    return {"rate": raw}


Need = Annotated[DirectNeed, BeforeValidator(_need, json_schema_input_type=Flow | AnnualNeed)]
"""``"10 万m3/d"``, ``{annual: "120 万m3/yr", profile: [...]}`` or ``{series: name}``."""


class Return(Strict):
    """Where used water goes."""

    to: Id
    """Works, store, aquifer or reclaimed source; ``outside`` for out of the system."""
    share: Share
    """Share of the water that reaches the users [-]."""


class Measure(Strict):
    """Conservation measure (节水措施)."""

    from_: Year = Field(alias="from")
    """First planning year."""
    saving: FixedShare
    """Total saving from then on, as share of the need without measures [-]."""
    cost: AnnualMoney | None = None
    """Cost of a year [1e4 yuan/yr]."""


class DemandTier(Strict):
    """Part of a need that may stand on its own in the priority list, as ``<demand>/<label>``."""

    label: Id
    """Name of the part."""
    share: FixedShare
    """Share of the need [-]."""


class Demand(Element):
    """Demand for water: drivers x norm, or a direct need; never both."""

    zone: Id
    """Zone of the users."""
    need: Need | None = None
    """Need of the users themselves, instead of the drivers."""
    share: YearShare | None = None
    """Share of the need or its drivers that this demand stands for, e.g. the part that may take reclaimed
    water; all if not given [-]."""
    profile: Profile | None = None
    """Twelve relative monthly rates, January first; weighted by days so that the year keeps its total [-]."""
    returns: list[Return] = []
    """Where used water goes; the rest is consumed."""
    accepts: list[Id] | None = None
    """Water grades the users may be given; any if not given."""
    measures: list[Measure] = []
    """Saving in stages, in order of years."""
    tiers: list[DemandTier] = []
    """Parts of the need with their own place in the priority list."""
    guarantee: YearShare | None = None
    """Share of years without failure that is required (供水保证率), that of the last planning year [-]."""
    tolerance: YearShare | None = None
    """Share of a year's need that may be short before the year has failed [-]."""
    failure_depth: YearShare | None = None
    """Largest share that may be short in any year (破坏深度) [-]."""

    @model_validator(mode="after")
    def _one_path(self) -> Demand:
        wanted, optional = self.drivers()
        given = [name for name in (*wanted, *optional) if getattr(self, name) is not None]
        names = ", ".join(wanted)
        if self.need is not None and given:
            raise ValueError(
                Message(
                    f"need 与 {'、'.join(given)} 是同一件事的两种说法；只给一种",
                    f"need and {', '.join(given)} are two ways to say the same; give one",
                )
            )
        if self.need is None:
            missing = [name for name in wanted if getattr(self, name) is None]
            if missing:
                raise ValueError(
                    Message(
                        f"缺少 {'、'.join(missing)}：用户应给 need，或给 {names}",
                        f"{', '.join(missing)} missing: a demand has either need or {names}",
                    )
                )
        years = [measure.from_ for measure in self.measures]
        if years != sorted(set(years)):
            raise ValueError(Message("节水措施没有按年份排列", "measures are not in order of years"))
        if self.tiers and abs(sum(tier.share.scalar() for tier in self.tiers) - 1.0) > 1e-9:
            raise ValueError(Message("各部分的份额之和不为 1", "the shares of the tiers do not add up to 1"))
        if len({tier.label for tier in self.tiers}) != len(self.tiers):
            raise ValueError(Message("两部分的标签相同", "two tiers have the same label"))
        return self

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the fields that ``need`` replaces: those needed without it, and those that go with them."""
        return (), ()

    def lower(self, id: str, context: Context) -> DemandRow:
        """Give the row of this demand."""
        net = self.full_need(context) * context.or_else(self.share, 1.0) * self.saved(context)
        loss = self.loss(context)
        gross = net / (1.0 - loss)
        driver = self.weather_driver(context)
        last = context.axis.size - 1
        return DemandRow(
            id=id,
            kind=str(getattr(self, "type", "")),
            zone=self.zone,
            net=net,
            gross=gross,
            returns=_merged(self.returned(context, 1.0 - loss)),
            tiers=[(tier.share.scalar(), tier.label) for tier in self.tiers],
            weather_driver=None
            if driver is None
            else driver * context.or_else(self.share, 1.0) * self.saved(context),
            guarantee=float(context.or_else(self.guarantee, 0.0)[last]),
            tolerance=float(context.or_else(self.tolerance, 0.0)[last]),
            failure_depth=float(context.or_else(self.failure_depth, 1.0)[last]),
        )

    def full_need(self, context: Context) -> Floats:
        """Net need without measures; ndarray (time) [1e4 m3]."""
        if self.need is not None:
            return self.need.volume(context, self.profile)
        return self.driven_need(context)

    @abstractmethod
    def driven_need(self, context: Context) -> Floats:
        """Net need from the drivers; ndarray (time) [1e4 m3]."""

    def loss(self, context: Context) -> Floats:
        """Share of the delivered water that does not reach the users; ndarray (time) [-]."""
        return np.zeros(context.axis.size)

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on."""
        return ()

    def weather_driver(self, context: Context) -> Floats | None:
        """What the need is proportional to if weather decides it; ndarray (time) or None."""
        return None

    def saved(self, context: Context) -> Floats:
        """Part of the need that is left by the measures; ndarray (time) [-]."""
        left = np.ones(context.axis.size)
        for measure in self.measures:
            left = np.where(context.axis.planning_year >= measure.from_, 1.0 - measure.saving.scalar(), left)
        return left

    def returned(self, context: Context, reaching: Floats) -> list[tuple[str, Floats]]:
        """Shares of the delivered water by where they go; ``reaching`` is what arrives at the users."""
        shares: list[tuple[str, Floats]] = []
        for part in self.returns:
            shares += collected(part.to, reaching * context.at(part.share), context)
        return shares


def _merged(shares: list[tuple[str, Floats]]) -> list[tuple[str, Floats]]:
    """Add up shares that go to the same place."""
    sums: dict[str, Floats] = {}
    for target, share in shares:
        sums[target] = sums[target] + share if target in sums else share
    return list(sums.items())


def collected(to: str, share: Floats, context: Context) -> list[tuple[str, Floats]]:
    """Split a returned share into what the sewers bring to its target and what they lose."""
    if to == "outside":
        return [(context.sink("outside"), share)]
    if to in context.lagged:
        return [(context.sink(f"{to}_effluent"), share)]
    collection = context.collection(to)
    if collection is None:
        return [(to, share)]
    return [(to, share * collection), (context.sink(f"{to}_uncollected"), share * (1.0 - collection))]


class Piped(Demand):
    """Demand behind a pipe network that leaks."""

    network_loss: LossShare | None = None
    """Leakage as share of system input (漏损率): gross = net / (1 - loss) [-]."""
    leakage_to: Id | None = None
    """Aquifer that receives part of the leakage."""
    leakage_share: FixedShare | None = None
    """Part of the leakage that reaches ``leakage_to`` [-]."""

    @model_validator(mode="after")
    def _leakage(self) -> Piped:
        if (self.leakage_to is None) != (self.leakage_share is None):
            raise ValueError(
                Message(
                    "leakage_to 与 leakage_share 须同时给出", "leakage_to and leakage_share belong together"
                )
            )
        if self.leakage_to is not None and self.network_loss is None:
            raise ValueError(Message("leakage_to 需要 network_loss", "leakage_to needs network_loss"))
        return self

    def loss(self, context: Context) -> Floats:
        """Leakage; ndarray (time) [-] of system input."""
        return context.or_else(self.network_loss, 0.0)

    def returned(self, context: Context, reaching: Floats) -> list[tuple[str, Floats]]:
        """Add leakage to what users return."""
        shares = super().returned(context, reaching)
        if self.leakage_to is not None:
            shares.append((self.leakage_to, self.loss(context) * amount(self.leakage_share)))
        return shares
