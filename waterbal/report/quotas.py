"""Which quotas count one element alone, for every table that tells what an element's own quotas grant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from waterbal.model.rows import Floats
from waterbal.results.metrics import Bools

COUNTED = ("source", "aquifer", "link")
"""Elements whose use quotas count."""


def alone(weights: Mapping[str, Floats]) -> Bools:
    """Tell which quotas count one element and nothing else, ndarray (quota).

    Parameters
    ----------
    weights : mapping
        What a unit of use counts, ndarray (quota, element) [-], by kind of element.
    """
    return np.asarray(sum((table > 0.0).sum(axis=1) for table in weights.values()) == 1)
