"""The priority list: classes of demands and reserves, first to last."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from waterbal.errors import Message
from waterbal.model.base import Id, Strict
from waterbal.model.rows import LevelRow, ReserveOptions

Member = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)?$")]
"""Demand, type of demand, or ``demand/tier``."""
Sharing = Literal["equal_share", "equal_volume", "first_listed"]
"""How a class shares what it gets."""


class Priority(Strict):
    """A class of demands, or a reserve."""

    demands: Annotated[list[Member], Field(min_length=1)] | None = None
    """Demands or types of demand; a type means all of it that are not named elsewhere."""
    sharing: Sharing | None = None
    """``equal_share`` raises the smallest satisfied share first; ``equal_volume`` the smallest volume;
    ``first_listed`` serves in the order of the list. ``equal_share`` if not given."""
    reserve: Annotated[list[Id], Field(min_length=1)] | None = None
    """Stores that keep their reserve curve before any later class is served."""

    @model_validator(mode="after")
    def _one_of(self) -> Priority:
        if (self.demands is None) == (self.reserve is None):
            raise ValueError(
                Message("一级应在 demands 与 reserve 中二选一", "an entry has either demands or reserve")
            )
        if self.reserve is not None and self.sharing is not None:
            raise ValueError(Message("sharing 只用于 demands", "sharing belongs to demands"))
        return self


class Reserve(Strict):
    """How water is kept for later needs."""

    mode: Literal["none", "curve", "planned"] = "planned"
    """``none``: each step alone; ``curve``: reserve curves of stores; ``planned``: also a look-ahead that sets
    the planned needs of every class against what is left in quotas and stores and dependable inflow."""
    dependability: float = Field(default=0.95, gt=0, lt=1)
    """Remaining inflow that is counted on is exceeded in this share of years [-]."""
    need_quantile: float = Field(default=0.5, ge=0, le=1)
    """Quantile over years of the remaining need that is planned for [-]."""
    last_class: bool = True
    """Whether water is also kept for the last class."""
    scale: float = Field(default=1.0, ge=0)
    """Factor on planned needs [-]."""

    def lower(self) -> ReserveOptions:
        """Give the options of the rows."""
        return ReserveOptions(self.mode, self.dependability, self.need_quantile, self.last_class, self.scale)


def levels(priorities: list[Priority], kinds: dict[str, str], tiers: dict[str, list[str]]) -> list[LevelRow]:
    """Give the priority list with every type replaced by its demands.

    Parameters
    ----------
    priorities : list of Priority
    kinds : dict
        Type of each demand.
    tiers : dict
        Tier labels of demands that have them.
    """
    by_id = {member.split("/")[0] for entry in priorities for member in entry.demands or []} & set(kinds)
    rows = []
    for entry in priorities:
        if entry.reserve is not None:
            rows.append(LevelRow("reserve", list(entry.reserve)))
            continue
        members: list[str] = []
        for name in entry.demands or []:
            chosen = [name] if name.split("/")[0] in kinds else []
            chosen = chosen or [
                demand for demand, kind in kinds.items() if kind == name and demand not in by_id
            ]
            for demand in chosen:
                members += [f"{demand}/{label}" for label in tiers.get(demand, [])] or [demand]
        rows.append(LevelRow("demands", members, entry.sharing or "equal_share"))
    return rows
