"""Losses of stores from their surface: with the area at the start of the step, or of the mean volume by passes.

Where the passes of a store run out before the mean volume has settled, its losses are those of the last pass: water is
accounted for, but the area is not that of the volumes told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal.model.rows import Floats
from waterbal.results.view import View

SETTLED = 1e-9
"""Largest relative difference of a loss from that of the mean volume [-]."""


@dataclass(frozen=True)
class Losses:
    """Rain and losses of stores, as booked and as the area says; ndarray (member, time, store) [1e4 m3]."""

    booked: dict[str, Floats]
    of_area: dict[str, Floats]
    """With the area at the start of the step; of the mean volume where a store repeats."""
    least: dict[str, Floats]
    most: dict[str, Floats]
    """With the smallest and the largest area that a pass can have had."""
    water: Floats
    """What evaporation and seepage can take."""
    repeats: np.ndarray
    """ndarray (store) whether the area is found by passes."""

    @property
    def unsettled(self) -> np.ndarray:
        """ndarray (member, time, store) whether the passes ran out before the mean volume had settled."""
        found = np.zeros(self.water.shape, dtype=np.bool_)
        for name, booked in self.booked.items():
            expected = self.of_area[name]
            found |= np.abs(expected - booked) > SETTLED * (np.abs(expected) + np.abs(self.water))
        return found & self.repeats

    @property
    def away(self) -> Floats:
        """ndarray (member, time, store) how far losses less rain are from those of the mean volume [1e4 m3]."""
        signs = {"rain": -1.0}
        parts = [signs.get(n, 1.0) * (booked - self.of_area[n]) for n, booked in self.booked.items()]
        return np.abs(np.sum(parts, axis=0))


def losses(seen: View) -> Losses:
    """Work out rain and losses of stores from their volumes, depths and curves.

    Parameters
    ----------
    seen : View
        A run and its rows.
    """
    run = seen.run
    before, after = seen.before("stores"), run.storage
    repeats = np.array([row.passes > 1 for row in seen.rows.stores], dtype=np.bool_)
    capacity = seen.series("stores", lambda row: row.capacity)
    volume = np.where(repeats, 0.5 * (before + after), before)
    least = _of_area(seen, np.where(repeats, 0.5 * before, before), before)
    most = _of_area(seen, np.where(repeats, 0.5 * (before + np.maximum(before, capacity)), before), before)
    own = _of_area(seen, volume, before)
    booked = {"rain": run.store_rain, "evaporation": run.store_evaporation, "seepage": run.store_seepage}
    return Losses(booked, own[0], least[0], most[0], own[1], repeats)


def _of_area(seen: View, volume: Floats, before: Floats) -> tuple[dict[str, Floats], Floats]:
    """Give rain and losses with the area of a volume, and the water that losses can take."""
    area = np.zeros_like(volume)
    for s, row in enumerate(seen.rows.stores):
        area[:, :, s] = np.interp(volume[:, :, s], row.curve_volume, row.curve_area)
    rain = 0.1 * area * seen.series("stores", lambda row: row.rain)
    evaporation = 0.1 * area * seen.series("stores", lambda row: row.evaporation)
    seepage = 0.1 * area * seen.series("stores", lambda row: row.seepage)
    water = before + seen.run.store_inflow + rain
    asked = evaporation + seepage
    part = np.where(asked > water, water / np.where(asked > 0.0, asked, 1.0), 1.0)
    return {"rain": rain, "evaporation": part * evaporation, "seepage": part * seepage}, water


def told(seen: View) -> list[dict[str, Any]]:
    """Name the stores whose passes ran out.

    Returns
    -------
    list of dict
        ``store``, ``passes``, ``steps`` in which they did and the ``largest`` loss that is off in one [1e4 m3].
    """
    if all(row.passes == 1 for row in seen.rows.stores):
        return []
    found = losses(seen)
    off = found.unsettled & seen.simulated[:, :, None]
    away = np.where(off, found.away, 0.0)
    return [
        {
            "store": row.id,
            "passes": int(row.passes),
            "steps": int(off[:, :, s].sum()),
            "largest": float(away[:, :, s].max()),
        }
        for s, row in enumerate(seen.rows.stores)
        if off[:, :, s].any()
    ]
