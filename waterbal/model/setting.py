"""What the elements of one model see while they are lowered."""

from __future__ import annotations

from collections.abc import Mapping

from waterbal.model.context import Context
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.elements.works.wastewater import Wastewater
from waterbal.model.root import Model
from waterbal.model.rows import Floats
from waterbal.model.series_spec import kind_of
from waterbal.model.values import Number


class ModelClimate:
    """Weather of zones: their own, or that of the model."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def _find(self, zone: str, name: str) -> Number:
        own = self.model.zones[zone].climate if zone in self.model.zones else None
        for climate in (own, self.model.climate):
            number: Number | None = getattr(climate, name) if climate is not None else None
            if number is not None:
                return number
        raise LookupError(f"zone {zone!r} has no {name}")

    def rain(self, zone: str) -> Number:
        """Give the rain of a zone."""
        return self._find(zone, "rain")

    def et0(self, zone: str) -> Number:
        """Give the reference evapotranspiration of a zone."""
        return self._find(zone, "et0")


def context_of(
    model: Model, series: Mapping[str, Floats], reference: Mapping[str, Floats] | None = None
) -> Context:
    """Give what the elements of a model see while they are lowered.

    Parameters
    ----------
    model : Model
        Validated and checked.
    series : mapping
        Name -> ndarray (time) or (realization, time).
    reference : mapping, optional
        The series that means of the record refer to, where ``series`` are samples or changed.
    """
    context: Context

    def entitlement(quota: str) -> Floats:
        return model.quotas[quota].entitlement(context)

    def collection(node: str) -> Floats | None:
        target = model.sources.get(node) or model.works.get(node)
        if isinstance(target, Reclaimed | Wastewater) and target.collection is not None:
            return context.at(target.collection)
        return None

    context = Context(
        axis=model.time.axis(),
        series=series,
        kinds={name: kind_of(spec) for name, spec in model.series.items()},
        climate=ModelClimate(model),
        entitlement=entitlement,
        collection=collection,
        lagged=frozenset(_lagged(model)),
        reference=None if reference is None else context_of(model, reference),
    )
    return context


def _lagged(model: Model) -> list[str]:
    """Name the reclamation plants whose effluent counts one step later."""
    return [id for id, source in model.sources.items() if isinstance(source, Reclaimed) and source.lag]
