"""Flow in a city river (河道生态): required, mostly not consumed."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from waterbal.errors import Message
from waterbal.model.base import Id
from waterbal.model.context import Context
from waterbal.model.elements.demands.base import Demand, collected
from waterbal.model.quantities import Rate, YearShare
from waterbal.model.rows import Floats


class RiverEcology(Demand):
    """River flow: flow x days; the part that is not consumed flows on to ``flows_to``."""

    type: Literal["river_ecology"]
    flow: Rate | None = None
    """Flow that is required [1e4 m3/d]."""
    consumed_share: YearShare
    """Share that evaporates or seeps away [-]."""
    flows_to: Id
    """Works, store or junction that receives the rest; ``outside`` for out of the system."""

    @model_validator(mode="after")
    def _one_return(self) -> RiverEcology:
        if self.returns:
            raise ValueError(
                Message(
                    "河道的退水用 consumed_share 与 flows_to 说明",
                    "returns of a river are stated by consumed_share and flows_to",
                )
            )
        return self

    @classmethod
    def drivers(cls) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name the driver fields."""
        return ("flow",), ()

    def driven_need(self, context: Context) -> Floats:
        """Required volume; ndarray (time) [1e4 m3]."""
        assert self.flow is not None
        return context.volume(self.flow) * context.profile(self.profile)

    def returned(self, context: Context, reaching: Floats) -> list[tuple[str, Floats]]:
        """What flows on."""
        return collected(self.flows_to, 1.0 - context.at(self.consumed_share), context)
