"""What the samples of uncertain inputs carry together: no sample is the answer, their median and range are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.search import INFEASIBLE, UNBOUNDED
from waterbal.model.rows import Floats
from waterbal.results.accessor import POSITION

if TYPE_CHECKING:
    import xarray as xr

SAMPLE = "sample"
"""Coordinate with the number of a sample; 0 is the model as it is, which is not drawn."""
ENDS = (0.05, 0.95)
"""Quantiles that the range of the samples ends at, where there are enough of them [-]."""
PLAN = 1.0
"""Scale of the plan [-]."""


def over_samples(found: xr.Dataset) -> xr.Dataset | None:
    """Put the capacities of all samples that share the values of the axes together.

    Parameters
    ----------
    found : Dataset
        As ``waterbal.capacity.dataset.build`` gives it, or as it was read from a file.

    Returns
    -------
    Dataset (scenario, direction) or None
        ``samples_count`` [1], ``samples_median``, ``samples_low``, ``samples_high`` [-] and ``samples_short``
        [1], of each scenario that of its own axes; None where nothing was sampled.
    """
    import xarray as xr

    if SAMPLE not in found.coords or not (found[SAMPLE].values > 0).any():
        return None
    if "samples_count" in found:
        return found[[name for name in found.data_vars if str(name).startswith("samples_")]]
    drawn = found[SAMPLE].values > 0
    carried = scales(found)
    shape = carried.shape
    count = np.zeros(shape[0], dtype=np.int32)
    median, low, high = (np.full(shape, np.nan) for _ in range(3))
    short = np.zeros(shape, dtype=np.int32)
    broken = _broken(found)
    for group in groups(found):
        own = carried[group[drawn[group]]]
        count[group] = len(own)
        if len(own) == 0:
            continue
        first, last = ends(len(own))
        median[group], low[group], high[group] = (
            [quantile(own[:, d], share) for d in range(shape[1])] for share in (0.5, first, last)
        )
        short[group] = ((own < PLAN) | broken[group[drawn[group]], None]).sum(axis=0)
    both = ("scenario", "direction")
    enough = f"of fewer than {fewest()} samples the {{end}}"
    made = xr.Dataset()
    made["samples_count"] = _put(("scenario",), count, "samples of uncertain inputs", "参数样本数")
    made["samples_median"] = _put(both, median, "median capacity of the samples", "各样本承载规模的中位数")
    made["samples_low"] = _put(
        both, low, f"{100 * ENDS[0]:g} % quantile of the capacity of the samples", "各样本承载规模的下限"
    ).assign_attrs(comment=enough.format(end="smallest"))
    made["samples_high"] = _put(
        both, high, f"{100 * ENDS[1]:g} % quantile of the capacity of the samples", "各样本承载规模的上限"
    ).assign_attrs(comment=enough.format(end="largest"))
    made["samples_short"] = _put(
        both,
        short,
        "samples in which the plan is more than is carried, or breaks a limit that is not water",
        "规划超过承载规模的样本数",
    )
    return made


def _broken(found: xr.Dataset) -> np.ndarray:
    """Tell in which scenarios the plan breaks a limit that is not water, ndarray (scenario); older files do not say."""
    if "plan_limit_id" not in found:
        return np.zeros(found.sizes["scenario"], dtype=np.bool_)
    return np.array([len(id) > 0 for id in found["plan_limit_id"].values], dtype=np.bool_)


def put(found: xr.Dataset, baseline: int) -> xr.Dataset:
    """Add what the samples carry together, and say of which sample the figures of the baseline are.

    Parameters
    ----------
    found : Dataset (scenario, direction, ...)
        As ``waterbal.capacity.dataset.build`` gives it.
    baseline : int
        Position of the baseline among the scenarios.
    """
    told = over_samples(found)
    if told is None:
        return found
    return found.merge(told).assign_attrs(
        baseline_sample=np.int32(found[SAMPLE].values[baseline]),
        sampled="uncertain inputs were sampled: figures of a scenario are those of its sample alone, "
        "samples_median, samples_low and samples_high those of all samples of the same axes",
    )


def _put(dims: tuple[str, ...], values: np.ndarray, en: str, zh: str) -> xr.DataArray:
    import xarray as xr

    return xr.DataArray(values, dims=dims, attrs={"long_name": en, "long_name_zh": zh, "units": "1"})


def groups(found: xr.Dataset) -> list[np.ndarray]:
    """Give the positions of the scenarios that differ in nothing but the sample."""
    axes = [
        values.values.tolist()
        for name, values in found.coords.items()
        if POSITION in values.attrs and name != SAMPLE
    ]
    keys = list(zip(*axes, strict=True)) if axes else [()] * found.sizes["scenario"]
    places: dict[tuple[Any, ...], list[int]] = {}
    for k, key in enumerate(keys):
        places.setdefault(key, []).append(k)
    return [np.array(own, dtype=np.intp) for own in places.values()]


def scales(found: xr.Dataset) -> Floats:
    """Give scales that can be compared: 0 where nothing is carried, infinite where nothing stops it.

    Returns
    -------
    ndarray (scenario, direction) [-]
    """
    status = found["capacity_status"].values
    carried: Floats = np.where(
        status == INFEASIBLE, 0.0, np.where(status == UNBOUNDED, np.inf, found["capacity_scale"].values)
    )
    return carried


def fewest() -> int:
    """Give the smallest number of samples that the ends of the range can be told from: m / (n + 1) reaches them."""
    return round(1.0 / ENDS[0]) - 1


def ends(count: int) -> tuple[float, float]:
    """Give the quantiles that the range of some samples ends at, of few those of the smallest and largest [-]."""
    return ENDS if count >= fewest() else (0.0, 1.0)


def quantile(values: Floats, share: float) -> float:
    """Return a quantile by plotting position m / (n + 1) (Weibull 1939), also where some values are infinite.

    Parameters
    ----------
    values : ndarray (sample)
        What the samples carry [-].
    share : float
        From 0 to 1.
    """
    ranked = np.sort(values)
    place = min(max(share * (ranked.size + 1), 1.0), float(ranked.size)) - 1.0
    below, above = ranked[int(np.floor(place))], ranked[int(np.ceil(place))]
    return float(below) if below == above else float(below + (above - below) * (place % 1.0))
