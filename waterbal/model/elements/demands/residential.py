"""Households in town (居民生活)."""

from __future__ import annotations

from typing import Literal

from waterbal.model.elements.demands.people import PerHead


class Residential(PerHead):
    """Residents: people x norm / (1 - network loss). Norms: GB/T 50331, GB 50282."""

    type: Literal["residential"]
