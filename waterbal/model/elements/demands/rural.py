"""Villages and their livestock (农村生活与畜禽)."""

from __future__ import annotations

from typing import Literal

from waterbal.model.context import Context
from waterbal.model.elements.demands.people import PerHead
from waterbal.model.quantities import AnnualVolume
from waterbal.model.rows import Floats


class Rural(PerHead):
    """Rural use: (people x norm + livestock) / (1 - network loss)."""

    type: Literal["rural"]
    livestock: AnnualVolume | None = None
    """Net use of livestock [1e4 m3/yr]."""

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name the driver fields."""
        return ("people", "norm"), ("livestock",)

    def driven_need(self, context: Context) -> Floats:
        """People and livestock; ndarray (time) [1e4 m3]."""
        volume = super().driven_need(context)
        if self.livestock is not None:
            volume = volume + context.spread(self.livestock, self.profile)
        return volume
