"""Element types. Adding a type: one file with a class, one entry in a tuple below."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from waterbal.model.elements.demands.base import Demand
from waterbal.model.elements.demands.green import Green
from waterbal.model.elements.demands.industry import Industry
from waterbal.model.elements.demands.irrigation import Irrigation
from waterbal.model.elements.demands.lake_ecology import LakeEcology
from waterbal.model.elements.demands.public import Public
from waterbal.model.elements.demands.residential import Residential
from waterbal.model.elements.demands.river_ecology import RiverEcology
from waterbal.model.elements.demands.rural import Rural
from waterbal.model.elements.sources.aquifer import Aquifer
from waterbal.model.elements.sources.base import Source
from waterbal.model.elements.sources.catchment import Catchment
from waterbal.model.elements.sources.desalination import Desalination
from waterbal.model.elements.sources.rain_harvest import RainHarvest
from waterbal.model.elements.sources.reclaimed import Reclaimed
from waterbal.model.elements.sources.river_intake import RiverIntake
from waterbal.model.elements.sources.transfer import Transfer
from waterbal.model.elements.stores.reservoir import Reservoir
from waterbal.model.elements.works.junction import Junction
from waterbal.model.elements.works.treatment import Treatment
from waterbal.model.elements.works.wastewater import Wastewater

SOURCES: tuple[type[Source], ...] = (
    RiverIntake, Transfer, Catchment, Aquifer, Reclaimed, RainHarvest, Desalination,
)  # fmt: skip
STORES: tuple[type[Reservoir], ...] = (Reservoir,)
WORKS: tuple[type[Treatment] | type[Wastewater] | type[Junction], ...] = (Treatment, Wastewater, Junction)
DEMANDS: tuple[type[Demand], ...] = (
    Residential, Public, Industry, Irrigation, Rural, Green, RiverEcology, LakeEcology,
)  # fmt: skip

if TYPE_CHECKING:
    AnySource = Source
    AnyStore = Reservoir
    AnyWork = Treatment | Wastewater | Junction
    AnyDemand = Demand
else:

    def _union(types: tuple[type, ...]) -> Any:
        """Give the union of some types, told apart by their ``type``."""
        return Annotated[reduce(or_, types), Field(discriminator="type")]

    AnySource, AnyWork, AnyDemand = _union(SOURCES), _union(WORKS), _union(DEMANDS)
    AnyStore = Reservoir if len(STORES) == 1 else _union(STORES)

__all__ = ["DEMANDS", "SOURCES", "STORES", "WORKS", "AnyDemand", "AnySource", "AnyStore", "AnyWork"]
