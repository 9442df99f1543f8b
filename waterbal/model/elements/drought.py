"""Drought restriction (限制供水): needs are cut by tiers while storage is low."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from waterbal.errors import Message
from waterbal.model.base import Element, Id, Strict
from waterbal.model.quantities import FixedShare
from waterbal.model.rows import RestrictionRow


class RestrictionTier(Strict):
    """One tier of restriction."""

    below: FixedShare
    """Tier holds while active volume over active capacity is lower at the start of a step [-]."""
    factors: Annotated[dict[Id, FixedShare], Field(min_length=1)]
    """Factor on the need by demand or type of demand [-]."""


class Restriction(Element):
    """Restriction plan. Reliability is still measured against the unrestricted need."""

    stores: Annotated[list[Id], Field(min_length=1)]
    """Stores whose active volume is the index."""
    tiers: Annotated[list[RestrictionTier], Field(min_length=1)]
    """Tiers in order of falling storage."""

    @model_validator(mode="after")
    def _ordered(self) -> Restriction:
        below = [tier.below.scalar() for tier in self.tiers]
        if below != sorted(set(below), reverse=True):
            raise ValueError(
                Message("各级没有按蓄水递减排列", "the tiers are not in order of falling storage")
            )
        return self

    def lower(self, id: str, kinds: dict[str, str]) -> RestrictionRow:
        """Give the row of this plan; ``kinds`` maps demands to their types. An id goes before its type."""
        factor = {}
        for demand, kind in kinds.items():
            values = [tier.factors.get(demand, tier.factors.get(kind)) for tier in self.tiers]
            if any(value is not None for value in values):
                factor[demand] = np.array([1.0 if value is None else value.scalar() for value in values])
        return RestrictionRow(id, self.stores, np.array([tier.below.scalar() for tier in self.tiers]), factor)
