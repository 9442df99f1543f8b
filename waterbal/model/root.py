"""The model: what a configuration file describes."""

from __future__ import annotations

from typing import Literal

from waterbal.model.assumptions import Assumption, assumptions
from waterbal.model.base import Id, Label, Provenance, Strict
from waterbal.model.capacity import Capacity
from waterbal.model.elements import AnyDemand, AnySource, AnyStore, AnyWork
from waterbal.model.elements.drought import Restriction
from waterbal.model.elements.link import Link
from waterbal.model.elements.outage import Outage
from waterbal.model.elements.priorities import Priority, Reserve
from waterbal.model.elements.quota import Quota
from waterbal.model.hydrology import AnyHydrology
from waterbal.model.quantities import Weather
from waterbal.model.series_spec import SeriesSpec
from waterbal.model.timeline import Time


class ZoneClimate(Strict):
    """Weather of a zone."""

    rain: Weather | None = None
    """Rain: name of a series of depths, or a depth per day [mm/d]."""
    et0: Weather | None = None
    """Reference evapotranspiration: name of a series of depths, or a depth per day [mm/d]."""


class Zone(Strict):
    """Part of the area: a city district, an irrigation district."""

    name: Label | None = None
    """Label in tables and figures."""
    climate: ZoneClimate | None = None
    """Weather of this zone; what is not given is that of the model."""
    note: str = ""
    """Remark for readers of the file."""


class Model(Strict):
    """A water system and the run to be made with it."""

    schema_version: Literal[1]
    """Version of this format."""
    id: Id = "model"
    """ASCII name of the model in results."""
    name: Label
    """Title."""
    description: str = ""
    """What the model shows."""
    provenance: Provenance | None = None
    """Source and grade of all numbers that state none."""
    time: Time
    """Record, step and planning year."""
    grades: list[Id] = []
    """Water grades (水质类别) the model distinguishes."""
    zones: dict[Id, Zone]
    """Zones by id."""
    series: dict[Id, SeriesSpec] = {}
    """Series by name."""
    hydrology: AnyHydrology | None = None
    """What the series are drawn from; without it they are as given."""
    climate: ZoneClimate = ZoneClimate()
    """Weather of all zones that have none of their own."""
    sources: dict[Id, AnySource] = {}
    """Sources by id."""
    stores: dict[Id, AnyStore] = {}
    """Reservoirs by id."""
    works: dict[Id, AnyWork] = {}
    """Works and junctions by id."""
    links: dict[Id, Link] = {}
    """Links by id."""
    demands: dict[Id, AnyDemand]
    """Demands by id."""
    quotas: dict[Id, Quota] = {}
    """Quotas by id."""
    drought: dict[Id, Restriction] = {}
    """Restriction plans by id."""
    outages: dict[Id, Outage] = {}
    """Outages by id."""
    priorities: list[Priority]
    """Classes of demands and reserves, first to last."""
    reserve: Reserve = Reserve()
    """How water is kept for later needs."""
    capacity: Capacity | None = None
    """What capacities are searched for, and by what they are judged."""

    def assumptions(self) -> list[Assumption]:
        """List every number with its source and grade."""
        return assumptions(self)
