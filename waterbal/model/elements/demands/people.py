"""Use per head: people x norm, with norms of the mean day (net) or of the largest day (leakage included)."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.context import Context
from waterbal.model.elements.demands.base import Piped
from waterbal.model.quantities import PeakFactor, People, PerPerson
from waterbal.model.rows import Floats

LITRES = 0.001
"""[1e4 m3] of 1 L for each of 1e4 persons."""


class PerHead(Piped):
    """Demand of people.

    net = people x norm x days. A norm of the largest day (``norm_basis: max_day``, as in GB 50282) already has
    the leakage in it: gross = people x norm / peak factor x days and net = gross x (1 - network loss).
    """

    people: People | None = None
    """Number of people [1e4 person]."""
    norm: PerPerson | None = None
    """Use per head (用水定额) [L/(person d)]."""
    norm_basis: Literal["net", "max_day"] = "net"
    """``net``: mean day, at the tap; ``max_day``: largest day, leakage included."""
    peak_factor: PeakFactor | None = None
    """Largest day over mean day (日变化系数), with ``norm_basis: max_day`` [-]."""

    @model_validator(mode="after")
    def _basis(self) -> PerHead:
        if (self.norm_basis == "max_day") != (self.peak_factor is not None):
            raise ValueError(
                Message(
                    "norm_basis: max_day 与 peak_factor 须同时给出",
                    "norm_basis: max_day and peak_factor belong together",
                )
            )
        if self.need is not None and self.norm_basis == "max_day":
            raise ValueError(
                Message("norm_basis 只用于 people 与 norm", "norm_basis belongs to people and norm")
            )
        return self

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name the driver fields."""
        return ("people", "norm"), ()

    def driven_need(self, context: Context) -> Floats:
        """People x norm; ndarray (time) [1e4 m3]."""
        assert self.people is not None and self.norm is not None
        volume = context.at(self.people) * context.at(self.norm) * LITRES * context.axis.days
        volume = volume * context.profile(self.profile)
        if self.peak_factor is not None:
            volume = volume / self.peak_factor.scalar() * (1.0 - self.loss(context))
        return volume
