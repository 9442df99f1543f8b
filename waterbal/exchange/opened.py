"""A model whose river flows and weather may be set step by step, element by element."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from waterbal.exchange.variables import INPUTS
from waterbal.model.elements.sources.catchment import Catchment
from waterbal.model.elements.sources.river_intake import RiverIntake
from waterbal.model.root import Model, ZoneClimate
from waterbal.model.rows import Floats, Rows
from waterbal.model.series_spec import FileSeries
from waterbal.model.values import Number

if TYPE_CHECKING:
    from waterbal.api import Case
    from waterbal.model.context import Context

TO_RATE = 8.64
"""[1e4 m3/d] of 1 m3/s."""


class OpenModel:
    """A model whose river flows and weather are series of their own, element by element, that may be set.

    Parameters
    ----------
    case : Case
        Model and realization.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.elements = {
            "river": tuple(id for id, source in case.model.sources.items() if river_of(source) is not None),
            "zone_with_rain": tuple(zone for zone in case.model.zones if self._has("rain", zone)),
            "zone_with_et0": tuple(zone for zone in case.model.zones if self._has("et0", zone)),
        }

    def _has(self, name: str, zone: str) -> bool:
        own = self.case.model.zones[zone].climate
        return any(c is not None and getattr(c, name) is not None for c in (own, self.case.model.climate))

    @cached_property
    def _contexts(self) -> tuple[Context, Context]:
        """What elements see in the run, and in the climate that means of the record refer to."""
        from waterbal.model.setting import context_of

        model, series = self.case.model, self.case.series
        return context_of(model, series), context_of(model, {**series, **(self.case.reference or {})})

    @cached_property
    def _series(self) -> dict[str, Floats]:
        """Series of every river and zone as they are in this run; changed by ``put``."""
        return self._values(self._contexts[0])

    def _values(self, context: Context) -> dict[str, Floats]:
        sources = self.case.model.sources
        found = {key("river_flow", id): context.at(_river(sources[id])) for id in self.elements["river"]}
        found |= {key("rain", zone): context.rain(zone) for zone in self.elements["zone_with_rain"]}
        name = "reference_evapotranspiration"
        return found | {key(name, zone): context.et0(zone) for zone in self.elements["zone_with_et0"]}

    def _factor(self, id: str, t: int) -> float:
        """Return what a river's series has per m3/s in a step."""
        context = self._contexts[0]
        of_step = context.kinds.get(_river(self.case.model.sources[id]).series) == "volume"
        return TO_RATE * float(context.axis.days[t]) if of_step else TO_RATE

    @cached_property
    def _model(self) -> Model:
        """The model with each river and each zone's weather named by a series of its own."""
        model, kinds = self.case.model, self._contexts[0].kinds
        sources, zones, specs = dict(model.sources), dict(model.zones), dict(model.series)

        def own(name: str, element: str, dimension: str, kind: Literal["volume", "rate", "depth"]) -> Number:
            specs[key(name, element)] = FileSeries.model_construct(file="", column="", kind=kind)
            return Number(dimension, series=key(name, element))

        for id in self.elements["river"]:
            river = _river(sources[id])
            of_step = kinds.get(river.series) == "volume"
            number = own("river_flow", id, river.dimension, "volume" if of_step else "rate")
            sources[id] = sources[id].model_copy(update={_field(sources[id]): number})
        for zone in zones:
            rain = et0 = None
            if zone in self.elements["zone_with_rain"]:
                rain = own("rain", zone, "depth", "depth")
            if zone in self.elements["zone_with_et0"]:
                et0 = own("reference_evapotranspiration", zone, "depth", "depth")
            climate = ZoneClimate.model_construct(rain=rain, et0=et0)
            zones[zone] = zones[zone].model_copy(update={"climate": climate})
        return model.model_copy(update={"sources": sources, "zones": zones, "series": specs})

    @cached_property
    def _reference(self) -> dict[str, Floats]:
        """Series that means of the record refer to; they are not changed."""
        own = self._values(self._contexts[1])
        return {**self.case.series, **(self.case.reference or {}), **{k: v.copy() for k, v in own.items()}}

    def at(self, name: str, t: int) -> Floats:
        """Return the values of an input in a step; ndarray (element) in its unit."""
        group = next(v.group for v in INPUTS if v.name == name)
        values = np.array([self._series[key(name, element)][t] for element in self.elements[group]])
        if name == "river_flow":
            values /= [self._factor(id, t) for id in self.elements["river"]]
        return values

    def put(self, name: str, t: int, values: Floats, which: Any) -> None:
        """Put values that were set into the series of their elements."""
        group = next(v.group for v in INPUTS if v.name == name)
        for i in np.flatnonzero(which):
            element = self.elements[group][i]
            factor = self._factor(element, t) if name == "river_flow" else 1.0
            self._series[key(name, element)][t] = values[i] * factor

    def lower(self) -> Rows:
        """Lower the model under the series as they are now."""
        from waterbal.demand.lowering import lower

        return lower(self._model, {**self.case.series, **self._series}, self._reference)


def key(name: str, element: str) -> str:
    """Name the series of an element; no series of a model has a point in its name."""
    return f"{name}.{element}"


def river_of(source: Any) -> Number | None:
    """Return the flow that a source depends on, if it is stated."""
    if isinstance(source, RiverIntake):
        return source.flow
    return source.runoff if isinstance(source, Catchment) else None


def _river(source: Any) -> Number:
    river = river_of(source)
    assert river is not None
    return river


def _field(source: Any) -> str:
    return "flow" if isinstance(source, RiverIntake) else "runoff"
