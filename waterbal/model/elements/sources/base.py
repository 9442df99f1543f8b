"""What all sources share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from waterbal.model.base import Element, Id
from waterbal.model.context import Context
from waterbal.model.quantities import Energy, Price
from waterbal.model.values import Number


class Source(Element):
    """Water that enters the system, and what taking it costs."""

    zone: Id | None = None
    """Zone it lies in, for its climate and for reports."""
    grade: Id | None = None
    """Water grade (水质类别) it gives."""
    cost: Price | None = None
    """Cost of the withdrawal; sources are drawn on in this order where it does not matter to users [yuan/m3]."""
    energy: Energy | None = None
    """Energy of the withdrawal [kWh/m3]."""

    @abstractmethod
    def lower(self, id: str, context: Context) -> Any:
        """Give the row of this source."""

    def place(self) -> str:
        """Give the zone, empty if none."""
        return self.zone or ""

    def weather(self) -> tuple[str, ...]:
        """Name the weather it depends on: ``rain``, ``et0``."""
        return ()


def amount(number: Number | None) -> float:
    """Give a constant that counts for nothing where it is not given (costs, energy)."""
    return 0.0 if number is None else number.scalar()
