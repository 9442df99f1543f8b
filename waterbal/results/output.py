"""What a simulation hands over: plain arrays, named and with units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from waterbal.model.rows import Floats, Ints


@dataclass(frozen=True)
class RunOutput:
    """Full series of a run; axes are member, step and the element in the order of ``Rows``.

    Volumes are per step. A member that ends early has a ``status`` other than 0 in its last step; what
    stands in later steps has no meaning.
    """

    link_flow: Floats
    """ndarray (member, time, link) [1e4 m3], measured at the tail."""
    source_withdrawal: Floats
    """ndarray (member, time, source) [1e4 m3], before settling loss."""
    source_available: Floats
    """ndarray (member, time, source) [1e4 m3], smallest of the limits; quotas are apart."""
    aquifer_pumping: Floats
    """ndarray (member, time, aquifer) [1e4 m3]"""
    aquifer_storage: Floats
    """ndarray (member, time, aquifer) [1e4 m3], above the pumping floor, at the end of the step."""
    aquifer_depth: Floats
    """ndarray (member, time, aquifer) [m] below ground, at the end of the step."""
    aquifer_recharge: Floats
    """ndarray (member, time, aquifer) [1e4 m3] from rain, returns, conveyance, reservoirs and links."""
    aquifer_evaporation: Floats
    """ndarray (member, time, aquifer) [1e4 m3], phreatic evaporation."""
    aquifer_overflow: Floats
    """ndarray (member, time, aquifer) [1e4 m3] that a full aquifer gives back to the surface."""
    aquifer_tier: Floats
    """ndarray (member, time, aquifer), level tier in force, 0 = none."""
    supply: Floats
    """ndarray (member, time, demand) [1e4 m3] delivered, gross."""
    request: Floats
    """ndarray (member, time, demand) [1e4 m3], need after drought restriction."""
    storage: Floats
    """ndarray (member, time, store) [1e4 m3] at the end of the step."""
    store_inflow: Floats
    """ndarray (member, time, store) [1e4 m3], natural inflow."""
    store_rain: Floats
    """ndarray (member, time, store) [1e4 m3] on the water surface."""
    store_evaporation: Floats
    """ndarray (member, time, store) [1e4 m3]"""
    store_seepage: Floats
    """ndarray (member, time, store) [1e4 m3]"""
    spill: Floats
    """ndarray (member, time, store) [1e4 m3]"""
    node_inflow: Floats
    """ndarray (member, time, node) [1e4 m3] that is processed."""
    node_bypass: Floats
    """ndarray (member, time, node) [1e4 m3] above capacity, released unprocessed."""
    node_loss: Floats
    """ndarray (member, time, node) [1e4 m3], process loss."""
    node_discharge: Floats
    """ndarray (member, time, node) [1e4 m3], processed and released out of the system."""
    quota_used: Floats
    """ndarray (member, time, quota) [1e4 m3] in the step."""
    quota_left: Floats
    """ndarray (member, time, quota) [1e4 m3] after the step."""
    restriction_tier: Floats
    """ndarray (member, time, restriction), drought tier in force, 0 = none."""
    reserve_need: Floats
    """ndarray (member, time, level) [1e4 m3] that the look-ahead would keep for later."""
    reserve_kept: Floats
    """ndarray (member, time, level) [1e4 m3] that it keeps."""
    status: Ints
    """ndarray (member, time), 0 = allocated and closed; see ``variables.STATUS``."""
    where: Ints
    """ndarray (member, time), number of the constraint that cannot be met, -1 if none."""
    residual: Floats
    """ndarray (member, time) [-], largest relative residual that the engine found."""
    demand_scale: Floats | None = None
    """ndarray (member, demand) [-], factor on the need of the rows; None: 1 throughout."""
    storage_start: Floats | None = None
    """ndarray (member, store) [1e4 m3] before the first step; None: ``StoreRow.initial``, unless there was
    a warm-up, whose end state is then unknown."""
    aquifer_start: Floats | None = None
    """ndarray (member, aquifer) [1e4 m3] before the first step, None as for stores."""

    @classmethod
    def from_series(cls, series: Mapping[str, np.ndarray], **more: Floats | None) -> RunOutput:
        """Take over a mapping of arrays by field name; what is not a field is left out.

        Parameters
        ----------
        series : mapping of str to ndarray
            Arrays (member, time, element).
        more : ndarray
            ``demand_scale``, ``storage_start``, ``aquifer_start``.
        """
        names = {field.name for field in fields(cls)}
        given: dict[str, Any] = {**series, **more}
        return cls(**{name: value for name, value in given.items() if name in names})

    @property
    def members(self) -> int:
        """Number of members."""
        return int(self.status.shape[0])

    @property
    def steps(self) -> int:
        """Number of steps."""
        return int(self.status.shape[1])
