"""Public buildings, services and construction (公共与建筑)."""

from __future__ import annotations

from typing import Literal

from waterbal.model.elements.demands.people import PerHead


class Public(PerHead):
    """Public use: people x norm / (1 - network loss). Norms: GB 50282."""

    type: Literal["public"]
