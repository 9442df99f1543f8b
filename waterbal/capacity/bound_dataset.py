"""The foresight bound of a future as a dataset: one record by itself, simulated and with the future known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from waterbal.capacity.bound import foresight_bound
from waterbal.capacity.judging import trials
from waterbal.capacity.limit_names import limit_label
from waterbal.capacity.limits import DRIVERS, EN, LimitPath
from waterbal.capacity.search import STATUS, run
from waterbal.capacity.survey import around
from waterbal.capacity.trial import Ground
from waterbal.model.base import Label
from waterbal.results.names import Labels, name_of

if TYPE_CHECKING:
    from waterbal.capacity.extras import Baseline


def bound_dataset(base: Baseline) -> xr.Dataset:
    """Bound the capacity of the record that fails first, by itself, by perfect foresight; tell what limits are worth.

    Its misses are those of its own rates, in the simulation and in the program alike. What all records together may
    miss would be no bound of use: one record may have all of that, and then often misses every year.

    Parameters
    ----------
    base : Baseline

    Returns
    -------
    Dataset
        ``scale`` and ``simulated`` [-], and ``worth`` (limit) [-].
    """
    ground = Ground(base.case, base.realizations, base.threads)
    together = base.answer.found[base.direction]
    number = max(together.realization, 0)
    judged = ground.sparing()
    simulated = together
    if ground.records > 1:
        search = around(judged, base.direction, number, together)
        simulated = run([search], trials(judged), base.options.coarser())[0]
    found = foresight_bound(judged.rows_of(number), judged.question, base.direction, judged.allowed[number])
    told = xr.Dataset(
        attrs={
            "record": np.int32(number), "state": found.name, "direction": base.direction,
            "simulated_state": STATUS[simulated.status],
        }
    )  # fmt: skip
    told["scale"] = (
        (),
        found.scale,
        {"long_name": "largest scale of the record with perfect foresight, an upper bound", "units": "1"},
    )
    told["simulated"] = (
        (),
        simulated.scale,
        {"long_name": "largest scale of the same record by itself in the simulation", "units": "1"},
    )
    if found.duals:
        names = {limit.id: limit.name for limit in ground.question.limits} | dict(ground.question.names)
        labels = [_label(base.case.loaded.config, dual.limit, names) for dual in found.duals]
        told["limit_id"] = ("limit", [dual.limit for dual in found.duals], {"long_name": "limit"})
        for language, called in (("zh", "Chinese"), ("en", "English")):
            texts = [getattr(label, language) for label in labels]
            told[f"limit_name_{language}"] = ("limit", texts, {"long_name": f"{called} name of the limit"})
        change = [dual.change for dual in found.duals]
        told["worth"] = (
            "limit",
            change,
            {
                "long_name": "change of the bound for 1 % more of a limit, or 1 % less that is required, by duality",
                "units": "1",
            },
        )
    return told


def _label(config: Mapping[Any, Any], path: str, names: Mapping[str, Label]) -> Label:
    """Name a limit of the program, a requirement, or all limits of an element together."""
    if path in names:
        name = names[path]
        return (
            name
            if path.startswith(DRIVERS)
            else Label(zh=f"{name.zh}·要求", en=f"{name.en}: what is required")
        )
    section, _, rest = path.partition(".")
    id, _, part = rest.rpartition(".")
    if id and part in EN:
        return limit_label(config, LimitPath(section, id, part), names)
    called = name_of(rest.partition(".")[0], Labels.from_config(config).elements)
    return Label(zh=called.zh, en=called.en)
