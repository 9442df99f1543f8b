"""Distributions of the months: from normal scores to values, with months without any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.hydrology.pearson import frequency_factor
from waterbal.model.fitted import FittedSite, Pearson3
from waterbal.model.rows import Floats, Ints

LIMIT = 8.0
"""Largest normal score that is told apart."""
KNOTS = 321
"""Points between which the quantiles of Pearson III are interpolated by cubic splines."""


@dataclass(frozen=True)
class Margin:
    """Twelve distributions of a site."""

    zero: Floats
    """ndarray (month) [-], share without any."""
    location: Floats
    """ndarray (month): mean (Pearson III) or shift (lognormal) [units of the site]."""
    scale: Floats
    """ndarray (month): standard deviation [units of the site] or factor exp(mu)."""
    spread: Floats | None
    """ndarray (month) [-], standard deviation of the logarithms; None for Pearson III."""
    splines: Floats | None
    """ndarray (4, interval, month) [-], standardised quantiles of Pearson III between the knots."""

    def values(self, scores: Floats, month: Ints) -> Floats:
        """Turn normal scores into values.

        Parameters
        ----------
        scores : ndarray (..., time) [-]
        month : ndarray (time)
            Calendar month from 0.

        Returns
        -------
        ndarray (..., time) [units of the site]
        """
        dry = None
        if self.zero.any():
            scores, dry = self._positive(scores, month)
        if self.spread is not None:
            found = self.location[month] + self.scale[month] * np.exp(self.spread[month] * scores)
        else:
            found = self.location[month] + self.scale[month] * self._standard(scores, month)
        found = np.maximum(found, 0.0)
        return found if dry is None else np.where(dry, 0.0, found)

    def _positive(self, scores: Floats, month: Ints) -> tuple[Floats, np.ndarray]:
        """Give the scores among months with some, and which months have none."""
        from scipy.special import ndtr, ndtri

        exceedance = ndtr(-scores) / (1.0 - self.zero[month])
        dry = exceedance >= 1.0
        some = self.zero[month] > 0.0
        inside = -ndtri(np.where(dry, 0.5, exceedance))
        return np.where(some, np.clip(inside, -LIMIT, LIMIT), scores), dry & some

    def _standard(self, scores: Floats, month: Ints) -> Floats:
        """Interpolate the standardised quantiles of Pearson III."""
        assert self.splines is not None
        step = 2.0 * LIMIT / (KNOTS - 1)
        place = (np.clip(scores, -LIMIT, LIMIT) + LIMIT) / step
        index = np.minimum(place.astype(np.int64), KNOTS - 2)
        x = (place - index) * step
        cubic, square, linear, constant = (self.splines[power, index, month] for power in range(4))
        return np.asarray(((cubic * x + square) * x + linear) * x + constant)


def margin_of(site: FittedSite) -> Margin:
    """Prepare the distributions of a site."""
    given = site.margin
    zero = np.array(given.zero)
    if not isinstance(given, Pearson3):
        return Margin(zero, np.array(given.shift), np.exp(given.mu), np.array(given.sd), None)
    from scipy.interpolate import CubicSpline
    from scipy.special import ndtr

    knots = np.linspace(-LIMIT, LIMIT, KNOTS)
    quantiles = frequency_factor(ndtr(-knots)[:, None], np.array(given.cs)[None, :])
    splines = CubicSpline(knots, quantiles).c
    mean = np.array(given.mean)
    return Margin(zero, mean, mean * np.array(given.cv), None, splines)
