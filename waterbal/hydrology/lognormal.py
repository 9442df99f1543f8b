"""Monthly river flow drawn from seasonal statistics: an AR(1) in the logarithms (Thomas and Fiering, 1962).

With z the standardised logarithm, z(t) = r(m) z(t-1) + sqrt(1 - r(m)^2) e and flow = exp(mu(m) + sd(m) z).
"""

from __future__ import annotations

import numpy as np

from waterbal import units
from waterbal.errors import DataError, Issue, Message
from waterbal.model.rows import Floats, TimeAxis
from waterbal.model.series_spec import LognormalSeries


def generate(spec: LognormalSeries, axis: TimeAxis, realization: int = 0, stream: int = 0) -> Floats:
    """Draw a series of monthly mean rates.

    Parameters
    ----------
    spec : LognormalSeries
        Statistics and seed.
    axis : TimeAxis
        Steps of the run; dekads and days get the rate of their month.
    realization : int
        Number of the draw; the same seed and number give the same series whatever else runs.
    stream : int
        Another sequence of draws of the same seed, e.g. for planning.

    Returns
    -------
    ndarray (time) [1e4 m3/d]

    Raises
    ------
    DataError
        If the units are not those of a flow.
    """
    try:
        factor = units.factor(spec.units, "rate")
    except units.UnitError as error:
        raise DataError(
            Issue(
                error.message,
                expected=Message("单位，例如 'm3/s'", "units such as 'm3/s'"),
                nearest=error.nearest,
            )
        ) from None
    months = axis.year * 12 + axis.month - 1
    first, last = int(months[0]), int(months[-1])
    entropy = [spec.seed, realization] if stream == 0 else [spec.seed, realization, stream]
    normal = np.random.default_rng(entropy).standard_normal(last - first + 1)
    month = np.arange(first, last + 1) % 12
    link = np.array(spec.r)[month]
    link[0] = 0.0
    innovation = np.sqrt(1.0 - link * link) * normal
    state = 0.0
    states = []
    for pull, push in zip(link.tolist(), innovation.tolist(), strict=True):
        state = pull * state + push
        states.append(state)
    flow = np.exp(np.array(spec.mu)[month] + np.array(spec.sd)[month] * np.array(states))
    rates: Floats = flow[months - first] * factor
    return rates
