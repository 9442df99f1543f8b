"""What limits would have to hold that a simulation does not show because it never exceeds them: what users go short."""

from __future__ import annotations

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.model.rows import Floats

ROUNDING = 1e-6
"""[-] share of a need by which what is supplied may differ without anything having changed."""


def shortage_added(case: Candidate) -> Floats:
    """Return what users go short of with a project that they did not go short of without it.

    Where nobody goes short, what the simulation takes of a quota or leads through works is all that they have to hold,
    whoever has changed to another source for it. Where somebody does, it is what they would have to hold besides.

    Parameters
    ----------
    case : Candidate

    Returns
    -------
    ndarray (realization, time, demand) [1e4 m3]
        Of the project all that it goes short of. Below 0 where others get what they lacked before, as by its savings;
        of the user who saves compared with the savings alone, since being asked for less is no water.
    """
    own, offset = set(case.demands), case.project.offset
    saver = offset.demand if offset is not None and case.one.saved(case.future.year) > 0.0 else None
    after = case.with_it.need - case.with_it.supply
    added = after - (case.without.need - case.without.supply)
    for d, row in enumerate(case.future.rows.demands):
        if row.id in own:
            added[:, :, d] = after[:, :, d]
        elif row.id == saver:
            alone = case.saving_alone
            added[:, :, d] = after[:, :, d] - (alone.need - alone.supply)[:, :, d]
    return np.where(np.abs(added) <= ROUNDING * case.with_it.need, 0.0, added)
