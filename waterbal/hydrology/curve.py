"""A Pearson III curve through the plotting positions of a record (适线法).

For a given Cs the curve is linear in mean and standard deviation, so that only one number is searched.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from waterbal.hydrology.pearson import Pearson3, frequency_factor
from waterbal.model.rows import Floats

CRITERIA = ("squares", "relative_squares", "absolute")
"""What a curve makes small: the sum of squared deviations (离差平方和), of squared deviations relative to the
value (相对离差平方和, weighs the dry end), or of absolute deviations (离差绝对值和)."""
CS_RANGE = (-4.0, 8.0)
CV_RANGE = (0.005, 5.0)
_POINTS = 49

Curve = tuple[float, float]


def fit_curve(
    ordered: Floats, position: Floats, criterion: str, ratio: float | None, keep_mean: bool
) -> Pearson3:
    """Fit a curve to the empirical frequencies of a record.

    Parameters
    ----------
    ordered : ndarray (value)
        Largest first, all positive.
    position : ndarray (value) [-]
        Empirical exceedance of each value.
    criterion : str
        One of ``CRITERIA``.
    ratio : float or None
        Cs / Cv where it is kept at a multiple; None where Cs is free.
    keep_mean : bool
        Keep the mean of the record.
    """
    weight = 1.0 / ordered if criterion == "relative_squares" else np.full(ordered.size, 1.0 / ordered.mean())
    mean = float(ordered.mean()) if keep_mean else None
    absolute = criterion == "absolute"

    if ratio is None:

        def free(cs: float) -> tuple[float, Pearson3]:
            factor = frequency_factor(position, cs)
            centre, spread = _line(ordered, factor, weight, mean, absolute)
            one = Pearson3(centre, spread / centre, cs)
            return _size((ordered - centre - spread * factor) * weight, absolute), one

        return _search(free, np.linspace(*CS_RANGE, _POINTS))

    def bound(cv: float) -> tuple[float, Pearson3]:
        shape = 1.0 + cv * frequency_factor(position, ratio * cv)
        centre = mean if mean is not None else _slope(ordered, shape, weight, absolute)
        return _size((ordered - centre * shape) * weight, absolute), Pearson3(centre, cv, ratio * cv)

    return _search(bound, np.geomspace(CV_RANGE[0], min(CV_RANGE[1], 12.0 / ratio), _POINTS))


def _search(tried: Callable[[float], tuple[float, Pearson3]], grid: Floats) -> Pearson3:
    """Find the smallest deviation along one number: on a grid, then between the neighbours of the best."""
    from scipy import optimize

    sizes = np.array([tried(float(point))[0] for point in grid])
    best = int(sizes.argmin())
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = optimize.minimize_scalar(
        lambda x: tried(float(x))[0], bounds=(low, high), method="bounded", options={"xatol": 1e-9}
    )
    inside = float(found.x) if found.fun <= sizes[best] else float(grid[best])
    return tried(inside)[1]


def _size(deviation: Floats, absolute: bool) -> float:
    return float(np.abs(deviation).sum()) if absolute else float((deviation**2).sum())


def _line(values: Floats, factor: Floats, weight: Floats, mean: float | None, absolute: bool) -> Curve:
    """Fit mean and standard deviation; the mean only where it is not kept."""
    if mean is not None:
        return mean, max(_slope(values - mean, factor, weight, absolute), 1e-12 * mean)
    if not absolute:
        design = np.stack([weight, weight * factor], axis=1)
        (centre, spread), *_ = np.linalg.lstsq(design, weight * values, rcond=None)
        return float(centre), float(spread)
    return _least_absolute(values, factor, weight)


def _slope(values: Floats, factor: Floats, weight: Floats, absolute: bool) -> float:
    """Fit values = slope x factor."""
    if not absolute:
        square = weight**2
        return float((square * values * factor).sum() / (square * factor**2).sum())
    # the sum of |w f| |v / f - slope| is smallest at the weighted median of v / f
    some = factor != 0.0
    quotient, mass = values[some] / factor[some], (weight * np.abs(factor))[some]
    order = np.argsort(quotient)
    heap = np.cumsum(mass[order])
    return float(quotient[order][np.searchsorted(heap, 0.5 * heap[-1])])


def _least_absolute(values: Floats, factor: Floats, weight: Floats) -> Curve:
    """Fit mean and standard deviation with the smallest sum of absolute deviations: a linear program."""
    from scipy import optimize

    n = values.size
    line = np.stack([np.ones(n), factor], axis=1)
    both = np.block([[-line, -np.eye(n)], [line, -np.eye(n)]])
    found = optimize.linprog(
        np.concatenate([[0.0, 0.0], weight]),
        A_ub=both,
        b_ub=np.concatenate([-values, values]),
        bounds=[(None, None)] * 2 + [(0.0, None)] * n,
    )
    return float(found.x[0]), float(found.x[1])
