"""What balances tell: needs, supplies and gaps by layer, what measures close, scales that fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from waterbal.capacity.fit import Fit
from waterbal.capacity.load_state import LoadState
from waterbal.model.base import Label
from waterbal.model.rows import Floats

if TYPE_CHECKING:
    import xarray as xr

MEAN = "mean"
"""Name of the mean of all years beside those of single years."""
ROUNDING = 1e-6
"""[-] share of the mean need below which two volumes are the same."""
HOW_CHOSEN = (
    "year of rank m among all N complete years of all realizations in order of their total gap in the first balance "
    "(years with the same gap in order of their need, then of their number), m the smallest with m / (N + 1) >= P; "
    "the same year of the same realization in every balance"
)
"""How the years at P are chosen."""


@dataclass(frozen=True)
class Year:
    """A year that stands for a probability."""

    id: str
    """``p50`` and so on."""
    probability: float
    realization: int
    year: int
    """Calendar year of the hydrology."""
    position: int
    """Its place among the complete years of the record."""


@dataclass(frozen=True)
class Layer:
    """One balance, in the mean of all years and in single years: ``when`` is the mean, then the years at P."""

    id: str
    name: Label
    added: tuple[str, ...]
    """Measures that it adds, with what they require."""
    measures: tuple[str, ...]
    """All that is done in it."""
    need: Floats
    """ndarray (when, demand) [1e4 m3/yr], unrestricted and gross."""
    supply: Floats
    """ndarray (when, demand) [1e4 m3/yr]"""
    water: Floats
    """ndarray (when, origin) [1e4 m3/yr], before losses, evaporation and change of storage."""
    quantiles: Floats
    """ndarray (probability) [1e4 m3/yr], gap that is not exceeded in the share P of its own years; nan where the sample
    is too small."""
    load: LoadState | None
    """Load state; None where the model has no ``capacity: load``."""
    fits: tuple[Fit, ...] = ()
    """Scales at which nothing is short, where they were asked for."""

    @property
    def gap(self) -> Floats:
        """ndarray (when, demand) [1e4 m3/yr], need that is not supplied."""
        return np.asarray(np.maximum(self.need - self.supply, 0.0))

    @property
    def total_gap(self) -> Floats:
        """Gap of all demands, ndarray (when) [1e4 m3/yr]."""
        return np.asarray(self.gap.sum(axis=1))

    @property
    def gap_share(self) -> Floats:
        """ndarray (when) [-], gap over need (缺水率); 0 without need."""
        need = self.need.sum(axis=1)
        return np.divide(self.total_gap, need, out=np.zeros_like(need), where=need > 0.0)


@dataclass(frozen=True)
class Closed:
    """What a measure closes of the gap of the first balance [1e4 m3/yr], negative where it widens it."""

    measure: str
    name: Label
    balance: str
    """Balance that adds it."""
    listed: Floats
    """ndarray (when), where it is added after those listed before it."""
    reversed: Floats
    """ndarray (when), where it is added after those listed behind it, and after what it requires."""

    @property
    def average(self) -> Floats:
        """ndarray (when), mean of both orders; with two measures, of all orders there are."""
        return np.asarray(0.5 * (self.listed + self.reversed))


@dataclass(frozen=True)
class Balances:
    """Balances of one scenario."""

    scenario: str
    realizations: int
    """Hydrological samples, the same in every balance."""
    years: tuple[Year, ...]
    """Years at P that the sample supports."""
    layers: tuple[Layer, ...]
    closed: tuple[Closed, ...]
    """By measure, those of the first balance left out: it is what the others are compared with."""
    demand: tuple[str, ...]
    """Demands."""
    sector: tuple[str, ...]
    """Sector of each demand."""
    zone: tuple[str, ...]
    """Zone of each demand, empty if it has none."""
    origin: tuple[str, ...]
    """Sources, aquifers and works of returned water."""
    names: Mapping[str, Label]
    """Labels of demands, sectors, zones and origins."""
    notes: tuple[Label, ...]
    """What whoever reads them must not miss."""
    tolerance: float
    """Share of a year's need that may be short in a year without gap [-]."""

    @property
    def when(self) -> tuple[str, ...]:
        """What the first axis of tables stands for: the mean of all years, then single years."""
        return (MEAN, *(year.id for year in self.years))

    def by(self, group: str, layer: Layer) -> dict[str, tuple[Floats, Floats, Floats]]:
        """Add up a layer by ``sector`` or ``zone``.

        Returns
        -------
        dict
            Key -> need, supply and gap, ndarray (when) [1e4 m3/yr] each.
        """
        keys = {"sector": self.sector, "zone": self.zone}[group]
        return {
            key: (
                layer.need[:, mine].sum(axis=1),
                layer.supply[:, mine].sum(axis=1),
                layer.gap[:, mine].sum(axis=1),
            )
            for key in dict.fromkeys(keys)
            for mine in [np.array([key == other for other in keys])]
        }

    @property
    def order_matters(self) -> bool:
        """Whether some measure closes another part of the mean gap in the reversed order."""
        small = ROUNDING * max(float(layer.need[0].sum()) for layer in self.layers)
        return any(abs(part.listed[0] - part.reversed[0]) > small for part in self.closed)

    @property
    def order(self) -> Label:
        """Say whether the order of measures matters."""
        if not self.closed:
            return Label(zh="各层之间没有措施", en="no measure stands between the balances")
        if not self.order_matters:
            return Label(
                zh="各措施弥补的缺水量与次序无关（按所列次序与反序相同）",
                en="what each measure closes is the same in the listed and in the reversed order",
            )
        part = max(self.closed, key=lambda p: abs(float(p.listed[0] - p.reversed[0])))
        forth, back = f"{part.listed[0]:,.0f}", f"{part.reversed[0]:,.0f}"
        return Label(
            zh=f"各措施弥补的缺水量取决于次序：相差最大的是“{part.name.zh}”，按所列次序 {forth} 万m³，反序 {back} 万m³",
            en=f"what each measure closes depends on the order: most of all {part.name.en}, {forth} as listed and "
            f"{back} reversed (1e4 m3/yr)",
        )

    def dataset(self) -> xr.Dataset:
        """Return everything as labelled arrays."""
        from waterbal.capacity.balance_dataset import dataset

        return dataset(self)
