"""What scenarios are, as coordinates of results: ids, names, the value of every axis, samples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.model.base import Label
from waterbal.results.accessor import POSITION, VALUES

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.scenarios.sampling import Factor
    from waterbal.scenarios.study import Study


def scenario_coordinates(study: Study, chosen: Sequence[int] | None = None) -> dict[str, xr.Variable]:
    """Describe scenarios.

    Parameters
    ----------
    study : Study
    chosen : sequence of int, optional
        Numbers of the scenarios; all of them if not given.

    Returns
    -------
    dict of Variable (scenario)
        ``scenario_id``, names in both languages, one coordinate for each axis, which says that it is one,
        ``sample`` and the sampled values.
    """
    import xarray as xr

    numbers = list(range(len(study.scenarios)) if chosen is None else chosen)
    kept = [study.scenarios[number] for number in numbers]

    def variable(values: Any, told: dict[str, Any]) -> xr.Variable:
        return xr.Variable(("scenario",), np.asarray(values), told)

    found = {
        "scenario_id": variable(
            [s.id for s in kept], {"long_name": "scenario id", "long_name_zh": "方案标识"}
        ),
        "scenario_name_zh": variable([s.name.zh for s in kept], {"long_name": "scenario name in Chinese"}),
        "scenario_name_en": variable([s.name.en for s in kept], {"long_name": "scenario name in English"}),
    }
    values = study.coordinates()
    position = 0
    for axis in study.axes:
        labels = [[own.value, own.name.zh, own.name.en] for own in axis.values]
        found[axis.id] = variable(values[axis.id][numbers], _told(axis.name, position, labels))
        position += 1
    if study.factors:
        samples = sorted(set(values["sample"].tolist()))
        labels = [[n, f"样本 {n}", f"sample {n}"] for n in samples]
        name = Label(zh="参数样本", en="sample of uncertain numbers")
        found["sample"] = variable(values["sample"][numbers], _told(name, position, labels))
    for factor in study.factors:
        found[factor.id] = variable(values[factor.id][numbers], _of_factor(factor))
    return found


def _told(name: Label, position: int, labels: list[list[Any]]) -> dict[str, Any]:
    """Give the attributes of an axis."""
    return {
        "long_name": name.en,
        "long_name_zh": name.zh,
        POSITION: np.int32(position),
        VALUES: json.dumps(labels, ensure_ascii=False),
    }


def _of_factor(factor: Factor) -> dict[str, Any]:
    """Give the attributes of a sampled number."""
    given = factor.spec.set if factor.spec.set is not None else factor.spec.times
    places = given if isinstance(given, str) else ", ".join(given or [])
    if factor.spec.times is not None:
        what = f"factor on {places}"
    elif factor.shared:
        what = f"value of {places}"
    else:
        what = f"quantile in the ranges of {places}"
    return {
        "long_name": factor.name.en,
        "long_name_zh": factor.name.zh,
        "comment": what,
        "sampled_distribution": factor.spec.distribution,
    }
